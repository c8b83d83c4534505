"""Pairs of nodes: whether a slow pair is the fault of an end.

Of a slow node all pairs are slow, and so is their median; of a slow link one pair is. Such
pairs are what `kernels.network.pairs` measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.judge.fleet import table as tables
from harness.judge.fleet import views
from harness.judge.fleet.table import Cells, Floats, Ints, Measurements, Metric
from harness.judge.fleet.thresholds import Thresholds
from harness.judge.fleet.views import Fleet, Grade, View


@dataclass(frozen=True)
class Pairs:
    """Measured pairs. table : its ``nodes`` are pairs; ends : (pairs, 2) indices of nodes."""

    table: Measurements
    ends: Ints


@dataclass(frozen=True)
class Link:
    """A slow link whose ends are well otherwise. metric : index; a, b : nodes; as in `View`."""

    metric: int
    a: int
    b: int
    grade: Grade
    value: float
    expected: float
    deficit: float
    sd: float
    p: float


@dataclass(frozen=True)
class PairsJudged:
    """Of each node and metric of pairs: its median over its pairs, and how it is judged.

    peers : (nodes, metrics) view; an end of a slow link is a re-test; unjudged : for each metric
    why no link could be named, "" where all were judged.
    """

    metrics: tuple[Metric, ...]
    cells: Cells
    peers: View
    fleets: tuple[Fleet | None, ...]
    links: tuple[Link, ...]
    unjudged: tuple[str, ...]


def judge(pairs: Pairs, nodes: int, limits: Thresholds) -> PairsJudged:
    """Nodes by the medians over their pairs; then links, without what slow ends explain."""
    limits = replace(limits, effect=limits.pair_effect)
    measured = tables.cells(pairs.table)
    metrics = pairs.table.metrics
    cells = _of_nodes(measured, pairs.ends, nodes)
    peers, fleets = views.among_peers(cells, metrics, limits)
    links, unjudged = _links(measured, pairs.ends, peers, metrics, limits)
    grade = peers.grade.copy()
    for one in links:
        ends = [one.a, one.b]
        grade[ends, one.metric] = np.maximum(grade[ends, one.metric], Grade.RETEST)
    return PairsJudged(metrics, cells, replace(peers, grade=grade), tuple(fleets), links, unjudged)


def _of_nodes(measured: Cells, ends: Ints, nodes: int) -> Cells:
    """The median over the pairs of each node; a pair without a value is a failure of both ends."""
    shape = (nodes, measured.value.shape[1])
    value, failed = np.full(shape, np.nan), np.zeros(shape, np.int64)
    n = np.zeros(shape, np.int64)
    both = np.concatenate([ends[:, 0], ends[:, 1]])
    for column in range(shape[1]):
        twice = np.tile(measured.value[:, column], 2)
        there = ~np.isnan(twice)
        value[:, column], _, n[:, column] = tables.medians(both[there], twice[there], nodes)
        bad = ~there | np.tile(measured.failed[:, column] > 0, 2)
        failed[:, column] = np.bincount(both[bad], minlength=nodes)
    return Cells(value, np.zeros(shape), n, failed, np.zeros(shape, bool))


def _links(
    measured: Cells, ends: Ints, peers: View, metrics: Sequence[Metric], limits: Thresholds
) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """Pairs that are slow beyond their slow ends, among all pairs; why none could be named."""
    slow = np.where(peers.grade >= Grade.RETEST, peers.deficit, 0.0)
    sign = np.array([one.sign for one in metrics])
    # (pairs, metrics); two slow ends may add up, so that a link between them is not accused
    explained = np.prod(1.0 - sign * slow[ends], axis=1)
    known = np.array([not why for why in peers.silent])
    value = np.where(known, measured.value / explained, np.nan)
    found, _ = views.among_peers(replace(measured, value=value), metrics, limits)
    links = tuple(
        _link(measured.value, explained, found, ends, int(pair), int(column))
        for pair, column in np.argwhere(found.grade >= Grade.RETEST)
    )
    return links, tuple(_of_links(why) for why in found.silent)


def _of_links(why: str) -> str:
    """What is said of the nodes of a fleet, of links."""
    return f"links not judged: {why.replace(' nodes', ' pairs')}" if why else ""


def _link(
    value: Floats, explained: Floats, found: View, ends: Ints, pair: int, column: int
) -> Link:
    return Link(
        metric=column,
        a=int(ends[pair, 0]),
        b=int(ends[pair, 1]),
        grade=Grade(int(found.grade[pair, column])),
        value=float(value[pair, column]),
        expected=float(found.expected[pair, column] * explained[pair, column]),
        deficit=float(found.deficit[pair, column]),
        sd=float(found.sd[pair, column]),
        p=float(found.p[pair, column]),
    )
