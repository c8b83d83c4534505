"""White space character by character: where text may be cut, and words for the verification.

It shares nothing with `tokens` but what white space is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.splitmix import random_bits

Bytes = NDArray[np.uint8]
_COMPILED: Any = {"cache": True, "error_model": "numpy", "nogil": True}
FNV_START, FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@njit("i8(u1[::1], i8)", **_COMPILED)
def space_at(text: Bytes, i: int) -> int:
    """Bytes of the white space that begins at byte i, 0 if none does."""
    first = text[i]
    if first < 0x80:
        return 1 if first == 0x20 or 0x09 <= first <= 0x0D else 0
    second = text[i + 1] if i + 1 < text.size else np.uint8(0)
    if first == 0xC2:
        return 2 if second in (0x85, 0xA0) else 0
    if first < 0xE1 or first > 0xE3 or i + 2 >= text.size:
        return 0
    point = (np.int64(first & 0xF) << 12) | (np.int64(second & 0x3F) << 6) | (text[i + 2] & 0x3F)
    if 0x2000 <= point <= 0x200A or point in (0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000):
        return 3
    return 0


@njit("i8(u1[::1], i8, i8)", **_COMPILED)
def next_space(text: Bytes, start: int, stop: int) -> int:
    """The first byte of the first white space that begins in start, ..., stop - 1, else stop.

    Bytes that continue a character are none of it.
    """
    for i in range(start, stop):
        if space_at(text, i):
            return i
    return stop


@njit("void(u8, i8, u8[::1])", **_COMPILED)
def _add(state: Any, length: int, sums: NDArray[np.uint64]) -> None:
    if length:
        sums[0] += np.uint64(1)
        sums[1] += np.uint64(length)
        sums[2] += random_bits(state, np.uint64(0))


@njit("void(u1[::1], u8[::1])", **_COMPILED)
def add_words(text: Bytes, sums: NDArray[np.uint64]) -> None:
    """Sums += words, their bytes, and random bits of each word's hash, modulo 2^64.

    No word goes on beyond the text. The hash is FNV-1a of 64 bits (Fowler, Noll, Vo, 1991).
    """
    state, length, i = FNV_START, 0, 0
    while i < text.size:
        space = space_at(text, i)
        if space == 0:
            state = (state ^ np.uint64(text[i])) * FNV_PRIME
            length, i = length + 1, i + 1
            continue
        _add(state, length, sums)
        state, length, i = FNV_START, 0, i + space
    _add(state, length, sums)
