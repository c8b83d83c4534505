"""HPL's random matrix, the same for every grid and block size.

The element in row i and column j of [A | b] is number 1 + i + j n of the generator (netlib HPL 2.3,
testing/pmatgen); each process jumps to the start of its rows, along them from column to column, and
over the blocks of others.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange, types
from numpy.typing import NDArray

from kernels._support import lcg
from kernels._support.block_cyclic import Grid
from kernels._support.lcg import jump, number


@njit(types.uint64(types.uint64, *[types.int64] * 3), cache=True, error_model="numpy")
def state_at(seed: np.uint64, row: int, column: int, n: int) -> np.uint64:
    """The generator's state for one element, by its global row and column."""
    return lcg.state_at(seed, np.uint64(1 + row + column * n))


@njit(
    "void(float64[::1], uint64, int64, int64, UniTuple(uint64, 4))", cache=True, error_model="numpy"
)
def _line(
    out: NDArray[np.float64],
    state: np.uint64,
    count: int,
    nb: int,
    steps: tuple[np.uint64, np.uint64, np.uint64, np.uint64],
) -> None:
    """The first ``count`` local elements of a row or column; ``state`` is that of the first one.

    steps : constants of the generator for one element further, and over the blocks of others.
    """
    a, c, skip_a, skip_c = steps
    for start in range(0, count, nb):
        for i in range(start, min(start + nb, count)):
            out[i] = number(state)
            state = a * state + c
        state = skip_a * state + skip_c


@njit("UniTuple(uint64, 4)(int64, int64)", cache=True, error_model="numpy")
def _steps(one: int, skipped: int) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Constants to jump by ``one`` number, and by ``skipped`` times that."""
    a, c = jump(np.uint64(one))
    skip_a, skip_c = jump(np.uint64(one) * np.uint64(skipped))
    return a, c, skip_a, skip_c


@njit(
    "void(float64[:, ::1], uint64, int64, int64, UniTuple(int64, 4))",
    cache=True,
    error_model="numpy",
    parallel=True,
)
def _rows(
    a: NDArray[np.float64],
    seed: np.uint64,
    columns: int,
    n: int,
    place: tuple[int, int, int, int],
) -> None:
    nb, p, q, me = place
    myrow, mycol = me // q, me % q
    steps = _steps(n, (q - 1) * nb)
    for i in prange(a.shape[0]):
        row = ((i // nb) * p + myrow) * nb + i % nb
        _line(a[i], state_at(seed, row, mycol * nb, n), columns, nb, steps)


def matrix(a: NDArray[np.float64], grid: Grid, seed: int) -> None:
    """Fill the local part of A augmented with b, indexed a[local row, local column]."""
    _rows(a, np.uint64(seed), grid.columns, grid.n, grid.place)


def right_hand_side(grid: Grid, seed: int) -> NDArray[np.float64]:
    """The local rows of b, on every process column."""
    b = np.empty(grid.rows)
    _column(b, np.uint64(seed), grid.n, grid.place)
    return b


@njit(
    "void(float64[::1], uint64, int64, UniTuple(int64, 4))",
    cache=True,
    error_model="numpy",
)
def _column(
    b: NDArray[np.float64], seed: np.uint64, n: int, place: tuple[int, int, int, int]
) -> None:
    """The local rows of column n."""
    nb, p, q, me = place
    _line(b, state_at(seed, me // q * nb, n, n), b.size, nb, _steps(1, (p - 1) * nb))
