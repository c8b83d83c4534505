"""One pass over elements in memory, each thread its own block of them, each with its own result.

Sums are added to the exact accumulators that are given (see `accumulator`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from kernels.bigdata.reduce.accumulator import (
    CHUNK,
    ERROR,
    LOWEST,
    STEP,
    UNKNOWN,
    Words,
    add_chunk,
    add_integer,
    add_products,
    carry,
    load,
    multiply,
    sigmas,
)
from kernels.bigdata.reduce.vectors import (
    PLAIN_STEP,
    extract,
    extract_products,
    integer_products,
    plain_sum,
)

ALL_BITS = -1
"""The mask with which elements are summed as they are; `accumulator.MAGNITUDE`: without signs."""
HALF = 0xFFFFFFFF


@njit(
    [f"void({x}[::1], i8, i8[:,::1], f8[:,:,::1])" for x in ("f8", "f4")],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def sum_floats(x: NDArray[Any], mask: int, words: Words, scratch: NDArray[np.float64]) -> None:
    """words[t] += exact sum of the bits in mask of the elements of thread t: (threads, WORDS)."""
    threads = words.shape[0]
    for t in prange(threads):
        last = x.size * (t + 1) // threads
        exponent = UNKNOWN
        for start in range(x.size * t // threads, last, CHUNK):
            if exponent != UNKNOWN and start + CHUNK <= last:
                one, two = sigmas(exponent)
                high, low, failed = extract(x, start, CHUNK, one, two, mask)
                if not failed:
                    add_integer(words[t], high, exponent)
                    add_integer(words[t], low, exponent - STEP)
                    continue
            part = x[start : min(start + CHUNK, last)]
            values = scratch[t, 0, : part.size]
            exponent = add_chunk(values, load(part, values, mask), words[t])
        carry(words[t])


@njit(
    [f"void({x}[::1], {x}[::1], i8[:,::1], f8[:,:,::1])" for x in ("f8", "f4")],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def dot_floats(
    x: NDArray[Any], y: NDArray[Any], words: Words, scratch: NDArray[np.float64]
) -> None:
    """words[t] += exact sum of the products of thread t, each product as two floats."""
    threads = words.shape[0]
    for t in prange(threads):
        last = x.size * (t + 1) // threads
        exponent = UNKNOWN
        for start in range(x.size * t // threads, last, CHUNK):
            if exponent != UNKNOWN and start + CHUNK <= last:
                below = max(exponent - ERROR, STEP - LOWEST)
                high, low, failed, error_high, error_low, missed = extract_products(
                    x, y, start, CHUNK, sigmas(exponent), sigmas(below)
                )
                if not failed | missed:
                    add_integer(words[t], high, exponent)
                    add_integer(words[t], low, exponent - STEP)
                    add_integer(words[t], error_high, below)
                    add_integer(words[t], error_low, below - STEP)
                    continue
            stop = min(start + CHUNK, last)
            products, errors = scratch[t, 0, : stop - start], scratch[t, 1, : stop - start]
            top = multiply(x[start:stop], y[start:stop], products, errors)
            exponent = add_products(products, errors, top, words[t])
        carry(words[t])


@njit("void(i8[::1], b1, i8[:,::1])", parallel=True, cache=True, error_model="numpy")
def sum_integers(x: Words, absolute: bool, words: Words) -> None:
    """words[t] += sum of the integers of thread t, or of their magnitudes, in two halves."""
    threads = words.shape[0]
    for t in prange(threads):
        last = x.size * (t + 1) // threads
        signs = -np.int64(absolute)
        for start in range(x.size * t // threads, last, CHUNK):
            part, low, high, negative = x[start : min(start + CHUNK, last)], 0, 0, 0
            for i in range(part.size):
                sign = (part[i] >> 63) & signs
                value = part[i] ^ sign
                low += value & HALF
                high += value >> 32
                negative -= sign
            add_integer(words[t], low, 0)
            add_integer(words[t], high, 32)
            add_integer(words[t], negative, 0)
        carry(words[t])


@njit("void(i8[::1], i8[::1], i8[:,::1])", parallel=True, cache=True, error_model="numpy")
def dot_integers(x: Words, y: Words, words: Words) -> None:
    """words[t] += sum of the products of thread t, whatever their size."""
    threads = words.shape[0]
    for t in prange(threads):
        first, last = x.size * t // threads, x.size * (t + 1) // threads
        low, middle, high = integer_products(x, y, first, last - first)
        # The lower words have no sign: what they lose by being taken as signed, the next gains.
        add_integer(words[t], low, 0)
        add_integer(words[t], np.int64(low < 0), 64)
        add_integer(words[t], middle, 64)
        add_integer(words[t], np.int64(middle < 0), 128)
        add_integer(words[t], high, 128)
        carry(words[t])


@njit(
    ["void(f8[::1], f8[::1])", "void(f4[::1], f8[::1])", "void(i8[::1], i8[::1])"],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def sum_plainly(x: NDArray[Any], sums: NDArray[Any]) -> None:
    """sums[t] += sum of the elements of thread t: modulo 2^64, or rounded at each addition."""
    threads = sums.size
    for t in prange(threads):
        first, last = x.size * t // threads, x.size * (t + 1) // threads
        whole = (last - first) // PLAIN_STEP * PLAIN_STEP
        total = plain_sum(x, first, whole)
        for i in range(first + whole, last):
            total += x[i]
        sums[t] += total


@njit(
    [f"UniTuple(i8, 3)({word}[::1], i8, i8)" for word in ("i8", "i4")],
    cache=True,
    error_model="numpy",
)
def keys(bits: NDArray[Any], magnitude: int, sign: int) -> tuple[int, int, int]:
    """Smallest and largest key, and largest magnitude.

    The key of a float orders its bits as a signed integer: the magnitude of a negative one is
    inverted. magnitude : mask of the bits that are (0 for integers, which are their own keys);
    sign : number of the sign bit.
    """
    low: Any = np.iinfo(np.int64).max
    high: Any = np.iinfo(np.int64).min
    top: Any = 0
    for i in range(bits.size):
        word = np.int64(bits[i])
        key = word ^ ((word >> sign) & magnitude)
        low, high, top = min(low, key), max(high, key), max(top, word & magnitude)
    return low, high, top


@njit(
    [f"void({word}[::1], i8, i8, i8[:,::1])" for word in ("i8", "i4")],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def extremes(bits: NDArray[Any], magnitude: int, sign: int, found: Words) -> None:
    """found[t] = `keys` of the elements of thread t and of what stood there: (threads, 3)."""
    threads = found.shape[0]
    for t in prange(threads):
        part = bits[bits.size * t // threads : bits.size * (t + 1) // threads]
        low, high, top = keys(part, magnitude, sign)
        found[t, 0], found[t, 1] = min(found[t, 0], low), max(found[t, 1], high)
        found[t, 2] = max(found[t, 2], top)
