"""The numbers behind a verdict on a fleet: every node x metric, and every pair of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from pydantic import Field

from harness.judge.fleet import kinds
from harness.judge.fleet import table as tables
from harness.judge.fleet.kinds import Blocks, Kinds
from harness.judge.fleet.pairs import Pairs
from harness.judge.fleet.table import Floats, Ints
from harness.judge.fleet.verdict import Judged
from harness.judge.fleet.views import Grade
from harness.report.document import Doc

_LETTER: Final = {Grade.SILENT: "s", Grade.ACCEPT: "a", Grade.RETEST: "t", Grade.REJECT: "r"}
KINDS: Final = {kinds.WITHIN: "w", kinds.ACROSS: "a", kinds.OUTSIDE: "o"}
MOST_NODES: Final = 128
"""Pairs of more nodes make a matrix that nobody can look at, and a long document."""


class CellsDoc(Doc):
    """A row for each of ``nodes``, a column for each metric of ``fleet``; null where unknown.

    value : base unit; sd : how many robust sd of the peers a node is worse, below 0 where it is
    better; grade : a letter for each metric: a accept, t re-test, r reject, n not tested, s no
    view judged it.
    """

    value: list[list[float | None]]
    sd: list[list[float | None]]
    grade: list[str]


class PairMatrixDoc(Doc):
    """Medians of all pairs of some nodes: ``value`` [a][b] in ``unit``, null where not measured.

    kinds : of each kind of links [a][b] its letter: w within a block, a across blocks, o of a node
    in no block; a string for each node, [] where all links are alike.
    """

    metric: str
    unit: str
    better: Literal["higher", "lower"]
    nodes: list[str]
    value: list[list[float | None]]
    kinds: list[str] = Field(default_factory=list)


def cells(found: Judged) -> CellsDoc:
    """All nodes and metrics of a judged fleet."""
    peers = next(one for one in found.views if one.name == "peers")
    return CellsDoc(
        value=_numbers(found.cells.value),
        sd=_numbers(peers.sd),
        grade=[_letters(found, node) for node in range(len(found.table.nodes))],
    )


def _letters(found: Judged, node: int) -> str:
    pairs = zip(found.cell[node].tolist(), found.missing[node].tolist(), strict=True)
    return "".join(
        "n" if missing and grade != Grade.REJECT else _LETTER[Grade(grade)]
        for grade, missing in pairs
    )


def paired(measured: Pairs | None) -> int:
    """How many nodes are in a pair."""
    return 0 if measured is None else len(np.unique(measured.ends))


def pairs(
    nodes: Sequence[str], measured: Pairs | None, blocks: Blocks | None = None
) -> list[PairMatrixDoc]:
    """A matrix for each metric of pairs; none for a fleet too large to look at them."""
    if measured is None:
        return []
    used = np.unique(measured.ends)
    if len(used) > MOST_NODES:
        return []
    value = tables.cells(measured.table).value
    place = np.searchsorted(used, measured.ends)
    letters = _kinds(kinds.kinds(measured.ends, nodes, blocks or {}), place, len(used))
    made = []
    for column, metric in enumerate(measured.table.metrics):
        matrix = np.full((len(used), len(used)), np.nan)
        matrix[place[:, 0], place[:, 1]] = value[:, column]
        matrix[place[:, 1], place[:, 0]] = value[:, column]
        made.append(
            PairMatrixDoc(
                metric=metric.name,
                unit=metric.unit,
                better=metric.better,
                nodes=[nodes[one] for one in used],
                value=_numbers(matrix),
                kinds=letters,
            )
        )
    return made


def _kinds(of: Kinds, place: Ints, nodes: int) -> list[str]:
    """The matrix of kinds; a dot where no pair was measured."""
    if len(of.names) < 2:
        return []
    letter = np.array([KINDS[one] for one in of.names])[of.of]
    matrix = np.full((nodes, nodes), ".")
    matrix[place[:, 0], place[:, 1]] = matrix[place[:, 1], place[:, 0]] = letter
    return ["".join(row) for row in matrix]


def _numbers(matrix: Floats) -> list[list[float | None]]:
    """Rows of a matrix; null for what is not a finite number."""
    finite = np.isfinite(matrix)
    return [
        [one if there else None for one, there in zip(row, known, strict=True)]
        for row, known in zip(matrix.tolist(), finite.tolist(), strict=True)
    ]
