"""How the bucket of a row is found, without comparing it with the bounds of the buckets.

The distance of a key from the least of the sample falls into a *cell*: its highest bit and some
bits below it choose one, as floats are spaced, so that cells are fine where keys are small and
nowhere wider than a small share of all keys. A table holds the bucket of each cell. Where a cell
holds more of the sample than a bucket should, as it does where the rows are dense, it is divided
into `FANOUT` equal ones, and these again: the entry then names the piece of the table to look in.
Only in the cells with a bound inside are the bounds searched.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels.bigdata.sort.order import first, leading_zeros, pair, second

Pairs = NDArray[np.complex128]
Table = NDArray[np.uint16]
FANOUT_BITS: Final = np.uint64(6)
FANOUT: Final = 1 << 6
DIVIDED: Final = np.uint64(1 << 15)
"""Entries from here on: this cell is divided, and its cells are this piece of the table."""
MOST_DIVIDED: Final = 1024
INSIDE: Final = np.uint64((1 << 16) - 1)
"""An entry: a bound lies inside this cell."""
ROOT: Final = np.uint64(MOST_DIVIDED * FANOUT)
"""Where the cells begin that are not pieces of others."""
MOST_BUCKETS: Final = 1 << 12
_FAST: Final[Any] = {"cache": True, "error_model": "numpy", "nogil": True}


class Plan(NamedTuple):
    """The buckets: their bounds, the least key of the sample, and the table of the cells."""

    bounds: Pairs  # (buckets - 1,), rising
    table: Table
    low: np.uint64
    fraction: np.uint64
    """Bits of a distance below its highest one that choose its cell."""


PLAN: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (types.complex128[::1], types.uint16[::1], types.uint64, types.uint64), Plan
)


def empty_table(fraction: int) -> Table:
    """Room for all cells."""
    return np.zeros(int(ROOT) + ((64 - fraction + 1) << fraction), np.uint16)


@njit("b1(c16, c16)", **_FAST)
def below(one: Any, other: Any) -> bool:
    """Whether a pair is smaller than another, its place included."""
    if first(one) != first(other):
        return bool(first(one) < first(other))
    return bool(second(one) < second(other))


@njit("u8(c16[::1], c16)", **_FAST)
def search(bounds: Pairs, row: Any) -> Any:
    """The bucket of a row: how many bounds are not above it."""
    low, high = np.uint64(0), np.uint64(bounds.size)
    while low < high:
        middle = (low + high) >> np.uint64(1)
        if below(row, bounds[middle]):
            high = middle
        else:
            low = middle + np.uint64(1)
    return low


@njit("u8(u8, u8)", **_FAST)
def distance_of(key: Any, low: Any) -> Any:
    """How far a key lies above low; 0 for all below it."""
    return key - low if key > low else np.uint64(0)


@njit("u8(u8, u8)", **_FAST)
def width_of(distance: Any, fraction: Any) -> Any:
    """The width of a cell as a power of two."""
    return np.uint64(63) - leading_zeros(distance | (np.uint64(1) << fraction)) - fraction


@njit("u8(u8, u8, u8)", **_FAST)
def cell_of(distance: Any, width: Any, fraction: Any) -> Any:
    """The place of a cell in the table."""
    return ROOT + (width << fraction) + (distance >> width)


@njit("u8(u8)", **_FAST)
def finer(width: Any) -> Any:
    """The width of the cells that a cell of this width is divided into."""
    return max(width, FANOUT_BITS) - FANOUT_BITS


@njit("u8(u8, u8, u8)", **_FAST)
def cell_within(piece: Any, distance: Any, width: Any) -> Any:
    """The place in the table of a cell of the piece that a cell of that width is divided into."""
    rest = distance & ((np.uint64(1) << width) - np.uint64(1))
    return (piece << FANOUT_BITS) + (rest >> finer(width))


@njit("UniTuple(u8, 2)(u8, u8, u2[::1])", **_FAST)
def leaf(distance: Any, fraction: Any, table: Table) -> Any:
    """The width of the cell, not divided, of a distance, and its place in the table."""
    width = width_of(distance, fraction)
    at = cell_of(distance, width, fraction)
    entry = np.uint64(table[at])
    while DIVIDED <= entry < INSIDE:
        at = cell_within(entry - DIVIDED, distance, width)
        width = finer(width)
        entry = np.uint64(table[at])
    return width, at


@njit("u8(u8, u8, u2[::1], u8, u8, c16[::1])", **_FAST)
def bucket_of(key: Any, place: Any, table: Table, low: Any, fraction: Any, bounds: Pairs) -> Any:
    """The bucket of a row with these two words; the rest is the plan, unpacked before a loop."""
    distance = distance_of(key, low)
    width = width_of(distance, fraction)
    entry = np.uint64(table[cell_of(distance, width, fraction)])
    while entry >= DIVIDED:
        if entry == INSIDE:
            return search(bounds, pair(key, place))
        entry = np.uint64(table[cell_within(entry - DIVIDED, distance, width)])
        width = finer(width)
    return entry


@njit("i8(c16[::1], u8, u8, i8, u2[::1], u8[:,::1])", **_FAST)
def divide_cells(
    sample: Pairs, low: Any, fraction: Any, most: int, table: Table, pieces: NDArray[np.uint64]
) -> int:
    """Divide the cells with more rows of the sample than most; how many were.

    sample : sorted. pieces : (MOST_DIVIDED, 4), of each divided cell: the least distance in it, its
    width, and which rows of the sample lie in it.
    """
    divided = 0
    for level in range(-1, MOST_DIVIDED):
        if level >= divided:
            break
        i: Any = 0
        stop: Any = sample.size
        if level >= 0:
            i, stop = np.int64(pieces[level, 2]), np.int64(pieces[level, 3])
        while i < stop:
            distance = distance_of(first(sample[i]), low)
            if level < 0:
                width = width_of(distance, fraction)
                at = cell_of(distance, width, fraction)
            else:
                at = cell_within(np.uint64(level), distance, pieces[level, 1])
                width = finer(pieces[level, 1])
            end = distance | ((np.uint64(1) << width) - np.uint64(1))
            j = i + 1
            while j < stop and distance_of(first(sample[j]), low) <= end:
                j += 1
            if j - i > most and width > 0 and divided < MOST_DIVIDED:
                pieces[divided, 0], pieces[divided, 1] = (distance >> width) << width, width
                pieces[divided, 2], pieces[divided, 3] = i, j
                table[at] = DIVIDED + np.uint64(divided)
                divided += 1
            i = j
    return divided


@njit("i8(i8, u8, u8, u8, u8, c16[::1], u2[::1])", **_FAST)
def enter(
    passed: int, at: Any, start: Any, width: Any, low: Any, bounds: Pairs, table: Table
) -> int:
    """Write the bucket of the cell that begins at a distance, unless it is divided.

    passed : so many bounds, or fewer, are not above its beginning; returns that number.
    """
    begin = pair(low + start if start else np.uint64(0), np.uint64(0))
    while passed < bounds.size and not below(begin, bounds[passed]):
        passed += 1
    if np.uint64(table[at]) < DIVIDED:
        table[at] = passed
        if passed < bounds.size:
            distance = distance_of(first(bounds[passed]), low)
            if distance >> width == start >> width:
                table[at] = INSIDE
    return passed


@njit("void(c16[::1], u2[::1], u8, u8, u8[:,::1])", **_FAST)
def tabulate(
    bounds: Pairs, table: Table, low: Any, fraction: Any, pieces: NDArray[np.uint64]
) -> None:
    """Write the bucket of every cell into the table. pieces : those of the divided cells."""
    passed: Any = 0
    for one in range(table.size - np.int64(ROOT)):
        width = max(np.uint64(one) >> fraction, np.uint64(1)) - np.uint64(1)
        start = (np.uint64(one) - (width << fraction)) << width
        if start > ~low:
            break
        passed = enter(passed, ROOT + np.uint64(one), start, width, low, bounds, table)
    for piece in range(len(pieces)):
        start, width = pieces[piece, 0], pieces[piece, 1]
        step = finer(width)
        passed = 0
        if start:
            passed = np.int64(search(bounds, pair(low + start, np.uint64(0))))
        for one in range(1 << (width - step)):
            at = np.uint64(piece * FANOUT + one)
            begin = start + (np.uint64(one) << step)
            passed = enter(passed, at, begin, step, low, bounds, table)
