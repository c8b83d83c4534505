"""DGEMM on CPUs: the matrices of one rank, their product and its check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mpi4py import MPI
from numba import njit, prange, types
from numpy.typing import NDArray

from kernels._support import lcg
from kernels._support.blas import gemm
from kernels._support.lcg import number, state_at
from kernels._support.leading import leading_dimension
from kernels._support.memory import aligned

ALPHA = 1.5
BETA = -0.5
EPSILON = 2.0**-53
"""LAPACK's dlamch("E"), half of NumPy's eps."""

_A, _C = lcg.A, lcg.C
_MATRIX = types.float64[:, ::1]
_VECTOR = types.float64[::1]


@dataclass(frozen=True)
class State:
    """The matrices of one rank, indexed [column, row]."""

    n: int
    seed: int
    first: int  # index of this rank's first random number
    a: NDArray[np.float64]  # (n, ld)
    b: NDArray[np.float64]  # (n, ld)
    c: NDArray[np.float64]  # (n, ld)

    def fill(self) -> None:
        """Fill A, B and C."""
        size = self.n * self.n
        for k, matrix in enumerate((self.c, self.a, self.b)):
            _fill(matrix, self.n, np.uint64(self.seed), np.uint64(self.first + k * size))

    def restore(self) -> None:
        """Fill C again."""
        _fill(self.c, self.n, np.uint64(self.seed), np.uint64(self.first))

    def multiply(self) -> None:
        """C <- alpha A B + beta C."""
        n = self.n
        gemm(ALPHA, self.a[:, :n], self.b[:, :n], BETA, self.c[:, :n])

    def error(self, comm: MPI.Intracomm) -> float:
        """The largest scaled residual of all ranks, infinite if one is not finite; collective."""
        y, norm_c, norm_x = self._residual()
        with np.errstate(invalid="ignore", divide="ignore"):
            error = np.abs(y).max() / (norm_c * norm_x * self.n * EPSILON)
        return float(comm.allreduce(error if np.isfinite(error) else float("inf"), MPI.MAX))

    def _residual(self) -> tuple[NDArray[np.float64], float, float]:
        """The vector y = C x - alpha A (B x) - beta C0 x, ||C|| and ||x||."""
        n, seed, first = self.n, np.uint64(self.seed), np.uint64(self.first)
        x, bx, y, sums = np.empty((1, n)), np.zeros(n), np.zeros(n), np.zeros(n)
        _fill(x, n, seed, np.uint64(self.first + 3 * n * n))
        x += 1.0
        _add_product(bx, 1.0, self.b, x[0])
        _add_product(y, -ALPHA, self.a, bx)
        _add_product(y, 1.0, self.c, x[0])
        _add_generated(y, -BETA, seed, first, x[0])
        _add_magnitudes(sums, self.c)
        return y, float(sums.max()), float(x.max())


def allocate(n: int, seed: int, rank: int) -> State:
    """Allocate and fill the matrices of a rank; ranks draw from disjoint parts of the sequence."""
    a, b, c = (aligned((n, leading_dimension(n))) for _ in range(3))
    state = State(n=n, seed=seed, first=1 + rank * (3 * n * n + n), a=a, b=b, c=c)
    state.fill()
    return state


@njit(
    types.void(_MATRIX, types.int64, types.uint64, types.uint64),
    cache=True,
    error_model="numpy",
    parallel=True,
)
def _fill(matrix: NDArray[np.float64], n: int, seed: np.uint64, first: np.uint64) -> None:
    """Fill a matrix with the random numbers from index ``first``, column by column."""
    for j in prange(matrix.shape[0]):
        column = matrix[j]
        state = state_at(seed, first + np.uint64(j) * np.uint64(n))
        for i in range(n):
            column[i] = number(state)
            state = _A * state + _C


@njit(types.void(_VECTOR, types.float64, _MATRIX, _VECTOR), cache=True, error_model="numpy")
def _add_product(
    y: NDArray[np.float64], factor: float, a: NDArray[np.float64], x: NDArray[np.float64]
) -> None:
    """Add factor A x to y, without BLAS."""
    for j in range(x.size):
        column = a[j]
        weight = factor * x[j]
        for i in range(y.size):
            y[i] += weight * column[i]


@njit(
    types.void(_VECTOR, types.float64, types.uint64, types.uint64, _VECTOR),
    cache=True,
    error_model="numpy",
)
def _add_generated(
    y: NDArray[np.float64], factor: float, seed: np.uint64, first: np.uint64, x: NDArray[np.float64]
) -> None:
    """As `_add_product`, with the matrix that `_fill` would generate."""
    state = state_at(seed, first)
    for j in range(x.size):
        weight = factor * x[j]
        for i in range(y.size):
            y[i] += weight * number(state)
            state = _A * state + _C


@njit(types.void(_VECTOR, _MATRIX), cache=True, error_model="numpy")
def _add_magnitudes(sums: NDArray[np.float64], a: NDArray[np.float64]) -> None:
    """Add the absolute values of each row."""
    for j in range(a.shape[0]):
        column = a[j]
        for i in range(sums.size):
            sums[i] += abs(column[i])
