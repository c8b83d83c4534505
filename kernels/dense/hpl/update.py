"""Update of trailing columns: row interchanges, U12 <- L11^-1 A12, A22 <- A22 - L21 U12.

Triangular solution with many right-hand sides runs at a third of the rate of a product in common
BLASs, so the unit lower triangle is inverted in blocks on its diagonal once a step, and everything
else is products. L has no element above 1 in size; the blocks are small enough that their inverses
are as accurate as substitution (J. J. Du Croz, N. J. Higham, Stability of methods for matrix
inversion, IMA J. Numer. Anal. 12, 1992).

The columns are cut into pieces: between two of them the broadcast of the next panel is polled, and
the threads of a rank share them out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.blas import gemm, trsm_lower_unit
from kernels._support.block_cyclic import Grid
from kernels._support.memory import aligned
from kernels._support.team import Job, Team, shares
from kernels.contract import UNWATCHED, Watch
from kernels.dense.hpl.exchange import RowExchange
from kernels.dense.hpl.kernel import BLOCK, PIECE
from kernels.dense.hpl.panel import Panel
from kernels.dense.hpl.swap import Interchange, Matrix, displace, gather

LEAST = 96
"""Columns of the smallest piece that a thread takes."""


@dataclass(frozen=True)
class Update:
    """Applies panels to the local part of the matrix."""

    grid: Grid
    a: Matrix  # (local columns, lda), [column, row]
    exchange: RowExchange | None  # None where one process row holds all rows
    team: Team
    scratch: tuple[tuple[Matrix, Matrix], ...]  # for each thread two of (PIECE, nb)
    inverse: Matrix  # (nb, BLOCK)

    @classmethod
    def on(cls, grid: Grid, a: Matrix, exchange: RowExchange | None, team: Team) -> Update:
        """Allocate the buffers of the threads."""
        width, most = min(grid.nb, grid.n), min(PIECE, max(1, grid.columns))
        pairs = tuple(
            (aligned((most, width)), aligned((most if exchange else 0, width)))
            for _ in range(team.threads)
        )
        return cls(grid, a, exchange, team, pairs, aligned((width, BLOCK)))

    def by(self, panel: Panel) -> Applied:
        """What a panel does to columns."""
        invert_blocks(panel.top, self.inverse)
        return Applied(self, panel, Interchange.of(panel, self.grid))


@dataclass(frozen=True)
class Applied:
    """One panel, ready to be applied to columns."""

    update: Update
    panel: Panel
    change: Interchange

    def begin(self, start: int, stop: int, watch: Watch) -> Job:
        """Begin to bring columns start..stop-1 up to date; the other threads go on with it."""
        one = self.update
        rows = None
        if one.exchange is not None:
            rows = one.exchange.run(one.a[start:stop], self.change, self.panel.step.owner_row)
            watch.lap("swap")

        def work(first: int, last: int, thread: int) -> None:
            found = None if rows is None else rows[first - start : last - start]
            self._piece(first, last, thread, found, watch if thread == 0 else UNWATCHED)

        threads = one.team.threads
        return one.team.begin(work, shares(start, stop, threads, LEAST, PIECE))

    def finish(self, start: int, stop: int, watch: Watch, poll: Callable[[], None]) -> None:
        """Bring columns start..stop-1 up to date."""
        self.begin(start, stop, watch).join(poll)
        watch.lap("update")

    def _piece(self, first: int, last: int, thread: int, rows: Matrix | None, watch: Watch) -> None:
        """Columns first..last-1; ``rows`` become U, None where they are still in the columns."""
        one, step = self.update, self.panel.step
        columns = one.a[first:last]
        gathered, other = one.scratch[thread]
        if rows is None:
            rows = gathered[: last - first, : step.width]
            gather(columns, self.change.sources[0].local, rows)
            displace(columns, self.change.contents, self.change.places[0].local)
            watch.lap("swap")
        diagonal = columns[:, step.row0 : step.row0 + step.width]
        u = diagonal if step.top else other[: last - first, : step.width]
        solve_blocks(self.panel.top, one.inverse, rows, u)
        gemm(
            -1.0, self.panel.below, u, 1.0, columns[:, step.row0 + step.top : step.row0 + step.rows]
        )


@njit("void(float64[:, ::1], float64[:, ::1])", cache=True, error_model="numpy", nogil=True)
def invert_blocks(top: NDArray[np.float64], inverse: NDArray[np.float64]) -> None:
    """The inverses of the unit lower triangles on the diagonal of L, one below the other.

    top : (width, >= width), L in its lower triangle; inverse : (>= width, BLOCK), column j of a
    block is row j of the same index here.
    """
    width = top.shape[0]
    for start in range(0, width, BLOCK):
        stop = min(start + BLOCK, width)
        block = inverse[start:stop, : stop - start]
        for j in range(stop - start):
            block[j] = 0.0
            block[j, j] = 1.0
        trsm_lower_unit(top[start:stop, start:stop], block)


@njit(
    "void(float64[:, ::1], float64[:, ::1], float64[:, :], float64[:, :])",
    cache=True,
    error_model="numpy",
    nogil=True,
)
def solve_blocks(
    top: NDArray[np.float64],
    inverse: NDArray[np.float64],
    rows: NDArray[np.float64],
    u: NDArray[np.float64],
) -> None:
    """U <- L^-1 rows, both (columns, width); ``rows`` is lost."""
    width = top.shape[0]
    for start in range(0, width, BLOCK):
        stop = min(start + BLOCK, width)
        if start:
            gemm(-1.0, top[:start, start:stop], u[:, :start], 1.0, rows[:, start:stop])
        gemm(1.0, inverse[start:stop, : stop - start], rows[:, start:stop], 0.0, u[:, start:stop])
