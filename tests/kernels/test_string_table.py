"""The table of strings against Python's dictionary, on strings of every length and alignment."""

from __future__ import annotations

import itertools
import mmap
from collections import Counter
from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from kernels._support.hashing import part_of
from kernels._support.string_table import (
    INLINE_B,
    LENGTH,
    LONG,
    RANKS,
    SMALLEST,
    STATE,
    TAG_BITS,
    VALUE,
    StringTable,
    hash_of,
    key,
    key_of,
    packed,
    place,
)


@njit
def count(address: int, starts: NDArray[np.int64], table: Any) -> None:
    for i in range(starts.size - 1):
        word = address + starts[i]
        slot = place(table, key(word, starts[i + 1] - starts[i]), word)
        table.entries[slot, STATE] += np.uint64(1)


def counted(strings: list[bytes]) -> StringTable:
    data = np.frombuffer(b"".join(strings) or b"\0", np.uint8)
    lengths = np.array([0, *map(len, strings)])
    table = StringTable()
    table.reserve(len(strings), data.size)
    count(data.ctypes.data, np.cumsum(lengths), table.table)
    return table


def drawn(seed: int, letters: int, longest: int, distinct: int, rows: int) -> list[bytes]:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, longest + 1, distinct)
    words = [bytes(rng.integers(0, letters, one).astype(np.uint8)) for one in lengths]
    return [words[i] for i in rng.integers(0, distinct, rows)]


@pytest.mark.parametrize(("letters", "longest"), [(1, 40), (2, 9), (3, 64), (256, 16), (256, 300)])
def test_counts_equal_those_of_a_dictionary(letters: int, longest: int) -> None:
    strings = drawn(letters + longest, letters, longest, 3000, 20000)
    table = counted(strings)
    assert table.values() == dict(Counter(strings))
    assert table.strings == len(set(strings))


def test_strings_that_differ_in_zero_bytes_only() -> None:
    strings = [b"a" * n + b"\0" * zeros for n in range(20) for zeros in range(20)]
    assert counted(strings).values() == dict(Counter(strings))


def test_growing_keeps_what_is_there() -> None:
    strings = drawn(1, 3, 60, 3000, 5000)
    table = counted(strings)
    capacity = len(table.table.entries)
    need_B = table.needed_B(capacity, 10**6)
    table.reserve(capacity, 10**6)
    assert len(table.table.entries) > capacity
    assert table.allocated_B == need_B
    assert table.values() == dict(Counter(strings))
    table.clear()
    assert table.values() == {}
    assert table.needed_B(table.room(), 0) == 0


def test_room_is_what_may_be_added() -> None:
    table = StringTable()
    assert table.room() == SMALLEST // 2
    table.reserve(table.room(), 0)
    assert len(table.table.entries) == SMALLEST
    table.reserve(table.room() + 1, 0)
    assert len(table.table.entries) == 2 * SMALLEST


def test_no_byte_beyond_a_string_is_needed() -> None:
    """Strings of every length at the end of the last page that may be read, and of the first."""
    pages = mmap.mmap(-1, 3 * mmap.PAGESIZE)
    data = np.frombuffer(pages, np.uint8)
    data[:] = np.random.default_rng(0).integers(0, 256, data.size)
    for length, at in itertools.product(range(40), (mmap.PAGESIZE, 2 * mmap.PAGESIZE)):
        for start in range(at - length, at + 2):
            same = bytes(data[start : start + length])
            *words, tag = key(data.ctypes.data + start, length)
            assert tag == (length + 1 if length <= INLINE_B else LONG)
            if length <= INLINE_B:
                got = b"".join(int(one).to_bytes(8, "little") for one in words)
                assert got == same.ljust(INLINE_B, b"\0")


def test_parts_hold_every_string_once_and_their_bytes_in_order() -> None:
    strings = drawn(5, 4, 50, 3000, 9000)
    table = counted(strings)
    entries, text, amounts = packed([table], RANKS, 3)
    assert amounts.sum(axis=0).tolist() == [table.strings, table.table.used[1]]
    assert amounts[:, 0].min() > 0.2 * table.strings
    ends = np.cumsum(amounts, axis=0)
    assert unpacked(entries, text) == table.values()
    for part, (first, last) in enumerate(zip(ends[:, 0] - amounts[:, 0], ends[:, 0], strict=True)):
        for entry in entries[first:last]:
            assert part_of(hash_of(tuple(map(np.uint64, key_of(entry)))), 3) == part


def test_several_tables_together() -> None:
    halves = [drawn(seed, 3, 60, 3000, 2000) for seed in (8, 9)]
    tables = [counted(one) for one in halves]
    entries, text, amounts = packed(tables, np.uint64(0x9E3779B97F4A7C15), 5)
    assert amounts.sum(axis=0).tolist() == [
        sum(one.strings for one in tables),
        sum(int(one.table.used[1]) for one in tables),
    ]
    common = set(halves[0]) & set(halves[1])
    assert len(common) > 10
    found = unpacked(entries, text)
    assert set(found) == set(halves[0]) | set(halves[1])
    assert len(entries) == len(found) + len(common)


def unpacked(entries: NDArray[np.uint64], text: NDArray[np.uint8]) -> dict[bytes, int]:
    found, at = {}, 0
    for *words, state in entries.tolist():
        word = b"".join(one.to_bytes(8, "little") for one in words)[: (state >> TAG_BITS) - 1]
        if state >> TAG_BITS == LONG:
            word = text[at : at + words[LENGTH]].tobytes()
            at += words[LENGTH]
        found[word] = state & VALUE
    assert at == text.size
    return found


def test_similar_strings_spread_over_the_table_and_over_ranks() -> None:
    """Numbers as text: no part of the hash that is used may be less even than random bits."""
    strings = [b"%d" % i for i in range(2**16)] + [
        b"a common beginning %d" % i for i in range(2**16)
    ]
    data = np.frombuffer(b"".join(strings), np.uint8)
    starts = np.cumsum([0, *map(len, strings)])
    hashes = np.array(
        [
            hash_of(key(data.ctypes.data + s, len(one)))
            for s, one in zip(starts, strings, strict=False)
        ],
        np.uint64,
    )
    assert np.unique(hashes).size == hashes.size
    for shift in (0, 32):
        buckets = np.bincount((hashes >> np.uint64(shift)).astype(np.int64) & 0xFFF, minlength=4096)
        assert buckets.var() / buckets.mean() < 1.2
