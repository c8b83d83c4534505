"""Row interchanges of the trailing columns, as the net effect of a panel's swaps.

Each row of U has a source row, and each row of the diagonal block that is not among the sources
goes to a place that a source left. All copies are independent of each other, where swapping row by
row is a chain. The matrix is stored by rows, so that a row is copied in one go: in storage by
columns each element of it would cost a cache line of 64 B.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.block_cyclic import Grid
from kernels.dense.hpl.panel import Panel

_MATRIX = types.Array(types.float64, 2, "A")
_ROWS = types.int64[::1]
Rows = NDArray[np.int64]
Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """The rows of one process row among a list of rows."""

    local: Rows  # local indices there
    order: Rows  # indices in the list of all rows


@dataclass(frozen=True)
class Interchange:
    """What the swaps of one panel come to; each list by the process row that owns its rows."""

    sources: tuple[Share, ...]  # rows that become rows of U
    places: tuple[Share, ...]  # rows outside the diagonal block that get one of its rows
    contents: Rows  # local rows of the diagonal block, on its owner, that go to the places

    @classmethod
    def of(cls, panel: Panel, grid: Grid) -> Interchange:
        """The interchange of a panel's pivots."""
        source, places, contents = net_effect(panel.step.first, panel.pivots)
        return cls(_shares(source, grid), _shares(places, grid), _local(contents, grid))


def _shares(rows: Rows, grid: Grid) -> tuple[Share, ...]:
    owner = (rows // grid.nb) % grid.p
    orders = [np.flatnonzero(owner == rank) for rank in range(grid.p)]
    return tuple(Share(_local(rows[order], grid), order) for order in orders)


def _local(rows: Rows, grid: Grid) -> Rows:
    return (rows // (grid.nb * grid.p)) * grid.nb + rows % grid.nb


@njit("UniTuple(int64[::1], 3)(int64, int64[::1])", cache=True, error_model="numpy")
def net_effect(first: int, pivots: Rows) -> tuple[Rows, Rows, Rows]:
    """What swapping first + i with pivots[i], i = 0, 1, ..., comes to; rows are global.

    Returns the source of each row of the diagonal block, the rows outside it that receive one of
    its rows, and the rows they receive.
    """
    width = pivots.size
    source = first + np.arange(width)
    places = np.empty(width, np.int64)
    contents = np.empty(width, np.int64)
    count = 0
    for i in range(width):
        inside = pivots[i] - first
        if inside < width:
            source[i], source[inside] = source[inside], source[i]
            continue
        found = 0
        while found < count and places[found] != pivots[i]:
            found += 1
        if found == count:
            places[count] = contents[count] = pivots[i]
            count += 1
        source[i], contents[found] = contents[found], source[i]
    return source, places[:count].copy(), contents[:count].copy()


@njit(types.void(_MATRIX, _ROWS, _MATRIX), cache=True, error_model="numpy", nogil=True)
def gather(a: Matrix, rows: Rows, to: Matrix) -> None:
    """Copy rows: to[i] = a[rows[i]]."""
    for i in range(rows.size):
        to[i] = a[rows[i]]


@njit(types.void(_MATRIX, _MATRIX, _ROWS), cache=True, error_model="numpy", nogil=True)
def scatter(found: Matrix, a: Matrix, rows: Rows) -> None:
    """The inverse of `gather`: a[rows[i]] = found[i]."""
    for i in range(rows.size):
        a[rows[i]] = found[i]


@njit(types.void(_MATRIX, _ROWS, _ROWS), cache=True, error_model="numpy", nogil=True)
def displace(a: Matrix, contents: Rows, places: Rows) -> None:
    """Copy rows within a matrix: a[places[i]] = a[contents[i]]."""
    for i in range(places.size):
        a[places[i]] = a[contents[i]]
