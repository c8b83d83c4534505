"""HPL's random matrix and right-hand side, the same for every grid and block size.

The element in row i and column j of [A | b] is number 1 + i + j n of the generator (netlib HPL 2.3,
testing/pmatgen); each process jumps to the start of its rows (or columns), along a row from column
to column, and over the blocks of others.
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
    "void(float64[:, ::1], uint64, int64, int64, UniTuple(int64, 4), boolean)",
    cache=True,
    error_model="numpy",
    parallel=True,
)
def _fill(
    a: NDArray[np.float64],
    seed: np.uint64,
    count: int,
    n: int,
    place: tuple[int, int, int, int],
    by_rows: bool,
) -> None:
    nb, p, q, me = place
    myrow, mycol = me // q, me % q
    along_rows, along_columns = _steps(n, (q - 1) * nb), _steps(1, (p - 1) * nb)
    for line in prange(a.shape[0]):
        block, rest = line // nb, line % nb
        if by_rows:
            first = state_at(seed, (block * p + myrow) * nb + rest, mycol * nb, n)
            _line(a[line], first, count, nb, along_rows)
        else:
            first = state_at(seed, myrow * nb, (block * q + mycol) * nb + rest, n)
            _line(a[line], first, count, nb, along_columns)


def by_rows(a: NDArray[np.float64], grid: Grid, seed: int) -> None:
    """Fill the local part of A augmented with b, indexed a[local row, local column]."""
    _fill(a, np.uint64(seed), grid.columns, grid.n, grid.place, True)


def by_columns(a: NDArray[np.float64], grid: Grid, seed: int) -> None:
    """Fill the local part of A augmented with b, indexed a[local column, local row]."""
    _fill(a, np.uint64(seed), grid.rows, grid.n, grid.place, False)


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
                    state = lcg.A * state + lcg.C
                top = next_a * top + next_c


def multiply(
    x: NDArray[np.float64], grid: Grid, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The local part of A x, and of the sums of |A| over rows, from elements generated anew.

    Both are (local rows,) and hold the share of my process column. The matrix is never stored: each
    element is used as it is generated, down its column.
    """
    product, sums = np.zeros(grid.rows), np.zeros(grid.rows)
    _multiply(product, sums, x, np.uint64(seed), grid.n, grid.place)
    return product, sums
