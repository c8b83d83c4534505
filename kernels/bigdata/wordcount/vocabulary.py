"""The words of a generated text: word k is the k-th most frequent, and no two are alike.

A word has 2 to 5 letters, and one more for every decimal digit of k after the first: frequent
words are short (Zipf's law of abbreviation). Three of four are Kazakh, in Cyrillic letters of two
bytes, the others Latin. Letters are random; a word that is there already is drawn again.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.dataset.column import Strings
from kernels._support.splitmix import random_bits, stream_key
from kernels._support.string_table import STATE, TABLE, VALUE, StringTable, key, place

KAZAKH: Final = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
LATIN: Final = "abcdefghijklmnopqrstuvwxyz"
LONGEST_B: Final = 2 * (5 + 9)
"""Bytes of the longest word of at most 10^10."""
_STREAM: Final = 1
"""The words are drawn from another sequence than the text."""


def _letters(alphabet: str) -> NDArray[np.uint8]:
    """(letters, 2): the bytes of each, the second 0 if there is one."""
    rows = [one.encode().ljust(2, b"\0") for one in alphabet]
    return np.array([list(one) for one in rows], np.uint8)


_ALPHABETS: Final = (_letters(KAZAKH), _letters(LATIN))


_WRITE = types.void(
    types.uint64,
    types.uint8[:, ::1],
    types.uint8[:, ::1],
    types.uint8[::1],
    types.int64[::1],
    TABLE,
)


@njit("i8(u8, i8, u1[:,::1], u1[:,::1], u1[::1])", cache=True, error_model="numpy")
def spell(
    seed: Any, k: Any, kazakh: NDArray[np.uint8], latin: NDArray[np.uint8], out: NDArray[np.uint8]
) -> int:
    """Write a word for k into out; returns its length in bytes."""
    bits = random_bits(seed, np.uint64(0))
    letters = kazakh if bits & np.uint64(3) else latin
    size = 2 + np.int64((bits >> np.uint64(2)) & np.uint64(3))
    while k >= 10:
        k, size = k // 10, size + 1
    end = 0
    for i in range(size):
        draw = random_bits(seed, np.uint64(i + 1)) >> np.uint64(32)
        letter = letters[(draw * np.uint64(len(letters))) >> np.uint64(32)]
        for byte in letter:
            if byte:
                out[end] = byte
                end += 1
    return end


@njit(_WRITE, cache=True, error_model="numpy")
def _write(
    seed: Any,
    kazakh: NDArray[np.uint8],
    latin: NDArray[np.uint8],
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    table: Any,
) -> None:
    """All words one behind the other; the table, with room for them, knows which are there."""
    starts[0] = 0
    for k in range(starts.size - 1):
        own, fresh = random_bits(seed, np.uint64(k)), False
        while not fresh:
            length = spell(own, k, kazakh, latin, text[starts[k] :])
            word = text.ctypes.data + starts[k]
            slot = place(table, key(word, length), word)
            fresh = table.entries[slot, STATE] & np.uint64(VALUE) == np.uint64(0)
            table.entries[slot, STATE] |= np.uint64(1)
            own = random_bits(own, np.uint64(k))
        starts[k + 1] = starts[k] + length


def vocabulary(words: int, seed: int) -> Strings:
    """So many different words, the most frequent first."""
    text, starts = np.empty(words * LONGEST_B, np.uint8), np.empty(words + 1, np.int64)
    known = StringTable()
    known.reserve(words, text.size)
    _write(stream_key(seed, _STREAM), *_ALPHABETS, text, starts, known.table)
    return Strings(text[: starts[-1]].copy(), starts)
