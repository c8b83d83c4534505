"""Solution of L U z = r with the FP32 factors: forward and backward substitution.

From block to block: the process row of a block sums what its columns owe to the block, the owner
of the diagonal block solves, its process column gets the new unknowns and subtracts their share
from the other rows. The rows of the next block come first, so that its owner goes on while the
rest is subtracted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.blas import gemv, trsv_lower_unit, trsv_upper
from kernels._support.block_cyclic import Grid, Step
from kernels.dense.hpl_mxp.panel import Matrix

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Substitution:
    """Solves with the local part of the factors."""

    grid: Grid
    f: Matrix  # (local columns, ldf), [column, row]; L below the diagonal, and U
    owed: Vector  # (local rows,), right-hand side less the unknowns found so far
    z: Vector  # (local columns,), the unknowns, the same on every process row
    mine: NDArray[np.bool_]  # (local rows,), whether the diagonal is in my process column

    @classmethod
    def on(cls, grid: Grid, f: Matrix) -> Substitution:
        """Allocate the vectors."""
        mine = np.zeros(grid.rows, dtype=bool)
        for step in grid.steps():
            mine[step.row0 : step.row0 + step.top] = grid.mycol == step.owner_col
        return cls(grid, f, np.zeros(grid.rows, f.dtype), np.zeros(len(f), f.dtype), mine)

    def solve(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        """The solution z, (local columns,), for r, (local rows,), the same on process columns.

        r is scaled to 1 first: it may lie outside the range of FP32.
        """
        scale = self._scale(r)
        self.owed[:] = np.where(self.mine, r / scale, 0.0)
        steps = list(self.grid.steps())
        self._sweep(steps, trsv_lower_unit, lambda step: slice(step.row0 + step.top, r.size))
        self.owed[~self.mine] = 0.0
        self._sweep(steps[::-1], trsv_upper, lambda step: slice(0, step.row0))
        return self.z.astype(np.float64) * scale

    def _scale(self, r: NDArray[np.float64]) -> float:
        """The largest element of r, 1 for r = 0."""
        largest = np.array([np.abs(r).max(initial=0.0)])
        self.grid.column.Allreduce(MPI.IN_PLACE, [largest, MPI.DOUBLE], MPI.MAX)
        return float(largest[0]) or 1.0

    def _sweep(
        self,
        steps: list[Step],
        solve: Callable[[Matrix, Vector], None],
        rest: Callable[[Step], slice],
    ) -> None:
        """One substitution. rest : the local rows that come after those of a step."""
        later: Callable[[], None] = _nothing
        for step, following in zip_longest(steps, steps[1:]):
            self._sum_over_columns(step)
            now, later = later, _nothing
            if self.grid.mycol == step.owner_col:
                self._solve_block(step, solve)
                if following is not None:
                    urgent = slice(following.row0, following.row0 + following.top)
                    self._subtract(step, urgent)
                    later = partial(self._subtract, step, rest(following))
            now()

    def _sum_over_columns(self, step: Step) -> None:
        """What the block of a step is owed, on the owner of its diagonal block."""
        if not step.top or self.grid.q == 1:
            return
        block = self.owed[step.row0 : step.row0 + step.top]
        here = self.grid.mycol == step.owner_col
        send, receive = (MPI.IN_PLACE, block) if here else (block, None)
        self.grid.row.Reduce(send, receive, root=step.owner_col)

    def _solve_block(self, step: Step, solve: Callable[[Matrix, Vector], None]) -> None:
        """The unknowns of one block, on all of its process column."""
        columns = slice(step.col0, step.col0 + step.width)
        if step.top:
            rows = slice(step.row0, step.row0 + step.top)
            solve(self.f[columns, rows], self.owed[rows])
            self.z[columns] = self.owed[rows]
        if self.grid.p > 1:
            self.grid.column.Bcast(self.z[columns], root=step.owner_row)

    def _subtract(self, step: Step, rows: slice) -> None:
        """The share of a block's unknowns in some of the other rows."""
        columns = slice(step.col0, step.col0 + step.width)
        gemv(-1.0, self.f[columns, rows], self.z[columns], 1.0, self.owed[rows])


def _nothing() -> None:
    """Nothing is left to subtract."""
