"""HyperLogLog: the number of different hashes estimated from 2^p registers of one byte.

The first p bits of a hash choose a register, which keeps the largest rank seen: the place, from 1,
of the first 1 among the other 64 - p bits (Flajolet, Fusy, Gandouet, Meunier, HyperLogLog: the
analysis of a near-optimal cardinality estimation algorithm, AofA 2007). A maximum does not depend
on order: the registers are the same for any number of ranks and threads.

The estimate is the improved raw estimator of O. Ertl, New cardinality estimation algorithms for
HyperLogLog sketches, arXiv:1702.01284 (2017), algorithm 6: with C_k the number of registers of
value k, q = 64 - p and m = 2^p,

    m^2 / (2 ln 2) / (m sigma(C_0 / m) + sum_k=1..q C_k 2^-k + m 2^-q tau(1 - C_(q+1) / m))

with no bias from 0 to beyond 2^60, and the standard error 1.04 / sqrt(m).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from kernels.bigdata.distinct.bits import leading_zeros
from kernels.bigdata.distinct.hashes import BLOCK, Hashes, hash_block

Registers = NDArray[np.uint8]
HASH_BITS = 64


@njit("void(u8[::1], i8, i8, u1[:,::1])", parallel=True, cache=True, error_model="numpy")
def observe(words: Hashes, kind: int, precision: int, registers: Registers) -> None:
    """Let the registers of each thread see its share of the rows. registers : (threads, 2^p)."""
    threads = registers.shape[0]
    above = np.uint64(HASH_BITS - precision)
    shift, last = np.uint64(precision), np.uint64(1) << np.uint64(precision - 1)
    for t in prange(threads):
        mine = registers[t]
        hashes = np.empty(BLOCK, np.uint64)
        stop = words.size * (t + 1) // threads
        for start in range(words.size * t // threads, stop, BLOCK):
            block = words[start : min(start + BLOCK, stop)]
            hash_block(block, kind, hashes[: block.size])
            for i in range(block.size):
                hashed = hashes[i]
                rank = leading_zeros((hashed << shift) | last) + np.uint64(1)
                chosen = hashed >> above
                if rank > mine[chosen]:  # noqa: PLR1730 - a store only where one is needed
                    mine[chosen] = rank


def standard_error(precision: int) -> float:
    """Of the estimate, relative to the number of different values."""
    return 1.04 / math.sqrt(2**precision)


def estimate(registers: Registers) -> float:
    """How many different values the registers have seen; infinite if all are full.

    registers : (2^p,).
    """
    m = registers.size
    q = HASH_BITS - (m.bit_length() - 1)
    counts: Any = np.bincount(registers, minlength=q + 2).tolist()
    z = m * _tau(1.0 - counts[q + 1] / m)
    for k in range(q, 0, -1):
        z = 0.5 * (z + counts[k])
    z += m * _sigma(counts[0] / m)
    return m * m / (2.0 * math.log(2.0) * z) if z else math.inf


def _sigma(x: float) -> float:
    """The sum x + sum_k>=1 x^(2^k) 2^(k-1), infinite at 1: what the untouched registers weigh."""
    if x == 1.0:
        return math.inf
    total, before, factor = x, -1.0, 1.0
    while total != before:
        x *= x
        before = total
        total += x * factor
        factor += factor
    return total


def _tau(x: float) -> float:
    """(1 - x - sum_k>=1 (1 - x^(2^-k))^2 2^-k) / 3: what the registers that are full weigh."""
    if x in (0.0, 1.0):
        return 0.0
    total, before, factor = 1.0 - x, -1.0, 1.0
    while total != before:
        x = math.sqrt(x)
        before = total
        factor *= 0.5
        total -= (1.0 - x) ** 2 * factor
    return total / 3.0
