"""Rows split into partitions, but for those of keys that are frequent: they are added up at once.

Each thread has the frequent keys in a small table that stays in its cache. Its other rows go to
the end of their partition, in blocks of memory that a partition takes one by one: no partition
needs to be counted before, and the blocks are as many as the rows need, wherever they go. Rows are
written by ordinary stores: a line is complete in the cache before it leaves it, as long as the
partitions are fewer than the lines of level 2. (Lines collected apart and written past the caches
took longer, as each fourth row ends in a branch that is guessed wrongly.)
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import get_num_threads, njit, prange
from numpy.typing import NDArray

from kernels._support.hashing import mix, part_of
from kernels.bigdata.groupby.parted import Parted, Words, bounds_of
from kernels.bigdata.groupby.room import Room
from kernels.bigdata.groupby.table import (
    COUNT,
    KEY,
    SETTLED,
    VALUE,
    Slots,
    add_value,
    begin,
    find,
    index_all,
    settle,
)

BLOCK: Final = 256
"""Rows of a block: a page of 4 KiB."""
BLOCK_WORDS: Final = 2 * BLOCK
_INSIDE = BLOCK - 1


@njit(
    "i8(i8[::1], i8[::1], i4[::1], i8[:,::1], i8[:,::1], i8[::1], i4[::1], i8)",
    cache=True,
    error_model="numpy",
)
def _split_share(
    keys: Words,
    values: Words,
    slots: Slots,
    frequent: Words,
    rows: Words,
    ends: Words,
    blocks: NDArray[np.int32],
    taken: int,
) -> int:
    """Add each row to the table of frequent keys, or put it into a block of its partition.

    ends[p] : where the next row of partition p goes; blocks[b] : partition of block b, of which so
    many are taken; returns how many are then. Without slots no key is frequent.
    """
    size, parts = slots.size, ends.size
    for i in range(keys.size):
        key = keys[i]
        if size > 0:
            index = slots[find(slots, size, frequent, key)]
            if index != 0:
                add_value(frequent, index - 1, values[i])
                continue
        p = part_of(mix(np.uint64(key)), parts)
        end = np.uint64(ends[p])
        if end & np.uint64(_INSIDE) == 0:
            blocks[taken] = p
            end = np.uint64(taken * BLOCK)
            taken += 1
        rows[end, KEY], rows[end, VALUE] = key, values[i]
        ends[p] = end + np.uint64(1)
    settle(frequent, len(frequent))
    return taken


@njit(
    "void(i8[::1], i8[::1], i4[:,::1], i8[:,:,::1], i8[:,:,::1], i8[:,::1], i4[:,::1], i8[::1])",
    parallel=True,
    cache=True,
    error_model="numpy",
)
def _split(
    keys: Words,
    values: Words,
    slots: Slots,
    frequent: Words,
    rows: Words,
    ends: Words,
    blocks: NDArray[np.int32],
    taken: Words,
) -> None:
    """Each thread its share of the rows, with everything of its own: (threads, ...)."""
    threads = taken.size
    for t in prange(threads):
        some = slice(keys.size * t // threads, keys.size * (t + 1) // threads)
        taken[t] = _split_share(
            keys[some], values[some], slots[t], frequent[t], rows[t], ends[t], blocks[t], taken[t]
        )


@njit(
    "void(i4[:,::1], i8[::1], i8[:,::1], i8, i8[::1], i8[:,::1])", cache=True, error_model="numpy"
)
def _list_blocks(
    blocks: NDArray[np.int32], taken: Words, ends: Words, capacity: int, first: Words, pieces: Words
) -> None:
    """pieces[first[p] : first[p + 1]] = the ranges of rows of partition p, of all threads.

    capacity : rows that a thread has memory for; first : (parts + 1,), zeros.
    """
    for t in range(len(taken)):
        for b in range(taken[t]):
            first[blocks[t, b] + 1] += 1
    for p in range(first.size - 1):
        first[p + 1] += first[p]
    place = first.copy()
    for t in range(len(taken)):
        for b in range(taken[t]):
            p, start = blocks[t, b], b * BLOCK
            full = not start <= ends[t, p] < start + BLOCK
            stop = start + BLOCK if full else ends[t, p]
            pieces[place[p], 0] = t * capacity + start
            pieces[place[p], 1] = t * capacity + stop
            place[p] += 1


class Split:
    """The rows of a rank in partitions, and the aggregates of its frequent keys."""

    def __init__(self, parts: int, frequent: Words, width: int, rows: int, room: Room) -> None:
        """Frequent : those keys; rows : how many may come before `clear`; room : for them."""
        threads = get_num_threads()
        capacity = blocks_of(rows, parts, threads) * BLOCK
        self._rows = room.array(threads, capacity, 2)
        self._ends = np.zeros((threads, parts), np.int64)
        self._blocks = np.empty((threads, capacity // BLOCK), np.int32)
        self._taken = np.zeros(threads, np.int64)
        size = 2 ** (4 * frequent.size).bit_length() if frequent.size else 0
        self._slots = np.zeros((threads, size), np.int32)
        self._frequent = np.zeros((threads, frequent.size, width), np.int64)
        for t, table in enumerate(self._frequent):
            for one, key in zip(table, frequent, strict=True):
                begin(one, key)
            if size:
                index_all(self._slots[t], size, table, len(table))
        self._left = rows

    def fits(self, rows: int) -> bool:
        """There is room for so many more."""
        return rows <= self._left

    def add(self, keys: Words, values: Words) -> None:
        """Rows more."""
        self._left -= keys.size
        for first in range(0, keys.size, SETTLED):
            some = slice(first, first + SETTLED)
            _split(
                keys[some],
                values[some],
                self._slots,
                self._frequent,
                self._rows,
                self._ends,
                self._blocks,
                self._taken,
            )

    def rows(self) -> Parted:
        """All rows that are in partitions."""
        first = np.zeros(self._ends.shape[1] + 1, np.int64)
        pieces = np.empty((int(self._taken.sum()), 2), np.int64)
        capacity = self._rows.shape[1]
        _list_blocks(self._blocks, self._taken, self._ends, capacity, first, pieces)
        return Parted(self._rows.reshape(-1, 2), pieces, bounds_of(first))

    def frequent(self) -> Words:
        """The aggregates of the frequent keys that have come, of every thread."""
        every = self._frequent.reshape(-1, self._frequent.shape[2])
        found: Words = every[every[:, COUNT] > 0]
        return found

    def clear(self, rows: int) -> None:
        """Forget the rows in partitions, but no aggregate; there is room for so many again."""
        self._ends[:], self._taken[:], self._left = 0, 0, rows


def blocks(rows: Parted) -> tuple[Words, Words]:
    """The memory of rows that were split, (any, BLOCK_WORDS), and which of its blocks they take."""
    firsts = [rows.pieces[first:last, 0] for first, last in rows.bounds]
    taken = np.concatenate([*firsts, np.empty(0, np.int64)]) // BLOCK
    return rows.items.reshape(-1, BLOCK_WORDS), taken


def blocks_of(rows: int, parts: int, threads: int) -> int:
    """Blocks of a thread: each partition may have one that is not full.

    A call may leave the threads with shares that differ by a row: chunks are counted on top.
    """
    return -(-rows // (threads * BLOCK)) + parts + 1
