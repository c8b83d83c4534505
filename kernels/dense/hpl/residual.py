"""The check of a solution, against A and b generated anew.

The matrix is never stored: each element is used as it is generated, by rows of blocks where the
generation of the input went by columns. No BLAS is involved.
"""

from __future__ import annotations

import numpy as np
from mpi4py import MPI
from numba import njit, prange
from numpy.typing import NDArray

from kernels._support import lcg
from kernels._support.block_cyclic import Grid
from kernels._support.lcg import jump, number
from kernels.dense.hpl.generate import right_hand_side, state_at

_A, _C = lcg.A, lcg.C
EPSILON = 2.0**-53
"""LAPACK's dlamch("E"), half of NumPy's eps."""


@njit(
    "void(float64[::1], float64[::1], float64[::1], uint64, int64, UniTuple(int64, 4))",
    cache=True,
    error_model="numpy",
    parallel=True,
)
def _multiply(
    product: NDArray[np.float64],
    sums: NDArray[np.float64],
    x: NDArray[np.float64],
    seed: np.uint64,
    n: int,
    place: tuple[int, int, int, int],
) -> None:
    """Add to ``product`` A x and to ``sums`` the sums of |A|, for local rows and columns."""
    nb, p, q, me = place
    myrow, mycol = me // q, me % q
    rows = product.size
    next_a, next_c = jump(np.uint64(n))
    for block in prange(-(-rows // nb)):
        start = block * nb
        stop = min(start + nb, rows)
        for j0 in range(0, x.size, nb):
            column = (j0 // nb * q + mycol) * nb
            top = state_at(seed, (block * p + myrow) * nb, column, n)
            for j in range(j0, min(j0 + nb, x.size)):
                state = top
                for i in range(start, stop):
                    value = number(state)
                    product[i] += value * x[j]
                    sums[i] += abs(value)
                    state = _A * state + _C
                top = next_a * top + next_c


def scaled_residual(grid: Grid, x: NDArray[np.float64], seed: int, comm: MPI.Intracomm) -> float:
    """HPL's ||Ax - b|| / (eps (||A|| ||x|| + ||b||) n), maximum norms, the same on every rank.

    Infinite if a number is not finite or the process rows do not have the same x.
    """
    product, sums = np.zeros(grid.rows), np.zeros(grid.rows)
    _multiply(product, sums, x, np.uint64(seed), grid.n, grid.place)
    for vector in (product, sums):
        grid.row.Allreduce(MPI.IN_PLACE, [vector, MPI.DOUBLE])
    b = right_hand_side(grid, seed)
    with np.errstate(invalid="ignore"):
        norms = np.array([_norm(product - b), _norm(sums), _norm(x), _norm(b), _spread(grid, x)])
    comm.Allreduce(MPI.IN_PLACE, [norms, MPI.DOUBLE], MPI.MAX)
    residual, norm_a, norm_x, norm_b, _ = norms
    if not np.isfinite(norms).all():
        return float("inf")
    return float(residual / (EPSILON * (norm_a * norm_x + norm_b) * grid.n))


def _norm(vector: NDArray[np.float64]) -> float:
    """Maximum norm, 0 if empty; infinite if an element is not finite, which MPI.MAX keeps."""
    if not np.isfinite(vector).all():
        return float("inf")
    return float(np.abs(vector).max(initial=0.0))


def _spread(grid: Grid, x: NDArray[np.float64]) -> float:
    """0 if my copy of x is that of process row 0, infinite if not."""
    first = x.copy()
    grid.column.Bcast([first, MPI.DOUBLE], root=0)
    return 0.0 if np.array_equal(first, x) else float("inf")
