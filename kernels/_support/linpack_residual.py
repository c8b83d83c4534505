"""The check of a solution, against A and b generated anew."""

from __future__ import annotations

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.block_cyclic import Grid

EPSILON = 2.0**-53
"""LAPACK's dlamch("E"), half of NumPy's eps."""
Vector = NDArray[np.float64]


def scaled_residual(
    grid: Grid, x: Vector, b: Vector, product: tuple[Vector, Vector], comm: MPI.Intracomm
) -> float:
    """HPL's ||Ax - b|| / (eps (||A|| ||x|| + ||b||) n), maximum norms, the same on every rank.

    x : (local columns of A,); b : (local rows,); product : the shares of my process column in A x
    and in the sums of |A| over rows, (local rows,) each, lost. Infinite if a number is not finite
    or the process rows do not have the same x.
    """
    for vector in product:
        grid.row.Allreduce(MPI.IN_PLACE, [vector, MPI.DOUBLE])
    ax, sums = product
    with np.errstate(invalid="ignore"):
        norms = np.array([norm(ax - b), norm(sums), norm(x), norm(b), _spread(grid, x)])
    comm.Allreduce(MPI.IN_PLACE, [norms, MPI.DOUBLE], MPI.MAX)
    residual, norm_a, norm_x, norm_b, _ = norms
    if not np.isfinite(norms).all():
        return float("inf")
    return float(residual / (EPSILON * (norm_a * norm_x + norm_b) * grid.n))


def norm(vector: Vector) -> float:
    """Maximum norm, 0 if empty; infinite if an element is not finite, which MPI.MAX keeps."""
    if not np.isfinite(vector).all():
        return float("inf")
    return float(np.abs(vector).max(initial=0.0))


def _spread(grid: Grid, x: Vector) -> float:
    """0 if my copy of x is that of process row 0, infinite if not."""
    first = x.copy()
    grid.column.Bcast([first, MPI.DOUBLE], root=0)
    return 0.0 if np.array_equal(first, x) else float("inf")
