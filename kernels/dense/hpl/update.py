"""Update of trailing columns: row interchanges, U12 <- L11^-1 A12, A22 <- A22 - L21 U12.

Triangular solution with many right-hand sides runs at a third of the rate of a product in common
BLASs, so the unit lower triangle is inverted in blocks on its diagonal once a step, and everything
else is products. L has no element above 1 in size; the blocks are small enough that their inverses
are as accurate as substitution (J. J. Du Croz, N. J. Higham, Stability of methods for matrix
inversion, IMA J. Numer. Anal. 12, 1992).

First U, cut by columns, then the product, cut by rows: a product of long rows is the fast shape of
a matrix stored by rows. Between two pieces the broadcast of the next panel is polled, and the
threads of a rank share the pieces out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.blas import gemm, gemm_bt, gemm_tt, trsm_lower_unit
from kernels._support.block_cyclic import Grid
from kernels._support.memory import touched
from kernels._support.team import Job, Team, Work, shares
from kernels.contract import UNWATCHED, Watch
from kernels.dense.hpl.exchange import RowExchange
from kernels.dense.hpl.kernel import BLOCK, COLUMNS, ROWS
from kernels.dense.hpl.panel import Panel
from kernels.dense.hpl.swap import Interchange, Matrix, displace, gather

LEAST = 96
"""Columns or rows of the smallest piece that a thread takes."""


@dataclass(frozen=True)
class Update:
    """Applies panels to the local part of the matrix."""

    grid: Grid
    a: Matrix  # (local rows, ld), [row, column]
    exchange: RowExchange | None  # None where one process row holds all rows
    team: Team
    scratch: tuple[Matrix, ...]  # for each thread (nb, COLUMNS)
    inverse: Matrix  # (nb, BLOCK)

    @classmethod
    def on(cls, grid: Grid, a: Matrix, exchange: RowExchange | None, team: Team) -> Update:
        """Allocate the buffers of the threads."""
        width, most = min(grid.nb, grid.n), min(COLUMNS, max(1, grid.columns))
        scratch = tuple(touched((width, most)) for _ in range(team.threads))
        return cls(grid, a, exchange, team, scratch, touched((width, BLOCK)))

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
        one, step = self.update, self.panel.step
        u, work = self._work_of_u(start, stop, watch)
        below = one.a[step.row0 + step.top : step.row0 + step.rows, start:stop]

        def product(first: int, last: int, thread: int) -> None:
            gemm(-1.0, u, self.panel.below[first:last], 1.0, below[first:last])
            if thread == 0:
                watch.lap("update")

        threads = one.team.threads
        columns = shares(0, stop - start, threads, LEAST, COLUMNS)
        rows = shares(0, len(below), threads, LEAST, threads * ROWS)
        return one.team.begin((work, columns), (product, rows))

    def finish(self, start: int, stop: int, watch: Watch) -> None:
        """Bring columns start..stop-1 up to date."""
        self.begin(start, stop, watch).join()
        watch.lap("update")

    def rows_of_u(self, start: int, stop: int, watch: Watch, team: Team) -> Matrix:
        """Interchange rows in columns start..stop-1; returns U, (nb, columns)."""
        u, work = self._work_of_u(start, stop, watch)
        team.begin((work, shares(0, stop - start, team.threads, LEAST, COLUMNS))).join()
        return u

    def subtract(self, u: Matrix, w: Matrix, watch: Watch, team: Team) -> None:
        """Bring a copy of the rows below up to date, where ``u`` is `rows_of_u` of its columns.

        w : (columns, >= rows below), [column, row].
        """
        below = self.panel.below

        def product(first: int, last: int, _thread: int) -> None:
            gemm_tt(-1.0, below[first:last], u, 1.0, w[:, first:last])

        pieces = shares(0, len(below), team.threads, LEAST, max(1, len(below)))
        team.begin((product, pieces)).join()
        watch.lap("update")

    def _work_of_u(self, start: int, stop: int, watch: Watch) -> tuple[Matrix, Work]:
        """Where U of these columns will be, (nb, columns), and how a piece of it is made."""
        one, step = self.update, self.panel.step
        columns = one.a[:, start:stop]
        u = columns[step.row0 : step.row0 + step.width]
        rows = None
        if one.exchange is not None:
            rows = one.exchange.run(columns, self.change, step.owner_row)
            watch.lap("swap")
            if not step.top:
                u = one.exchange.received[: rows.size].reshape(rows.shape)

        def work(first: int, last: int, thread: int) -> None:
            told = watch if thread == 0 else UNWATCHED
            if rows is None:
                here = self._interchanged(columns[:, first:last], thread)
                told.lap("swap")
            else:
                here = rows[:, first:last]
            solve_blocks(self.panel.top, one.inverse, here, u[:, first:last])
            told.lap("update")

        return u, work

    def _interchanged(self, columns: Matrix, thread: int) -> Matrix:
        """Interchange rows where one rank holds them all; returns what becomes U."""
        rows = self.update.scratch[thread][: self.panel.step.width, : columns.shape[1]]
        gather(columns, self.change.sources[0].local, rows)
        displace(columns, self.change.contents, self.change.places[0].local)
        return rows


@njit("void(float64[:, ::1], float64[:, ::1])", cache=True, error_model="numpy", nogil=True)
def invert_blocks(top: NDArray[np.float64], inverse: NDArray[np.float64]) -> None:
    """The inverses of the unit lower triangles on the diagonal of L, one below the other.

    top : (width, >= width), L in its lower triangle, [column, row]; inverse : (>= width, BLOCK),
    the blocks [column, row], one below the other.
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
    """U <- L^-1 rows, both (width, columns), [row, column]; ``rows`` is lost."""
    width = top.shape[0]
    for start in range(0, width, BLOCK):
        stop = min(start + BLOCK, width)
        if start:
            gemm_bt(-1.0, u[:start], top[:start, start:stop], 1.0, rows[start:stop])
        gemm_bt(1.0, rows[start:stop], inverse[start:stop, : stop - start], 0.0, u[start:stop])
