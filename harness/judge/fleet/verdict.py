"""The verdict of each node from all its metrics and views, with the evidence for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.judge.fleet import table as tables
from harness.judge.fleet import views
from harness.judge.fleet.table import Bools, Cells, Measurements
from harness.judge.fleet.thresholds import DEFAULT, Thresholds
from harness.judge.fleet.views import Anchor, Fleet, Grade, Stored, View


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
    measurement; fleets : for each metric what the peers are like; verdicts : for each node.
    """

    table: Measurements
    cells: Cells
    views: tuple[View, ...]
    cell: NDArray[np.int8]
    missing: Bools
    fleets: tuple[Fleet | None, ...]
    verdicts: tuple[Verdict, ...]
    limits: Thresholds


def judged(
    table: Measurements, anchors: Anchors | None = None, limits: Thresholds = DEFAULT
) -> Judged:
    """Judge every node of a table. A metric that one node lacks is missing on that node."""
    known = anchors or Anchors()
    cells = tables.cells(table)
    seen, fleets = views.among_peers(cells, table.metrics, limits)
    three = (
        views.absolute(cells, table.metrics, known.absolute, limits),
        views.baseline(cells, table.metrics, known.baseline, limits),
        seen,
    )
    failed = np.where((cells.failed > 0) & (cells.n > 0), Grade.RETEST, Grade.SILENT)
    cell = failed.astype(np.int8)
    for one in three:
        cell = np.maximum(cell, one.grade)
    missing = (cells.n == 0) | cells.lacking
    return Judged(
        table, cells, three, cell, missing, tuple(fleets), _verdicts(cell, missing), limits
    )


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
