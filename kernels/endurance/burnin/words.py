"""Compiled code that looks at bits: words of 64 bits compared, patterns written and expected.

Everything is integer arithmetic, the same on every processor. A word is an element of 8 B of
whatever array, seen as an unsigned integer.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.splitmix import random_bits

Words = NDArray[np.uint64]
CONSTANT: Final = 0
WALKING: Final = 1
ADDRESS: Final = 2
RANDOM: Final = 3
BLOCK: Final = 512
"""Words that are expected, compared and written in the level 1 cache: 4 KiB each."""
_BITS: Final = np.uint64(63)
_ONE: Final = np.uint64(1)
_ITEM_B: Final = np.uint64(8)
_KEY, _MASK = 1, 2


@njit("i8(u8[::1], u8[::1], i8, u8[:,::1], i8)", cache=True, error_model="numpy", nogil=True)
def note(found: Words, expected: Words, first: int, log: Any, noted: int) -> int:
    """Append (index, found, expected) of each word that differs to the log while it has room.

    first : index of the first word; noted : how many were noted or left out before. Returns how
    many it is now.
    """
    for i in range(found.size):
        if found[i] != expected[i]:
            if noted < log.shape[0]:
                log[noted, 0] = np.uint64(first + i)
                log[noted, 1] = found[i]
                log[noted, 2] = expected[i]
            noted += 1
    return noted


@njit("i8(u8[::1], u8[::1], u8[:,::1])", cache=True, error_model="numpy", nogil=True)
def compare(found: Words, expected: Words, log: Any) -> int:
    """How many words differ; the first of them in the log, (index, found, expected) each."""
    noted = 0
    for start in range(0, found.size, BLOCK):
        stop = min(found.size, start + BLOCK)
        one, other = found[start:stop], expected[start:stop]
        differing = np.uint64(0)
        for i in range(one.size):
            differing |= one[i] ^ other[i]
        if differing:
            noted = note(one, other, start, log, noted)
    return noted


@njit("u8(u8[::1])", cache=True, error_model="numpy", nogil=True)
def digest(words: Words) -> Any:
    """64 bits of all words and their places: any one word that changes changes it."""
    result = np.uint64(words.size)
    for i in range(words.size):
        result += random_bits(words[i], np.uint64(i))
    return result


@njit("void(u8[::1], u8)", cache=True, error_model="numpy", nogil=True)
def spoil(words: Words, value: Any) -> None:
    """Change a word of each cache line: what is not written anew is seen to be old."""
    for i in range(0, words.size, 8):
        words[i] ^= value


@njit("void(f8[::1], u8)", cache=True, error_model="numpy", nogil=True)
def fill_reals(to: Any, key: Any) -> None:
    """Numbers in [-0.5, 0.5) with 53 random bits, from a counter-based generator."""
    for i in range(to.size):
        to[i] = np.float64(random_bits(key, np.uint64(i)) >> np.uint64(11)) * 2.0**-53 - 0.5


@njit("void(i8[::1], u8, i8)", cache=True, error_model="numpy", nogil=True)
def fill_integers(to: Any, key: Any, bits: int) -> None:
    """Random integers from -2^bits to 2^bits - 1."""
    for i in range(to.size):
        drawn = random_bits(key, np.uint64(i)) >> np.uint64(63 - bits)
        to[i] = np.int64(drawn) - (np.int64(1) << bits)


@njit("void(u8[::1], u8[::1], i8)", cache=True, error_model="numpy", nogil=True)
def generate(to: Words, pattern: Words, first: int) -> None:
    """The words of a pattern (kind, key, mask) from index ``first`` on."""
    kind, key, mask = np.int64(pattern[0]), pattern[_KEY], pattern[_MASK]
    start = np.uint64(first)
    if kind == WALKING:
        for i in range(to.size):
            to[i] = (_ONE << ((start + np.uint64(i) + key) & _BITS)) ^ mask
    elif kind == ADDRESS:
        for i in range(to.size):
            to[i] = (key + (start + np.uint64(i)) * _ITEM_B) ^ mask
    elif kind == RANDOM:
        for i in range(to.size):
            to[i] = random_bits(key, start + np.uint64(i)) ^ mask
    else:
        for i in range(to.size):
            to[i] = key ^ mask


@njit("void(u8[::1], i8, i8, u8[::1])", cache=True, error_model="numpy", nogil=True)
def write(words: Words, low: int, high: int, new: Words) -> None:
    """Write a pattern from index low to high, block by block."""
    for start in range(low, high, BLOCK):
        generate(words[start : min(high, start + BLOCK)], new, start)


@njit(
    "i8(u8[::1], i8, i8, b1, u8[::1], u8[::1], u8[:,::1])",
    cache=True,
    error_model="numpy",
    nogil=True,
)
def exchange(
    words: Words, low: int, high: int, down: bool, old: Words, new: Words, log: Any
) -> int:
    """Read one pattern and write another, from low to high or down from high to low.

    Every word is read and compared before it is written. Returns how many differed from the old
    pattern; log : as of `compare`.
    """
    expected = np.empty(BLOCK, np.uint64)
    blocks = -(-(high - low) // BLOCK)
    noted = 0
    for k in range(blocks):
        start = low + (blocks - 1 - k if down else k) * BLOCK
        part = words[start : min(high, start + BLOCK)]
        wanted = expected[: part.size]
        generate(wanted, old, start)
        differing = np.uint64(0)
        for i in range(part.size):
            differing |= part[i] ^ wanted[i]
        if differing:
            noted = note(part, wanted, start, log, noted)
        generate(part, new, start)
    return noted
