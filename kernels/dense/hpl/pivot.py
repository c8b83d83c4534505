"""Pivot search and row exchange where a panel's rows lie on several ranks: one message a column.

Each rank proposes its best row. The message holds the row's pivot candidate, its global index and
the row itself, and from the owner of the diagonal block the row that must give way. One allgather
later every rank knows the winner, has its row, and the winner's owner has the row to put in its
place. So the search and the swap of netlib HPL's combined exchange take one collective.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mpi4py import MPI
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.blas import iamax
from kernels._support.block_cyclic import Grid
from kernels.dense.hpl.panel import Panel, scale, update_column

_HEAD = 2  # |candidate| (-1 where a rank has no row left) and its global row
_MATRIX = types.float64[:, ::1]
Place = tuple[int, int, int, int, int]
"""The panel's first local row, nb, P, my process row and the owner of the diagonal block."""


@dataclass(frozen=True)
class PivotExchange:
    """The leaf of the panel factorisation over a process column of several ranks."""

    grid: Grid
    proposal: NDArray[np.float64]  # (2 + 2 nb,)
    proposals: NDArray[np.float64]  # (P, 2 + 2 nb)

    @classmethod
    def on(cls, grid: Grid) -> PivotExchange:
        """Allocate the two messages."""
        size = _HEAD + 2 * min(grid.nb, grid.n)
        return cls(grid, np.zeros(size), np.zeros((grid.p, size)))

    def leaf(self, panel: Panel, first: int, last: int) -> None:
        """Factor columns first..last-1 of a panel; see `kernels.dense.hpl.panel.Leaf`."""
        step, grid = panel.step, self.grid
        send = [self.proposal, MPI.DOUBLE]
        receive = [self.proposals, MPI.DOUBLE]
        w, top, rows = panel.w, panel.top, step.rows
        place = (step.row0, grid.nb, grid.p, grid.myrow, step.owner_row)
        for c in range(first, last):
            _propose(w, top, self.proposal, first, c, rows, place)
            grid.column.Allgather(send, receive)
            _accept(w, top, self.proposals, panel.pivots, c, rows, place)


@njit(
    "void(float64[:, ::1], float64[:, ::1], float64[::1], int64, int64, int64, UniTuple(int64, 5))",
    cache=True,
    error_model="numpy",
)
def _propose(
    w: NDArray[np.float64],
    top: NDArray[np.float64],
    proposal: NDArray[np.float64],
    first: int,
    c: int,
    rows: int,
    place: Place,
) -> None:
    """Bring column c up to date, find its largest element below and pack that row."""
    row0, nb, p, myrow, owner_row = place
    done = c if myrow == owner_row else 0
    update_column(w, top, first, c, done, rows)
    width = w.shape[0]
    proposal[0] = -1.0
    if rows > done:
        best = done + iamax(w[c, done:rows])
        local = row0 + best
        proposal[0] = abs(w[c, best])
        proposal[1] = ((local // nb) * p + myrow) * nb + local % nb
        for j in range(width):
            proposal[_HEAD + j] = w[j, best]
            proposal[_HEAD + width + j] = w[j, done]


@njit(types.int64(_MATRIX, types.int64), cache=True, error_model="numpy")
def _winner(proposals: NDArray[np.float64], owner_row: int) -> int:
    """The rank with the largest candidate, the lowest row among equals; the owner if all are NaN.

    The owner of the diagonal block always has a candidate, and all ranks see the same proposals.
    """
    winner = owner_row
    for r in range(proposals.shape[0]):
        if proposals[r, 0] > proposals[winner, 0] or (
            proposals[r, 0] == proposals[winner, 0] and proposals[r, 1] < proposals[winner, 1]
        ):
            winner = r
    return winner


@njit(
    "void(float64[:, ::1], float64[:, ::1], float64[:, ::1], int64[::1], int64, int64,"
    " UniTuple(int64, 5))",
    cache=True,
    error_model="numpy",
)
def _accept(
    w: NDArray[np.float64],
    top: NDArray[np.float64],
    proposals: NDArray[np.float64],
    pivots: NDArray[np.int64],
    c: int,
    rows: int,
    place: Place,
) -> None:
    """Choose the pivot, put its row into ``top`` and swap it, and scale column c."""
    row0, nb, p, myrow, owner_row = place
    width = w.shape[0]
    winner = _winner(proposals, owner_row)
    row = np.int64(proposals[winner, 1])
    pivots[c] = row
    for j in range(width):
        top[j, c] = proposals[winner, _HEAD + j]
    if winner == myrow:
        local = (row // (nb * p)) * nb + row % nb - row0
        for j in range(width):
            w[j, local] = proposals[owner_row, _HEAD + width + j]
    done = 0
    if owner_row == myrow:
        done = c + 1
        for j in range(width):
            w[j, c] = top[j, c]
    scale(w[c, done:rows], top[c, c])
