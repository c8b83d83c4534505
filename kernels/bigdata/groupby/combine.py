"""Partitions, each into a table of its own: of rows that were split, or of aggregates that came.

The threads share the partitions out; what they make lies in the order of the partitions.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import get_num_threads, njit, prange

from kernels.bigdata.groupby.parted import Parted, Words, starts
from kernels.bigdata.groupby.room import Room
from kernels.bigdata.groupby.table import (
    FEWEST_SLOTS,
    SPARE,
    Slots,
    add_aggregates,
    add_rows,
)

_ITEMS: Final = "Tuple((i8[:,::1], i8[:,::1], i8[:,::1]))"
_Items = tuple[Words, Words, Words]
"""The fields of a `Parted`."""


@njit(
    f"void({_ITEMS}, {_ITEMS}, i8[:,::1], i8[::1], i4[:,::1], i8[::1])",
    parallel=True,
    cache=True,
    error_model="numpy",
)
def _combine(
    many: _Items, rows: _Items, out: Words, base: Words, slots: Slots, made: Words
) -> None:
    """made[q] = number of aggregates of partition q; those of thread t begin at out[base[t]]."""
    threads = base.size
    for t in prange(threads):
        place, size = base[t], FEWEST_SLOTS
        for q in range(made.size * t // threads, made.size * (t + 1) // threads):
            slots[t, :size] = 0
            table = out[place:]
            size, used = add_aggregates(slots[t], size, table, many[0], many[1], many[2][q])
            size, used = add_rows(slots[t], size, table, used, rows[0], rows[1], rows[2][q])
            made[q] = used
            place += used


@njit(f"void({_ITEMS}, i8[::1], i8[:,::1])", parallel=True, cache=True, error_model="numpy")
def _gather(rows: _Items, places: Words, out: Words) -> None:
    """Copy the rows of partition q to out[places[q]] and behind."""
    items, pieces, bounds = rows
    for q in prange(len(bounds)):
        place = places[q]
        for j in range(bounds[q, 0], bounds[q, 1]):
            size = pieces[j, 1] - pieces[j, 0]
            out[place : place + size] = items[pieces[j, 0] : pieces[j, 1]]
            place += size


class Combiner:
    """What the threads of a rank need for it. width : words of an aggregate."""

    def __init__(self, width: int) -> None:
        self._width, self._threads = width, get_num_threads()
        self._out, self._slots, self._gathered = Room(np.int64), Room(np.int32), Room(np.int64)

    def combine(self, many: Parted, rows: Parted) -> tuple[Words, Words]:
        """The aggregates of partitions, valid until the next call, and how many each has.

        many, rows : aggregates and rows of the same partitions.
        """
        most = many.lengths() + rows.lengths()
        firsts = np.array([most.size * t // self._threads for t in range(self._threads + 1)])
        base = starts(most)[firsts]
        out = self._out.array(int(base[-1]), self._width)
        largest = 2 ** (2 * SPARE * int(most.max(initial=0)) + FEWEST_SLOTS).bit_length()
        slots = self._slots.array(self._threads, largest)
        made = np.zeros(most.size, np.int64)
        _combine(_fields(many), _fields(rows), out, base[:-1], slots, made)
        return _close_up(out, base, np.diff(starts(made)[firsts])), made

    def gather(self, rows: Parted) -> tuple[Words, Words]:
        """The rows of partitions one behind the other, and how many each has; as `combine`."""
        lengths = rows.lengths()
        ends = starts(lengths)
        out = self._gathered.array(int(ends[-1]), 2)
        _gather(_fields(rows), ends[:-1], out)
        return out, lengths

    def give_back(self) -> None:
        """Let the operating system have the memory until the next call."""
        for room in (self._out, self._slots, self._gathered):
            room.give_back()


def _fields(items: Parted) -> _Items:
    return items.items, items.pieces, np.ascontiguousarray(items.bounds)


def _close_up(out: Words, base: Words, sizes: Words) -> Words:
    """Move together what the threads have made; sizes : aggregates of each."""
    end = int(sizes[0])
    for start, size in zip(base[1:-1], sizes[1:], strict=True):
        out[end : end + size] = out[start : start + size]
        end += int(size)
    return out[:end]
