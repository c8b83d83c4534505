"""The frequency of the cores, as the time of a chain of instructions of known latency.

    x <- rotate(x, 13) + K     mod 2^64, a rotation and an addition that wait for each other

On x86-64 (Intel since Core, AMD since K8) and on the 64-bit cores of Arm each of the two takes one
cycle, so that a step takes two; elsewhere that is assumed. Neither needs a copy of x, which some
processors do in no time and others in a cycle, and an addition of a full register is not among
those that newer processors do while they rename registers (Agner Fog, instruction tables;
uops.info). The compiler cannot shorten the chain: addition and rotation do not commute.

The chain runs backwards to its start, which shows that every step was done.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from kernels.dense.dgemm.kernel import CHAIN_STEPS

START: Final = np.uint64(0x0123456789ABCDEF)
_K: Final = np.uint64(0x9E3779B97F4A7C15)
_LEFT: Final = np.uint64(13)
_RIGHT: Final = np.uint64(64 - 13)


@njit("u8(u8, i8)", cache=True, error_model="numpy")
def forward(x: np.uint64, steps: int) -> np.uint64:
    """So many steps of the chain."""
    for _ in range(steps):
        x = ((x << _LEFT) | (x >> _RIGHT)) + _K
    return x


@njit("u8(u8, i8)", cache=True, error_model="numpy")
def backward(x: np.uint64, steps: int) -> np.uint64:
    """So many steps back."""
    for _ in range(steps):
        x = x - _K
        x = (x >> _LEFT) | (x << _RIGHT)
    return x


@njit("void(u8[::1], i8)", cache=True, error_model="numpy", parallel=True)
def run(ends: NDArray[np.uint64], steps: int) -> None:
    """A chain on every thread, from where ``ends`` stand: (threads,)."""
    for thread in prange(ends.size):
        ends[thread] = forward(ends[thread], steps)


def complete(ends: NDArray[np.uint64]) -> bool:
    """Whether every thread did all steps of a chain from its start."""
    return all(backward(one, CHAIN_STEPS) == START for one in ends)
