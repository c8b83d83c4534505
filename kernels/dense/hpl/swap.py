"""Row interchanges of the trailing columns.

On one process row they are swaps inside each column. Over several, the sequence of swaps is first
resolved into its net effect: each row of U has a source row, and each row of the diagonal block
that is not among the sources goes to the place that a source left. Then two collectives on the
process column do it: the diagonal block's owner scatters the displaced rows, and an allgather
gives every rank all rows of U. Messages are packed by columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mpi4py import MPI
from numba import njit, prange, types
from numpy.typing import NDArray

from kernels._support.block_cyclic import Grid
from kernels.dense.hpl.panel import Panel

_MATRIX = types.float64[:, ::1]
_VECTOR = types.float64[::1]
_ROWS = types.int64[::1]
Rows = NDArray[np.int64]


@njit(
    types.void(_MATRIX, types.int64, types.int64, types.int64, _ROWS),
    cache=True,
    error_model="numpy",
    parallel=True,
)
def swap_local(a: NDArray[np.float64], start: int, stop: int, row0: int, pivots: Rows) -> None:
    """Swap rows row0 + i and pivots[i], one after the other, in columns start..stop-1."""
    for j in prange(stop - start):
        column = a[start + j]
        for i in range(pivots.size):
            column[row0 + i], column[pivots[i]] = column[pivots[i]], column[row0 + i]


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


@njit(types.void(_MATRIX, _ROWS, _VECTOR), cache=True, error_model="numpy", parallel=True)
def _pack(columns: NDArray[np.float64], rows: Rows, message: NDArray[np.float64]) -> None:
    """Copy rows out of columns, one column after the other."""
    for j in prange(columns.shape[0]):
        for i in range(rows.size):
            message[j * rows.size + i] = columns[j, rows[i]]


@njit(types.void(_VECTOR, _MATRIX, _ROWS), cache=True, error_model="numpy", parallel=True)
def _unpack(message: NDArray[np.float64], columns: NDArray[np.float64], rows: Rows) -> None:
    """The inverse of `_pack`."""
    for j in prange(columns.shape[0]):
        for i in range(rows.size):
            columns[j, rows[i]] = message[j * rows.size + i]


@dataclass(frozen=True)
class _Share:
    """The rows of one rank among the rows that go through a collective."""

    local: Rows  # local indices on that rank
    order: Rows  # indices in the list of all rows


@dataclass(frozen=True)
class RowExchange:
    """Interchanges over a process column of several ranks."""

    grid: Grid
    u: NDArray[np.float64]  # (local columns * nb,), the rows of U, all of them on every rank
    sent: NDArray[np.float64]  # (local columns * nb,)
    received: NDArray[np.float64]  # (local columns * nb,)

    @classmethod
    def on(cls, grid: Grid) -> RowExchange:
        """Allocate U and the messages."""
        size = grid.columns * min(grid.nb, grid.n)
        return cls(grid, np.zeros(size), np.zeros(size), np.zeros(size))

    def swap(
        self, a: NDArray[np.float64], panel: Panel, start: int, stop: int
    ) -> NDArray[np.float64]:
        """Interchange rows in columns start..stop-1 of a; returns U, [column, row].

        The rows of the diagonal block itself are left for the caller to overwrite with U.
        """
        source, places, contents = net_effect(panel.step.first, panel.pivots)
        u = self._gather(a[start:stop], source)
        self._scatter(a[start:stop], contents, places, panel.step.owner_row)
        return u

    def _gather(self, columns: NDArray[np.float64], source: Rows) -> NDArray[np.float64]:
        """All source rows, on every rank."""
        shares = self._shares(source)
        count, width = len(columns), source.size
        mine = shares[self.grid.myrow].local
        sent = self.sent[: count * mine.size]
        _pack(columns, mine, sent)
        counts = [count * share.local.size for share in shares]
        self.grid.column.Allgatherv([sent, MPI.DOUBLE], [self.received, counts, MPI.DOUBLE])
        u = self.u[: count * width].reshape(count, width)
        for share, block in zip(shares, _blocks(self.received, counts), strict=True):
            _unpack(block, u, share.order)
        return u

    def _scatter(
        self, columns: NDArray[np.float64], contents: Rows, places: Rows, owner_row: int
    ) -> None:
        """Rows of the diagonal block from its owner to the places that sources left."""
        shares = self._shares(places)
        counts = [len(columns) * share.local.size for share in shares]
        if self.grid.myrow == owner_row:
            for share, block in zip(shares, _blocks(self.sent, counts), strict=True):
                _pack(columns, self._local(contents[share.order]), block)
        mine = self.received[: counts[self.grid.myrow]]
        sent = [self.sent, counts, MPI.DOUBLE]
        self.grid.column.Scatterv(sent, [mine, MPI.DOUBLE], root=owner_row)
        _unpack(mine, columns, shares[self.grid.myrow].local)

    def _local(self, rows: Rows) -> Rows:
        nb, p = self.grid.nb, self.grid.p
        return (rows // (nb * p)) * nb + rows % nb

    def _shares(self, rows: Rows) -> list[_Share]:
        """Global rows by the rank that owns them."""
        owner = (rows // self.grid.nb) % self.grid.p
        orders = [np.flatnonzero(owner == rank) for rank in range(self.grid.p)]
        return [_Share(self._local(rows[order]), order) for order in orders]


def _blocks(message: NDArray[np.float64], counts: list[int]) -> list[NDArray[np.float64]]:
    ends = np.cumsum([0, *counts]).tolist()
    return [message[ends[r] : ends[r + 1]] for r in range(len(counts))]
