"""The matrices of one rank: HPL's random numbers, rounded to the type of the product."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, prange, types
from numpy.typing import NDArray

from kernels._support import lcg
from kernels._support.lcg import number, state_at
from kernels._support.leading import leading_dimension
from kernels._support.memory import aligned

Matrix = NDArray[Any]
"""Numbers of float64 or float32, indexed [column, row]."""

REALS: Final = (types.float64, types.float32)
_A, _C = lcg.A, lcg.C


def empty(n: int, dtype: str) -> Matrix:
    """A matrix of order n, (n, leading dimension); its pages are not touched yet."""
    numbers = 8 // np.dtype(dtype).itemsize  # in 8 B, in which leading dimensions are counted
    return aligned((n, numbers * leading_dimension(-(-n // numbers))), dtype)


@njit(
    [types.void(real[:, ::1], types.int64, types.uint64, types.uint64) for real in REALS],
    cache=True,
    error_model="numpy",
    parallel=True,
)
def fill(matrix: Matrix, n: int, seed: np.uint64, first: np.uint64) -> None:
    """Fill a matrix of n rows with the random numbers from index ``first``, column by column."""
    for j in prange(matrix.shape[0]):
        column = matrix[j]
        state = state_at(seed, first + np.uint64(j) * np.uint64(n))
        for i in range(n):
            column[i] = number(state)
            state = _A * state + _C
