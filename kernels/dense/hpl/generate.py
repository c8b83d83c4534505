"""HPL's random matrix, the same for every grid and block size.

The element in row i and column j of [A | b] is number 1 + i + j n of the generator (netlib HPL 2.3,
testing/pmatgen); each process jumps to the start of its columns and over the blocks of others.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange, types
from numpy.typing import NDArray

from kernels._support import lcg
from kernels._support.block_cyclic import Grid
from kernels._support.lcg import jump, number

_A, _C = lcg.A, lcg.C
_VECTOR = types.float64[::1]


@njit(types.uint64(types.uint64, *[types.int64] * 3), cache=True, error_model="numpy")
def state_at(seed: np.uint64, row: int, column: int, n: int) -> np.uint64:
    """The generator's state for one element, by its global row and column."""
    return lcg.state_at(seed, np.uint64(1 + row + column * n))


@njit(types.void(_VECTOR, types.uint64, *[types.int64] * 3), cache=True, error_model="numpy")
def _column(out: NDArray[np.float64], state: np.uint64, rows: int, nb: int, p: int) -> None:
    """The local rows of one column; ``state`` is that of the first local row."""
    skip_a, skip_c = jump(np.uint64((p - 1) * nb))
    for start in range(0, rows, nb):
        for i in range(start, min(start + nb, rows)):
            out[i] = number(state)
            state = _A * state + _C
        state = skip_a * state + skip_c


@njit(
    "void(float64[:, ::1], uint64, int64, int64, UniTuple(int64, 4))",
    cache=True,
    error_model="numpy",
    parallel=True,
)
def _columns(
    a: NDArray[np.float64],
    seed: np.uint64,
    rows: int,
    n: int,
    place: tuple[int, int, int, int],
) -> None:
    nb, p, q, me = place
    myrow, mycol = me // q, me % q
    for j in prange(a.shape[0]):
        column = ((j // nb) * q + mycol) * nb + j % nb
        _column(a[j], state_at(seed, myrow * nb, column, n), rows, nb, p)


def matrix(a: NDArray[np.float64], grid: Grid, seed: int) -> None:
    """Fill the local part of A augmented with b, indexed a[local column, local row]."""
    _columns(a, np.uint64(seed), grid.rows, grid.n, grid.place)


def right_hand_side(grid: Grid, seed: int) -> NDArray[np.float64]:
    """The local rows of b, on every process column."""
    b = np.empty(grid.rows)
    start = state_at(np.uint64(seed), grid.myrow * grid.nb, grid.n, grid.n)
    _column(b, start, grid.rows, grid.nb, grid.p)
    return b
