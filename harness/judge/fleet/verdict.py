"""The verdict of each node from all its metrics and views, with the evidence for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.judge.fleet import table as tables
from harness.judge.fleet import views
from harness.judge.fleet.kinds import Blocks
from harness.judge.fleet.pairs import Link, LinkKind, Pairs
from harness.judge.fleet.pairs import judge as judge_pairs
from harness.judge.fleet.table import Bools, Cells, Measurements
from harness.judge.fleet.thresholds import DEFAULT, Thresholds
from harness.judge.fleet.views import Anchor, Fleet, Grade, Stored, View

T = TypeVar("T", Cells, View)


class Verdict(StrEnum):
    """What becomes of a node."""

    ACCEPT = "accept"
    REJECT = "reject"
    RETEST = "re-test"
    NOT_TESTED = "not tested"


_OF_GRADE: Final = {
    Grade.SILENT: Verdict.RETEST,
    Grade.ACCEPT: Verdict.ACCEPT,
    Grade.RETEST: Verdict.RETEST,
    Grade.REJECT: Verdict.REJECT,
}


@dataclass(frozen=True)
class Anchors:
    """What is known beside the fleet itself, by name of the metric."""

    absolute: Mapping[str, Anchor] = field(default_factory=dict)
    baseline: Mapping[str, Stored] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """A fleet and its verdicts.

    cell : (nodes, metrics) `Grade` over all views; missing : (nodes, metrics) without a whole
    measurement; fleets : for each metric what the peers are like; verdicts : for each node;
    links : slow links of pairs; unjudged : for each metric why links were not judged, or "";
    kinds : for each metric the kinds of links that were judged apart, () where there are none;
    remarks : (node, metric) -> which rank or NUMA node is slow, in words.
    """

    table: Measurements
    cells: Cells
    views: tuple[View, ...]
    cell: NDArray[np.int8]
    missing: Bools
    fleets: tuple[Fleet | None, ...]
    verdicts: tuple[Verdict, ...]
    limits: Thresholds
    links: tuple[Link, ...] = ()
    unjudged: tuple[str, ...] = ()
    kinds: tuple[tuple[LinkKind, ...], ...] = ()
    remarks: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @property
    def suspected(self) -> Bools:
        """(nodes, metrics): whether a view found too little; not where none could judge."""
        found: Bools = np.any([one.grade >= Grade.RETEST for one in self.views], axis=0)
        return found


def judged(
    table: Measurements,
    anchors: Anchors | None = None,
    limits: Thresholds = DEFAULT,
    pairs: Pairs | None = None,
    blocks: Blocks | None = None,
) -> Judged:
    """Judge every node of a table. A metric that one node lacks is missing on that node.

    pairs : of the nodes of the table; their metrics stand behind those of the nodes. blocks : the
    nodes of each switch, within and across which links are judged apart.
    """
    known = anchors or Anchors()
    cells = tables.cells(table)
    peers, fleets = views.among_peers(cells, table.metrics, limits)
    links: tuple[Link, ...] = ()
    unjudged = ("",) * len(table.metrics)
    kinds: tuple[tuple[LinkKind, ...], ...] = ((),) * len(table.metrics)
    if pairs:
        more = judge_pairs(pairs, table.nodes, limits, blocks)
        table = replace(table, metrics=table.metrics + more.metrics)
        links = tuple(replace(one, metric=one.metric + cells.value.shape[1]) for one in more.links)
        cells, peers = _beside(cells, more.cells), _beside(peers, more.peers)
        fleets, unjudged = [*fleets, *more.fleets], unjudged + more.unjudged
        kinds += more.kinds
    three = (
        views.absolute(cells, table.metrics, known.absolute, limits),
        views.baseline(cells, table.metrics, known.baseline, limits),
        peers,
    )
    cell = np.where((cells.failed > 0) & (cells.n > 0), Grade.RETEST, Grade.SILENT).astype(np.int8)
    for one in three:
        cell = np.maximum(cell, one.grade)
    missing = (cells.n == 0) | cells.lacking
    verdicts = _verdicts(cell, missing)
    return Judged(
        table, cells, three, cell, missing, tuple(fleets), verdicts, limits, links, unjudged, kinds
    )


def _beside(one: T, two: T) -> T:
    """Two of a kind as one, with the metrics of both: arrays and tuples are joined."""
    joined: dict[str, Any] = {}
    for part in fields(one):
        left, right = getattr(one, part.name), getattr(two, part.name)
        if isinstance(left, np.ndarray):
            joined[part.name] = np.hstack([left, right])
        elif isinstance(left, tuple):
            joined[part.name] = left + right
    return replace(one, **joined)


def _verdicts(cell: NDArray[np.int8], missing: Bools) -> tuple[Verdict, ...]:
    """A rejection stands whatever else is missing; nothing missing ever passes."""
    if not cell.size:
        return (Verdict.NOT_TESTED,) * len(cell)
    worst = np.max(np.where(cell == Grade.SILENT, Grade.RETEST, cell), axis=1)
    lacks: list[bool] = np.any(missing, axis=1).tolist()
    return tuple(_verdict(Grade(one), lacks[i]) for i, one in enumerate(worst.tolist()))


def _verdict(worst: Grade, lacks: bool) -> Verdict:
    if worst == Grade.REJECT or not lacks:
        return _OF_GRADE[worst]
    return Verdict.NOT_TESTED
