"""Pairs of nodes: whether a slow pair is the fault of an end.

Of a slow node all pairs are slow, and so is their median; of a slow link one pair is. Such
pairs are what `kernels.network.pairs` measures. Links within a block of nodes and across blocks are
judged apart (`kinds`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from harness.judge.fleet import kinds, views
from harness.judge.fleet import table as tables
from harness.judge.fleet.kinds import Blocks, Kinds
from harness.judge.fleet.table import Cells, Floats, Ints, Measurements, Metric
from harness.judge.fleet.thresholds import Thresholds
from harness.judge.fleet.views import Fleet, Grade, View

_TWO_KINDS: Final = (
    "; if these are links within and across switches, name the switches as `blocks` in cluster.yaml"
)


@dataclass(frozen=True)
class Pairs:
    """Measured pairs. table : its ``nodes`` are pairs; ends : (pairs, 2) indices of nodes."""

    table: Measurements
    ends: Ints


@dataclass(frozen=True)
class Link:
    """A slow link whose ends are well otherwise. metric : index; a, b : nodes; as in `View`.

    kind : as `kinds` calls it, "" where all links are alike.
    """

    metric: int
    a: int
    b: int
    grade: Grade
    value: float
    expected: float
    deficit: float
    sd: float
    p: float
    kind: str = ""


@dataclass(frozen=True)
class LinkKind:
    """The links of one kind in one metric. silent : why they are not judged, "" where they are."""

    name: str
    fleet: Fleet | None
    silent: str


@dataclass(frozen=True)
class PairsJudged:
    """Of each node and metric of pairs: its median over its pairs, and how it is judged.

    peers : (nodes, metrics) view; an end of a slow link is a re-test; unjudged : for each metric
    why no link could be named, "" where all were judged; kinds : of each metric its kinds of links,
    () where all are alike.
    """

    metrics: tuple[Metric, ...]
    cells: Cells
    peers: View
    fleets: tuple[Fleet | None, ...]
    links: tuple[Link, ...]
    unjudged: tuple[str, ...]
    kinds: tuple[tuple[LinkKind, ...], ...]


@dataclass(frozen=True)
class _LinksJudged:
    links: tuple[Link, ...]
    kinds: tuple[tuple[LinkKind, ...], ...]


def judge(
    pairs: Pairs,
    nodes: Sequence[str],
    limits: Thresholds,
    blocks: Blocks | None = None,
) -> PairsJudged:
    """Nodes by the medians over their pairs; then links, without what slow ends explain.

    nodes : their names; blocks : within and across which links differ. The value of a node is that
    of links of the most frequent kind: others are scaled to them by the medians of both kinds.
    """
    limits = replace(limits, effect=limits.pair_effect)
    measured = tables.cells(pairs.table)
    metrics = pairs.table.metrics
    of = kinds.kinds(pairs.ends, nodes, blocks or {})
    alike = replace(measured, value=measured.value / kinds.levels(measured.value, of))
    cells = _of_nodes(alike, pairs.ends, len(nodes))
    peers, fleets = views.among_peers(cells, metrics, limits)
    judged = _links(measured, pairs.ends, of, peers, metrics, limits)
    grade = peers.grade.copy()
    for one in judged.links:
        ends = [one.a, one.b]
        grade[ends, one.metric] = np.maximum(grade[ends, one.metric], Grade.RETEST)
    return PairsJudged(
        metrics, cells, replace(peers, grade=grade), tuple(fleets), judged.links,
        tuple("; ".join(_said(kind) for kind in one if kind.silent) for one in judged.kinds),
        judged.kinds if len(of.names) > 1 else ((),) * len(metrics),
    )  # fmt: skip


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
    return Cells(value, np.zeros(shape), n, failed, np.zeros(shape, bool), np.full(shape, np.nan))


def _links(
    measured: Cells,
    ends: Ints,
    of: Kinds,
    peers: View,
    metrics: Sequence[Metric],
    limits: Thresholds,
) -> _LinksJudged:
    """Pairs that are slow beyond their slow ends, among all pairs of their kind."""
    slow = np.where(peers.grade >= Grade.RETEST, peers.deficit, 0.0)
    sign = np.array([one.sign for one in metrics])
    # (pairs, metrics); two slow ends may add up, so that a link between them is not accused
    explained = np.prod(1.0 - sign * slow[ends], axis=1)
    known = np.array([not why for why in peers.silent])
    value = np.where(known, measured.value / explained, np.nan)
    many = len(of.names)
    apart = _apart(replace(measured, value=value), of)
    found, fleets = views.among_peers(apart, [one for one in metrics for _ in of.names], limits)
    links = tuple(
        _link(measured.value, explained, found, ends, of, int(pair), int(column))
        for pair, column in np.argwhere((found.grade >= Grade.RETEST) & (found.deficit > 0.0))
    )
    judged = [
        LinkKind(of.names[at % many], fleets[at], why.replace(" nodes", " pairs"))
        for at, why in enumerate(found.silent)
    ]
    return _LinksJudged(
        links, tuple(tuple(judged[i : i + many]) for i in range(0, len(judged), many))
    )


def _apart(measured: Cells, of: Kinds) -> Cells:
    """Every kind as a metric of its own."""
    many = len(of.names)
    return Cells(
        value=kinds.apart(measured.value, of),
        error=kinds.apart(measured.error, of),
        n=np.repeat(measured.n, many, axis=1),
        failed=np.repeat(measured.failed, many, axis=1),
        lacking=np.repeat(measured.lacking, many, axis=1),
        wrong=np.repeat(measured.wrong, many, axis=1),
    )


def _said(kind: LinkKind) -> str:
    """``links across blocks not judged: bimodal: ...``; what to do where no blocks are known."""
    bimodal = kind.fleet is not None and kind.fleet.groups is not None
    if bimodal and not kind.name:
        return f"links not judged: {kind.silent}{_TWO_KINDS}"
    return f"{' '.join(('links', *kind.name.split()))} not judged: {kind.silent}"


def _link(
    value: Floats, explained: Floats, found: View, ends: Ints, of: Kinds, pair: int, column: int
) -> Link:
    metric, kind = divmod(column, len(of.names))
    return Link(
        metric=metric,
        a=int(ends[pair, 0]),
        b=int(ends[pair, 1]),
        grade=Grade(int(found.grade[pair, column])),
        value=float(value[pair, metric]),
        expected=float(found.expected[pair, column] * explained[pair, metric]),
        deficit=float(found.deficit[pair, column]),
        sd=float(found.sd[pair, column]),
        p=float(found.p[pair, column]),
        kind=of.names[kind],
    )
