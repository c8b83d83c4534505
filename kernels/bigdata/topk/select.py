"""Selection among candidates: of two equal keys that with the lower row number counts as larger.

A candidate is a key, an int64 in the order of the values, and the number of its row. Candidates of
one buffer stand in the order of their rows: no row number is ever compared.

The k-th largest key is found digit by digit from the top, by counting (radix selection): the first
pass goes over all keys, each later one over those that share all digits so far.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Words = NDArray[np.int64]
DIGIT_BITS: Final = 11
DIGITS: Final = 1 << DIGIT_BITS
KEY_BITS: Final = 64
SIGN = np.uint64(1 << 63)


@njit("void(i8[::1], u8, i8, i8, i8[::1])", cache=True, error_model="numpy")
def count_digits(keys: Words, prefix: Any, known: int, width: int, counts: Words) -> None:
    """counts[d] = keys whose ``known`` highest bits are prefix and whose next bits are d.

    The sign bit is inverted, so that digits order as keys. counts: (DIGITS,).
    """
    counts[:] = 0
    below = np.uint64(KEY_BITS - known)
    shift = np.uint64(KEY_BITS - known - width)
    mask = np.uint64((1 << width) - 1)
    if known == 0:
        for i in range(keys.size):
            counts[((np.uint64(keys[i]) ^ SIGN) >> shift) & mask] += 1
        return
    for i in range(keys.size):
        bits = np.uint64(keys[i]) ^ SIGN
        if bits >> below == prefix:
            counts[(bits >> shift) & mask] += 1


@njit("UniTuple(i8, 2)(i8[::1], i8)", cache=True, error_model="numpy")
def digit_of(counts: Words, k: int) -> tuple[int, int]:
    """The digit of the k-th largest, and its place among those that have it, from 1 on."""
    digit = counts.size - 1
    while counts[digit] < k:
        k -= counts[digit]
        digit -= 1
    return digit, k


@njit("UniTuple(i8, 2)(i8[::1], i8, i8[::1], i8[::1])", cache=True, error_model="numpy")
def kth_largest(keys: Words, k: int, work: Words, counts: Words) -> tuple[int, int]:
    """The k-th largest of the keys, and how many equal to it belong to the k largest.

    work: (as many as keys); counts: (DIGITS,).
    """
    prefix, known, left = np.uint64(0), 0, keys
    while known < KEY_BITS:
        width = min(DIGIT_BITS, KEY_BITS - known)
        count_digits(left, prefix, known, width, counts)
        digit, k = digit_of(counts, k)
        prefix = (prefix << np.uint64(width)) | np.uint64(digit)
        known += width
        shift = np.uint64(KEY_BITS - known)
        size = 0
        for i in range(left.size):
            key = left[i]
            work[size] = key
            size += (np.uint64(key) ^ SIGN) >> shift == prefix
        left = work[:size]
    threshold: Any = np.int64(prefix ^ SIGN)
    return threshold, k


@njit("i8(i8[::1], i8[::1], i8, i8)", cache=True, error_model="numpy")
def keep(keys: Words, rows: Words, threshold: int, ties: int) -> int:
    """Move candidates above a threshold, and the first so many equal to it, to the front, in order.

    How many they are.
    """
    size = 0
    for i in range(keys.size):
        key, tied = keys[i], keys[i] == threshold
        keys[size], rows[size] = key, rows[i]
        size += (key > threshold) | (tied & (ties > 0))
        ties -= tied
    return size


@njit("void(i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1])", cache=True, error_model="numpy")
def merge(
    keys: Words, rows: Words, other_keys: Words, other_rows: Words, to_keys: Words, to_rows: Words
) -> None:
    """Merge two falling sequences of candidates; of equal keys those of the first come first."""
    i, j = 0, 0
    for place in range(to_keys.size):
        if j == other_keys.size or (i < keys.size and keys[i] >= other_keys[j]):
            to_keys[place], to_rows[place] = keys[i], rows[i]
            i += 1
        else:
            to_keys[place], to_rows[place] = other_keys[j], other_rows[j]
            j += 1


def merged(runs: list[tuple[Words, Words]]) -> tuple[Words, Words]:
    """Falling sequences as one, by merging neighbours; there is at least one."""
    while len(runs) > 1:
        pairs = zip(runs[::2], runs[1::2], strict=False)
        rest = runs[len(runs) & ~1 :]
        runs = [_both(*one, *other) for one, other in pairs] + rest
    return runs[0]


def _both(keys: Words, rows: Words, other_keys: Words, other_rows: Words) -> tuple[Words, Words]:
    to = np.empty((2, keys.size + other_keys.size), np.int64)
    merge(keys, rows, other_keys, other_rows, to[0], to[1])
    return to[0], to[1]


def falling(keys: Words, rows: Words) -> tuple[Words, Words]:
    """Candidates in the order of their rows, sorted: the largest first, equals still in order."""
    order = np.argsort(~keys, kind="stable")
    return keys[order], rows[order]
