"""The results once more, by a slower way that shares nothing with the fast one but its limbs.

Every element is generated anew from its index, not read from memory, and added alone, taken apart
into the bits of its float; a product is split by Veltkamp and Dekker's multiplication (Numer.
Math. 18, 1971) instead of a fused multiply-add; integers go through the same floats, which hold
them exactly. Minimum and maximum compare floats.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from mpi4py import MPI
from numba import njit, prange
from numpy.typing import NDArray

from kernels.bigdata.reduce.accumulator import LOWEST, WORDS, Words, add_float, carry, exact
from kernels.bigdata.reduce.data import Elements, element

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

SPLITTER = 2.0**27 + 1.0
CARRY_EVERY = 2**20


@njit("void(i8[::1], f8, f8)", cache=True, error_model="numpy")
def add_product(limbs: Words, x: float, y: float) -> None:
    """Add to limbs: x y, as the float nearest to it and its exact error."""
    x_high = SPLITTER * x - (SPLITTER * x - x)
    y_high = SPLITTER * y - (SPLITTER * y - y)
    x_low, y_low = x - x_high, y - y_high
    product = x * y
    error = x_low * y_low - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low)
    add_float(limbs, product)
    add_float(limbs, error)


@njit(
    "void(UniTuple(u8, 2), i8, i8, i8, i8, b1, i8[:,:,::1], f8[:,::1])",
    parallel=True,
    cache=True,
    error_model="numpy",
)
def recompute(
    keys: tuple[Any, Any],
    start: int,
    size: int,
    n: int,
    digits: int,
    cancels: bool,
    words: NDArray[np.int64],
    ends: NDArray[np.float64],
) -> None:
    """words[t] = sums of x, x^2, x y of thread t; ends[t] = its minimum, and its maximum negated.

    words: (threads, 3, WORDS), ends: (threads, 2).
    """
    threads = words.shape[0]
    for t in prange(threads):
        words[t], ends[t] = 0, np.inf
        for i in range(start + size * t // threads, start + size * (t + 1) // threads):
            x = element(keys[0], i, n, digits, cancels)
            add_float(words[t, 0], x)
            add_product(words[t, 1], x, x)
            add_product(words[t, 2], x, element(keys[1], i, n, digits, cancels))
            ends[t, 0], ends[t, 1] = min(ends[t, 0], x), min(ends[t, 1], -x)
            if i % CARRY_EVERY == 0:
                for j in range(3):
                    carry(words[t, j])
        for j in range(3):
            carry(words[t, j])


def expected(own: Elements, threads: int, integer: bool, comm: Intracomm) -> dict[str, float | int]:
    """The results of all phases."""
    words = np.zeros((threads, 3, WORDS), dtype=np.int64)
    ends = np.empty((threads, 2))
    recompute(own.keys, own.start, own.size, own.n, own.digits, own.cancels, words, ends)
    total, end = words.sum(axis=0), ends.min(axis=0)
    comm.Allreduce(MPI.IN_PLACE, total, op=MPI.SUM)
    comm.Allreduce(MPI.IN_PLACE, end, op=MPI.MIN)
    x, squares, products = map(exact, total)
    n, unit = own.n, 1 << LOWEST
    kind = int if integer else float
    return {
        "sum": x // unit if integer else x / unit,
        "min": kind(end[0]),
        "max": kind(-end[1]),
        "mean": x / (n * unit),
        "variance": (n * squares * unit - x * x) / (n * unit) ** 2,
        "dot": products // unit if integer else products / unit,
    }


def relative_error(got: float | int | None, want: float | int) -> float:
    """0 if equal, else a positive number; infinity where there is no finite result."""
    if got is None or not math.isfinite(got):
        return math.inf
    return 0.0 if got == want else max(float(abs(got - want) / abs(want or 1)), math.ulp(0.0))
