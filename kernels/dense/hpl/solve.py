"""Backward substitution: U x = y, with y = L^-1 P b in the column right of U.

From the last block to the first: the process row of a block sums what its columns still owe to the
block, the owner of the diagonal block solves, its process column gets the new unknowns and
subtracts their share from the rows above. The rows of the next block come first: the other process
columns go on with them while this one subtracts from the rest.
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
    steps = list(grid.steps())
    following = None
    for step in reversed(steps):
        if step.top:
            _sum_over_columns(grid, step, owed[step.row0 : step.row0 + step.width])
        if following is not None:
            _subtract(grid, following, a, owed, x, slice(0, step.row0))
        if grid.mycol == step.owner_col:
            _solve_block(grid, step, a, owed, x[step.col0 : step.col0 + step.width])
        above = grid.rows_before(step.first - grid.nb) if step.first else 0
        _subtract(grid, step, a, owed, x, slice(above, step.row0))
        following = step


def _subtract(
    grid: Grid,
    step: Step,
    a: NDArray[np.float64],
    owed: NDArray[np.float64],
    x: NDArray[np.float64],
    rows: slice,
) -> None:
    """Take the share of a block's unknowns from these local rows, if its columns are mine."""
    if grid.mycol == step.owner_col:
        columns = slice(step.col0, step.col0 + step.width)
        gemv_t(-1.0, a[rows, columns], x[columns], 1.0, owed[rows])


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
    """The unknowns of one block, on its process column."""
    if step.top:
        rows = slice(step.row0, step.row0 + step.width)
        x[:] = owed[rows]
        trsv_lower_t(a[rows, step.col0 : step.col0 + step.width], x)  # U by rows: its transpose
    grid.column.Bcast([x, MPI.DOUBLE], root=step.owner_row)
