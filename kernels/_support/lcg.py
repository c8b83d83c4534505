"""The random numbers of HPL: a 64-bit linear congruential generator that can jump ahead.

X(k+1) = a X(k) + c mod 2^64, a = 6364136223846793005, c = 1, and X(0) = seed; the k-th number is
0.5 - X(k) / 2^64, in [-0.5, 0.5]. Source of the definition: netlib HPL 2.3, testing/matgen, which
converts X by halves and rounds once, to nearest: the same value as the conversion of a 64-bit
integer. Knuth (TAOCP 2, 3.2.1) has the jump ahead: k steps are one step with other constants, found
by repeated squaring. All functions are for ``@njit`` code; states and distances are uint64.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

A = np.uint64(6364136223846793005)
C = np.uint64(1)
_ZERO = np.uint64(0)
_ONE = np.uint64(1)
_SCALE = 2.0**-64


@njit("UniTuple(uint64, 2)(uint64)", cache=True, error_model="numpy")
def jump(distance: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Constants (A, C) with X(k + distance) = A X(k) + C."""
    a, c = _ONE, _ZERO
    square_a, square_c = A, C
    while distance != _ZERO:
        if distance & _ONE:
            a, c = a * square_a, c * square_a + square_c
        square_a, square_c = square_a * square_a, (square_a + _ONE) * square_c
        distance >>= _ONE
    return a, c


@njit(types.uint64(types.uint64, types.uint64), cache=True, error_model="numpy")
def state_at(seed: np.uint64, index: np.uint64) -> np.uint64:
    """X(index) of the sequence that starts with X(0) = seed."""
    a, c = jump(index)
    return a * seed + c


@njit(types.float64(types.uint64), cache=True, error_model="numpy")
def number(state: np.uint64) -> float:
    """The number that a state stands for."""
    return 0.5 - np.float64(state) * _SCALE
