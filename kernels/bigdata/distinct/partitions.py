"""Different hashes in partitions by their 8 upper bits, each compacted while a cache holds it.

    area of a partition:  | kept: all different | slice of thread 0 | slice of thread 1 | ...

`scatter` hashes rows and appends the hashes to the slices of their partitions, until a slice is
full; `compact` then moves the different ones of an area to its beginning, through a hash table
that is no larger than they need: that of one partition fits the cache of level 1 or 2. What was
seen a moment ago is not even appended: a small filter of the last hashes lets no frequent value
fill its partition.

The hash 0 marks a free slot and is never appended; that it was seen is noted apart.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit, prange, types
from numpy.typing import NDArray

from kernels._support.hashing import owner
from kernels._support.memory import aligned
from kernels.bigdata.distinct.bits import BUCKET, lowest, matches
from kernels.bigdata.distinct.hashes import BLOCK, Hashes, hash_block

Counts = NDArray[np.int64]
PARTITIONS: Final = 256
FILTER: Final = 1024
"""Hashes of the last rows that a thread remembers: 8 KiB."""
SMALLEST_TABLE: Final = 512
"""Slots: 4 KiB."""
_TOP, _LINE_BITS, _BUCKET_BITS = (np.uint64(bits) for bits in (56, 6, 3))
_ZERO, _ONE = np.uint64(0), np.uint64(1)
_FILTER_MASK = np.uint64(FILTER - 1)
_LINES, _ODD_LINES = 64, 21
_PARALLEL: Final[Any] = {"parallel": True, "cache": True, "error_model": "numpy"}


class Store(NamedTuple):
    """The areas of consecutive partitions, and what the threads need to fill and compact them."""

    areas: Hashes  # (partitions, size)
    kept: Counts  # (partitions,), different hashes at the beginning of an area
    begins: Counts  # (threads + 1, partitions), where the slices begin; the last: the size
    ends: Counts  # (threads, partitions), behind the last hash of a slice
    seen: Hashes  # (threads, FILTER)
    zeros: Counts  # (threads,), whether the hash 0 was seen
    tables: Hashes  # (threads, slots)
    spans: Counts  # (threads, 2), for `insert`


_COUNTS, _WORDS = types.int64[:, ::1], types.uint64[:, ::1]
STORE: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (_WORDS, types.int64[::1], _COUNTS, _COUNTS, _WORDS, types.int64[::1], _WORDS, _COUNTS), Store
)


def most_in(slots: int) -> int:
    """So many hashes fill a table of so many slots as far as it should be: to 5/8.

    A bucket of 8 then holds 5 on average, and one in 15 overflows into the next (Poisson).
    """
    return slots * 5 // 8


def slots_for(hashes: int) -> int:
    """Slots of a table for so many different hashes."""
    slots = SMALLEST_TABLE
    while most_in(slots) < hashes:
        slots *= 2
    return slots


def store(memory: Hashes, partitions: int, threads: int) -> Store:
    """An empty store whose areas divide the memory, (words,), among them.

    Areas lie an odd number of cache lines apart, and not nearly a power of two: else the slices
    that grow side by side meet in the same sets of the caches, up to four times slower.
    """
    lines = memory.size // partitions // BUCKET
    size = (lines - (lines - _ODD_LINES) % _LINES if lines >= _LINES else lines) * BUCKET
    made = Store(
        areas=memory[: partitions * size].reshape(partitions, size),
        kept=np.zeros(partitions, np.int64),
        begins=np.empty((threads + 1, partitions), np.int64),
        ends=np.empty((threads, partitions), np.int64),
        seen=np.zeros((threads, FILTER), np.uint64),
        zeros=np.zeros(threads, np.int64),
        tables=aligned((threads, slots_for(size)), np.uint64),
        spans=np.empty((threads, 2), np.int64),
    )
    made.begins[threads] = size
    cut(made)
    return made


def cut(made: Store) -> None:
    """Empty slices of equal size behind what is kept."""
    threads, size = made.ends.shape[0], made.areas.shape[1]
    for t in range(threads):
        made.begins[t] = made.ends[t] = made.kept + (size - made.kept) * t // threads


_most_in = njit("i8(i8)", cache=True, error_model="numpy")(most_in)


@njit("i8(u8[::1], i8[::1], i8, i8, u8[::1])", cache=True, error_model="numpy")
def insert(area: Hashes, span: Counts, kept: int, most: int, table: Hashes) -> int:
    """Move hashes that the table has not seen to area[kept], ...; how many are kept now.

    span : first and last of the hashes, which lie behind what is kept; on return the first is the
    next one to insert. It stops when ``most`` are kept.
    """
    mask, base = np.uint64(table.size // BUCKET - 1), table.ctypes.data
    first, last = span[0], span[1]
    while first < last and kept < most:
        hashed = area[np.uintp(first)]
        first += 1
        bucket = hashed & mask
        while True:
            address = base + np.int64(bucket << _LINE_BITS)
            if matches(address, hashed) != _ZERO:
                break
            free = matches(address, _ZERO)
            if free != _ZERO:
                table[(bucket << _BUCKET_BITS) + lowest(free)] = hashed
                area[np.uintp(kept)] = hashed
                kept += 1
                break
            bucket = (bucket + _ONE) & mask
    span[0] = first
    return kept


@njit("i8(u8[::1], i8, u8[::1], i8, i8[::1])", cache=True, error_model="numpy")
def refill(area: Hashes, kept: int, table: Hashes, slots: int, span: Counts) -> int:
    """Empty so many slots of the table and insert what is kept; how many that is."""
    table[:slots] = 0
    span[0], span[1] = 0, kept
    return insert(area, span, 0, kept, table[:slots])


@njit(types.int64(STORE, types.int64, types.int64), cache=True, error_model="numpy")
def compact_one(made: Any, p: int, t: int) -> int:
    """Compact the area of partition p on thread t; how many hashes it keeps.

    The table begins small and is doubled when it is full: it stays in the smallest cache it fits.
    """
    area, table, span = made.areas[p], made.tables[t], made.spans[t]
    kept, slots = made.kept[p], SMALLEST_TABLE
    while _most_in(slots) < 2 * kept and slots < table.size:
        slots *= 2
    refill(area, kept, table, slots, span)
    for s in range(made.ends.shape[0]):
        first, last = made.begins[s, p], made.ends[s, p]
        while True:
            span[0], span[1] = first, last
            kept = insert(area, span, kept, _most_in(slots), table[:slots])
            first = span[0]
            if first == last:
                break
            slots *= 2
            refill(area, kept, table, slots, span)
    return int(kept)


@njit(types.void(STORE), **_PARALLEL)
def compact(made: Any) -> None:
    """Compact all areas, each thread its share of them, and cut their slices anew."""
    kept, begins, ends = made.kept, made.begins, made.ends
    (threads, partitions), size = ends.shape, made.areas.shape[1]
    for t in prange(threads):
        for p in range(partitions * t // threads, partitions * (t + 1) // threads):
            kept[p] = compact_one(made, p, t)
            for s in range(threads):
                begins[s, p] = ends[s, p] = kept[p] + (size - kept[p]) * s // threads


@njit("b1(i8[::1], i8[::1])", cache=True, error_model="numpy")
def one_is_full(ends: Counts, next_begins: Counts) -> bool:
    """One of the slices of a thread may not take a block of rows."""
    full = False
    for p in range(ends.size):
        full |= ends[p] + BLOCK > next_begins[p]
    return full


@njit("b1(u8[::1], u8[:,::1], i8, i8[::1], u8[::1])", cache=True, error_model="numpy")
def append(hashes: Hashes, areas: Hashes, first: int, ends: Counts, seen: Hashes) -> bool:
    """Append hashes to the slices of one thread; whether one of them is 0, which is left out.

    first : number of the first partition; ends : (partitions,); seen : (FILTER,).
    """
    zero = False
    for i in range(hashes.size):
        hashed = hashes[i]
        zero |= hashed == _ZERO
        last = hashed & _FILTER_MASK
        if seen[last] == hashed:
            continue
        seen[last] = hashed
        p = (hashed >> _TOP) - np.uint64(first)
        areas[p, np.uintp(ends[p])] = hashed
        ends[p] += 1
    return zero


@njit(types.void(STORE, types.uint64[::1], types.int64, types.int64, types.int64[::1]), **_PARALLEL)
def scatter(made: Any, words: Hashes, kind: int, first: int, done: Counts) -> None:
    """Append the hashes of the words to the slices, on each thread until one of its is full.

    first : number of the first partition. done : (threads,), rows of the thread's share that were
    appended by earlier calls, and are now.
    """
    begins, ends, zeros = made.begins, made.ends, made.zeros
    threads = ends.shape[0]
    for t in prange(threads):
        hashes = np.empty(BLOCK, np.uint64)
        start = words.size * t // threads + done[t]
        stop = words.size * (t + 1) // threads
        while start < stop and not one_is_full(ends[t], begins[t + 1]):
            block = words[start : min(start + BLOCK, stop)]
            hash_block(block, kind, hashes[: block.size])
            if append(hashes[: block.size], made.areas, first, ends[t], made.seen[t]):
                zeros[t] = 1
            start += block.size
        done[t] = start - words.size * t // threads


@njit(types.void(STORE, types.int64[:, ::1]), **_PARALLEL)
def count_owners(made: Any, counts: Counts) -> None:
    """counts[t, r] = kept hashes of the partitions of thread t that belong to rank r."""
    kept, (threads, ranks) = made.kept, counts.shape
    for t in prange(threads):
        counts[t] = 0
        for p in range(kept.size * t // threads, kept.size * (t + 1) // threads):
            area = made.areas[p]
            for i in range(kept[p]):
                counts[t, owner(area[i], ranks)] += 1


@njit(types.void(STORE, types.int64[:, ::1], types.uint64[::1]), **_PARALLEL)
def pack(made: Any, places: Counts, out: Hashes) -> None:
    """Copy every kept hash to its place. places : (threads, ranks), where the first of each go."""
    kept, (threads, ranks) = made.kept, places.shape
    for t in prange(threads):
        for p in range(kept.size * t // threads, kept.size * (t + 1) // threads):
            area = made.areas[p]
            for i in range(kept[p]):
                rank = owner(area[i], ranks)
                out[places[t, rank]] = area[i]
                places[t, rank] += 1
