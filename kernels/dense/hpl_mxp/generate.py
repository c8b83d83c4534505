"""The matrices of hpl_mxp, each element from its indices alone.

All may be factored without pivoting. ``random`` and ``dominant`` are HPL's random matrix with a
number added to its diagonal, ``fasi_higham`` is a product of two triangles known in closed form.
The right-hand side is HPL's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from kernels._support import linpack_matrix
from kernels._support.block_cyclic import Grid
from kernels._support.lcg import number
from kernels._support.linpack_matrix import state_at

DIAGONALS: Final[dict[str, Callable[[int], float]]] = {
    "random": math.sqrt,
    "dominant": lambda n: n / 2.0,
}
"""What is added to the diagonal of HPL's matrix of order n."""
Place = tuple[int, int, int, int]
Vector = NDArray[np.float64]


def fasi_higham(n: int) -> tuple[float, float]:
    """The numbers alpha and beta of the matrix of order n."""
    return 1.25 / n, 2.5 / n


def fill(a: NDArray[np.float64], grid: Grid, kind: str, seed: int) -> None:
    """Fill the local part of A, a[local column, local row]."""
    if kind in DIAGONALS:
        linpack_matrix.by_columns(a, grid, seed)
        _add(a, DIAGONALS[kind](grid.n), grid.n, grid.place)
    else:
        _fill_fasi_higham(a, grid.rows, fasi_higham(grid.n), grid.place)


def multiply(x: Vector, grid: Grid, kind: str, seed: int) -> tuple[Vector, Vector]:
    """The local part of A x, and of the sums of |A| over rows, from elements generated anew.

    Both are (local rows,) and hold the share of my process column.
    """
    if kind in DIAGONALS:
        product, sums = linpack_matrix.multiply(x, grid, seed)
        diagonal = DIAGONALS[kind](grid.n)
        _multiply_diagonal(product, sums, x, np.uint64(seed), diagonal, grid.n, grid.place)
    else:
        product, sums = np.zeros(grid.rows), np.zeros(grid.rows)
        _multiply_fasi_higham(product, sums, x, fasi_higham(grid.n), grid.place)
    return product, sums


@njit("void(float64[:, ::1], float64, int64, UniTuple(int64, 4))", cache=True, error_model="numpy")
def _add(a: NDArray[np.float64], diagonal: float, n: int, place: Place) -> None:
    """Add a number to the elements of the diagonal."""
    nb, p, q, me = place
    for k in range(-(-n // nb)):
        if k % p == me // q and k % q == me % q:
            for i in range(min(nb, n - k * nb)):
                a[k // q * nb + i, k // p * nb + i] += diagonal


@njit(
    "void(float64[::1], float64[::1], float64[::1], uint64, float64, int64, UniTuple(int64, 4))",
    cache=True,
    error_model="numpy",
)
def _multiply_diagonal(
    product: Vector,
    sums: Vector,
    x: Vector,
    seed: np.uint64,
    diagonal: float,
    n: int,
    place: Place,
) -> None:
    """What the number on the diagonal adds to a product with HPL's matrix.

    As one element with what was there: apart the two may nearly cancel, where the matrix is small.
    """
    nb, p, q, me = place
    for k in range(-(-n // nb)):
        if k % p == me // q and k % q == me % q:
            for i in range(min(nb, n - k * nb)):
                row, column, index = k // p * nb + i, k // q * nb + i, k * nb + i
                value = number(state_at(seed, index, index, n))
                product[row] -= value * x[column]
                product[row] += (value + diagonal) * x[column]
                sums[row] += abs(value + diagonal) - abs(value)


@njit("float64(int64, int64, UniTuple(float64, 2))", cache=True, error_model="numpy")
def _element(i: int, j: int, numbers: tuple[float, float]) -> float:
    """Element (i, j) of L U: -alpha below the diagonal of L, -beta above that of U, else 1."""
    alpha, beta = numbers
    if i == j:
        return 1.0 + alpha * beta * i
    return alpha * beta * j - alpha if i > j else alpha * beta * i - beta


@njit(
    "void(float64[:, ::1], int64, UniTuple(float64, 2), UniTuple(int64, 4))",
    cache=True,
    error_model="numpy",
    parallel=True,
)
def _fill_fasi_higham(
    a: NDArray[np.float64], rows: int, numbers: tuple[float, float], place: Place
) -> None:
    nb, p, q, me = place
    for j in prange(a.shape[0]):
        column = (j // nb * q + me % q) * nb + j % nb
        for i in range(rows):
            a[j, i] = _element((i // nb * p + me // q) * nb + i % nb, column, numbers)


@njit(
    "void(float64[::1], float64[::1], float64[::1], UniTuple(float64, 2), UniTuple(int64, 4))",
    cache=True,
    error_model="numpy",
    parallel=True,
)
def _multiply_fasi_higham(
    product: Vector, sums: Vector, x: Vector, numbers: tuple[float, float], place: Place
) -> None:
    nb, p, q, me = place
    for i in prange(product.size):
        row = (i // nb * p + me // q) * nb + i % nb
        for j in range(x.size):
            value = _element(row, (j // nb * q + me % q) * nb + j % nb, numbers)
            product[i] += value * x[j]
            sums[i] += abs(value)
