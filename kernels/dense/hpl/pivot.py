"""Pivot search and row exchange where a panel's rows lie on several ranks: one exchange a column.

Each rank proposes its best row. The message holds the pivot candidate, its global row and the row
itself, and from the owner of the diagonal block the row that must give way. Proposals meet two by
two in a binary exchange (log2 P stages), the better one survives; afterwards every rank knows the
winner, has its row, and the winner's owner has the row to put in its place. So search and swap are
one message, as in netlib HPL's combined exchange.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.binary_exchange import Stage, stages
from kernels._support.blas import iamax
from kernels._support.block_cyclic import Grid
from kernels.dense.hpl.panel import ORDERS, Columns, finish_column, prepare_column

_HEAD = 3
"""|candidate| (-1 where a rank has no row left), its global row, 1 if the diagonal row is here."""
_NOT_A_NUMBER = -0.5
"""What stands for a NaN candidate: worse than every number, better than no row."""


@dataclass(frozen=True)
class PivotExchange:
    """The leaf of the panel factorisation over a process column of several ranks."""

    grid: Grid
    order: int
    mine: NDArray[np.float64]  # (3 + 2 nb,)
    theirs: NDArray[np.float64]  # (3 + 2 nb,)
    stages: tuple[Stage, ...] = field(default=())

    @classmethod
    def on(cls, grid: Grid, order: str) -> PivotExchange:
        """Allocate the two messages. order : of the leaf's columns, see `panel`."""
        size = message_size(min(grid.nb, grid.n))
        exchange = stages(grid.myrow, grid.p)
        return cls(grid, ORDERS[order], np.zeros(size), np.zeros(size), exchange)

    def leaf(self, columns: Columns, first: int, last: int) -> None:
        """Factor columns first..last-1 of a panel; see `kernels.dense.hpl.panel.Leaf`."""
        step, grid = columns.step, self.grid
        w, top, rows = columns.w, columns.top, step.rows
        size = message_size(step.width)
        mine, theirs = self.mine[:size], self.theirs[:size]
        place = (step.row0, grid.nb, grid.p, grid.myrow, step.owner_row)
        for c in range(first, last):
            at = (first, c, last, rows, self.order)
            _propose(w, top, mine, at, place)
            self._exchange(mine, theirs)
            _accept(w, top, mine, columns.pivots, at, place)

    def _exchange(self, mine: NDArray[np.float64], theirs: NDArray[np.float64]) -> None:
        """Let ``mine`` become the best proposal of all ranks."""
        column = self.grid.column
        for stage in self.stages:
            if not stage.receives:
                column.Send(mine, stage.partner)
            elif stage.sends:
                column.Sendrecv(mine, stage.partner, recvbuf=theirs, source=stage.partner)
                _merge(mine, theirs)
            else:
                column.Recv(theirs, stage.partner)
                _merge(mine, theirs)


def message_size(width: int) -> int:
    """Elements of a proposal for a panel of ``width`` columns."""
    return _HEAD + 2 * width


@njit(
    "void(float64[:, ::1], float64[:, ::1], float64[::1], UniTuple(int64, 5), UniTuple(int64, 5))",
    cache=True,
    error_model="numpy",
    nogil=True,
)
def _propose(
    w: NDArray[np.float64],
    top: NDArray[np.float64],
    proposal: NDArray[np.float64],
    at: tuple[int, int, int, int, int],
    place: tuple[int, int, int, int, int],
) -> None:
    """Bring column c up to date, find its largest element below and pack that row."""
    first, c, _, rows, order = at
    row0, nb, p, myrow, owner_row = place
    done = c if myrow == owner_row else 0
    prepare_column(w, top, (first, c, done, rows), order)
    width = w.shape[0]
    proposal[0] = -1.0
    proposal[1] = proposal[2] = 0.0
    if rows > done:
        best = done + iamax(w[c, done:rows])
        local = row0 + best
        value = abs(w[c, best])
        proposal[0] = _NOT_A_NUMBER if np.isnan(value) else value
        proposal[1] = ((local // nb) * p + myrow) * nb + local % nb
        proposal[2] = 1.0 if myrow == owner_row else 0.0
        for j in range(width):
            proposal[_HEAD + j] = w[j, best]
            proposal[_HEAD + width + j] = w[j, done]


@njit("void(float64[::1], float64[::1])", cache=True, error_model="numpy", nogil=True)
def _merge(mine: NDArray[np.float64], theirs: NDArray[np.float64]) -> None:
    """Keep the larger candidate, the lower row among equals; and the diagonal row."""
    width = (mine.size - _HEAD) // 2
    if theirs[0] > mine[0] or (theirs[0] == mine[0] and theirs[1] < mine[1]):
        mine[:2] = theirs[:2]
        mine[_HEAD : _HEAD + width] = theirs[_HEAD : _HEAD + width]
    if theirs[2] > mine[2]:
        mine[2] = theirs[2]
        mine[_HEAD + width :] = theirs[_HEAD + width :]


@njit(
    "void(float64[:, ::1], float64[:, ::1], float64[::1], int64[::1], UniTuple(int64, 5),"
    " UniTuple(int64, 5))",
    cache=True,
    error_model="numpy",
    nogil=True,
)
def _accept(
    w: NDArray[np.float64],
    top: NDArray[np.float64],
    best: NDArray[np.float64],
    pivots: NDArray[np.int64],
    at: tuple[int, int, int, int, int],
    place: tuple[int, int, int, int, int],
) -> None:
    """Take the pivot row into ``top``, put the row that gave way in its place, finish column c."""
    first, c, last, rows, order = at
    row0, nb, p, myrow, owner_row = place
    width = w.shape[0]
    row = np.int64(best[1])
    pivots[c] = row
    for j in range(width):
        top[j, c] = best[_HEAD + j]
    if (row // nb) % p == myrow:
        local = (row // (nb * p)) * nb + row % nb - row0
        for j in range(width):
            w[j, local] = best[_HEAD + width + j]
    done = c + 1 if owner_row == myrow else 0
    finish_column(w, top, (first, c, last, done, rows), order)
