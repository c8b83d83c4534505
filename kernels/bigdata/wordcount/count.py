"""The compiled loops of counting: words of a text into a table, and entries of tables together."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.address import prefetch
from kernels._support.string_table import (
    LENGTH,
    LONG,
    SPARSE,
    STATE,
    TABLE,
    VALUE,
    Entries,
    hash_of,
    key,
    key_of,
    place,
    same,
)
from kernels.bigdata.wordcount.tokens import BEGINNING, find_edges

CHUNK_B: Final = 2**12
"""Bytes whose words are found before they are counted: their edges stay in the level 1 cache."""
MOST_WORDS: Final = CHUNK_B // 2 + 1
"""Words that a chunk can add to a table."""
NOT_UTF8: Final = -1
_COMPILED: Final[Any] = {"cache": True, "error_model": "numpy", "nogil": True}
_ADD = types.void(types.int64, types.int64[::1], types.int64, TABLE, types.uint64[:, ::1])
_COUNT = types.int64(types.int64, types.int64, types.int64, TABLE, types.int64[::1])


@njit(_ADD, **_COMPILED)
def _count(address: Any, edges: NDArray[np.int64], words: int, table: Any, keys: Any) -> Any:
    """Count so many words.

    keys : (words, 5), room for the keys and places of all of them: their entries are on the way
    from memory before the first is looked at.
    """
    entries = table.entries
    first, mask = entries.ctypes.data, np.uint64(len(entries) - 1)
    for i in range(words):
        begin, end = edges[np.uint64(2 * i)], edges[np.uint64(2 * i + 1)]
        word = key(address + begin, end - begin)
        slot = hash_of(word) & mask
        prefetch(first + np.int64(slot) * 32)
        to = keys[np.uint64(i)]
        to[0], to[1], to[2], to[3], to[4] = word[0], word[1], word[2], word[3], slot
    for i in range(words):
        at = keys[np.uint64(i)]
        word, slot = (at[0], at[1], at[2], at[3]), at[4]
        if not same(entries[slot], word):
            slot = place(table, word, address + edges[np.uint64(2 * i)])
        entries[slot, STATE] += np.uint64(1)


@njit(_COUNT, **_COMPILED)
def count_words(address: Any, start: int, stop: int, table: Any, counted: Any) -> int:
    """Count the words of the bytes start, ..., stop - 1 from an address on; counted[0] += how many.

    No word goes on beyond them. Returns stop, or where to begin again when the table has more room
    (at least `MOST_WORDS` strings and `CHUNK_B` bytes, or twice as much as before), or
    `NOT_UTF8` - the byte at which the chunk begins that is not UTF-8.
    """
    edges = np.empty(CHUNK_B + 8, np.int64)
    keys = np.empty((MOST_WORDS, 5), np.uint64)
    state = np.array(BEGINNING, np.uint64)
    open_words, done = 0, start
    for at in range(start, stop, CHUNK_B):
        begin = edges[0] if open_words else done
        full = table.used[0] + MOST_WORDS > len(table.entries) // SPARSE
        if full or table.used[1] + CHUNK_B + at - begin > table.arena.size:
            return begin
        end = min(at + CHUNK_B, stop)
        found = find_edges(address, at, end, edges, open_words, state)
        if found < 0:
            return NOT_UTF8 - at
        if end == stop:
            if state[2]:
                return NOT_UTF8 - at
            if found % 2:
                edges[found], found = stop, found + 1
        _count(address, edges, found // 2, table, keys)
        counted[0] += found // 2
        if found > 1:
            done = edges[found - found % 2 - 1]
        open_words = found % 2
        edges[0] = edges[found - open_words]
    return stop


@njit(types.int64(types.uint64[:, ::1], types.int64, TABLE), **_COMPILED)
def add_entries(entries: Entries, text: Any, table: Any) -> Any:
    """Add the entries of a part of other tables, as `pack` has written them.

    text : address of the bytes of the long strings among them; returns where those that follow
    begin.
    """
    for i in range(len(entries)):
        word = key_of(entries[i])
        slot = place(table, word, text)
        table.entries[slot, STATE] += entries[i, STATE] & np.uint64(VALUE)
        if word[3] == np.uint64(LONG):
            text += np.int64(word[LENGTH])
    return text
