"""Backward substitution: U x = y, with y = L^-1 P b in the column right of U.

From the last block to the first: the process row of a block sums what its columns still owe to the
block, the owner of the diagonal block solves, its process column gets the new unknowns and
subtracts their share from the rows above.
"""

from __future__ import annotations

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.blas import gemv_t, trsv_lower_t
from kernels._support.block_cyclic import Grid, Step


def substitute(
    grid: Grid, a: NDArray[np.float64], owed: NDArray[np.float64], x: NDArray[np.float64]
) -> None:
    """Solve for x, (local columns of A,), the same on every process row.

    a : (local rows, ld), U and y. owed : (local rows,), work space.
    """
    owed[:] = a[:, grid.columns - 1] if grid.has_rhs else 0.0
    for step in reversed(list(grid.steps())):
        if step.top:
            _sum_over_columns(grid, step, owed[step.row0 : step.row0 + step.width])
        if grid.mycol == step.owner_col:
            _solve_block(grid, step, a, owed, x[step.col0 : step.col0 + step.width])


def _sum_over_columns(grid: Grid, step: Step, block: NDArray[np.float64]) -> None:
    if grid.mycol == step.owner_col:
        grid.row.Reduce(MPI.IN_PLACE, [block, MPI.DOUBLE], root=step.owner_col)
    else:
        grid.row.Reduce([block, MPI.DOUBLE], None, root=step.owner_col)


def _solve_block(
    grid: Grid,
    step: Step,
    a: NDArray[np.float64],
    owed: NDArray[np.float64],
    x: NDArray[np.float64],
) -> None:
    """The unknowns of one block, on its process column, and what they take from the rows above."""
    columns = a[:, step.col0 : step.col0 + step.width]
    if step.top:
        rows = slice(step.row0, step.row0 + step.width)
        x[:] = owed[rows]
        trsv_lower_t(columns[rows], x)  # U by rows is its transpose by columns
    grid.column.Bcast([x, MPI.DOUBLE], root=step.owner_row)
    gemv_t(-1.0, columns[: step.row0], x, 1.0, owed[: step.row0])
