"""Aggregates of keys, and the hash table that finds them.

An aggregate is a row of words, int64: the key, the sum of its values in two words, how many they
are and, where extremes are wanted, the smallest and the largest of them. The sum is exact, in 128
bits: 2^32 HIGH + LOW, where LOW sums the lower halves of the values and HIGH their signed upper
halves. `settle` carries what LOW has too much; it must be called once in 2^31 values.

The aggregates of a table lie one behind the other as they came, ready to be sent. Its slots hold
one more than the index of an aggregate, or 0; a key is looked for from the place of its hash on
(linear probing), and there are at least `SPARE` slots for each aggregate.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.hashing import mix
from kernels.bigdata.groupby.parted import Words

Slots = NDArray[np.int32]

KEY, LOW, HIGH, COUNT, LEAST, MOST = range(6)
SUMS, ALL = 4, 6
"""Words of an aggregate without extremes, and with them."""
VALUE = 1
"""A row is a key and a value."""
SPARE: Final = 2
FEWEST_SLOTS: Final = 64
SETTLED: Final = 2**30
"""Values that may be added between two calls of `settle`, with a margin."""
_HALF = 32
_MASK = 0xFFFFFFFF
_LARGEST, _SMALLEST = np.iinfo(np.int64).max, np.iinfo(np.int64).min


@njit("u8(i4[::1], i8, i8[:,::1], i8)", cache=True, error_model="numpy")
def find(slots: Slots, size: int, table: Words, key: int) -> Any:
    """The slot of a key, among the first ``size``, a power of two; it holds 0 if the key is new."""
    mask = np.uint64(size - 1)
    slot = mix(np.uint64(key)) & mask
    while True:
        index = slots[slot]
        if index == 0 or table[np.uint32(index - 1), KEY] == key:
            return slot
        slot = (slot + np.uint64(1)) & mask


@njit("void(i8[::1], i8)", cache=True, error_model="numpy")
def begin(one: Words, key: int) -> None:
    """The aggregate of no values."""
    one[KEY], one[LOW], one[HIGH], one[COUNT] = key, 0, 0, 0
    if one.size == ALL:
        one[LEAST], one[MOST] = _LARGEST, _SMALLEST


@njit("void(i8[:,::1], i8, i8)", cache=True, error_model="numpy")
def add_value(table: Words, index: int, value: int) -> None:
    """One value more for an aggregate."""
    i = np.uint64(index)
    table[i, LOW] += value & _MASK
    table[i, HIGH] += value >> _HALF
    table[i, COUNT] += 1
    if table.shape[1] == ALL:
        table[i, LEAST] = min(table[i, LEAST], value)
        table[i, MOST] = max(table[i, MOST], value)


@njit("void(i8[:,::1], i8, i8[::1])", cache=True, error_model="numpy")
def add_aggregate(table: Words, index: int, other: Words) -> None:
    """All values of a settled aggregate of the same key more."""
    i = np.uint64(index)
    low: Any = table[i, LOW] + other[LOW]
    table[i, LOW] = low & _MASK
    table[i, HIGH] += other[HIGH] + (low >> _HALF)
    table[i, COUNT] += other[COUNT]
    if table.shape[1] == ALL:
        table[i, LEAST] = min(table[i, LEAST], other[LEAST])
        table[i, MOST] = max(table[i, MOST], other[MOST])


@njit("void(i8[:,::1], i8)", cache=True, error_model="numpy")
def settle(table: Words, used: int) -> None:
    """Every LOW into 0 .. 2^32 - 1; the sums stay what they are."""
    for i in range(used):
        table[i, HIGH] += table[i, LOW] >> _HALF
        table[i, LOW] &= _MASK


@njit("i8(i4[::1], i8, i8[:,::1], i8)", cache=True, error_model="numpy")
def index_all(slots: Slots, size: int, table: Words, used: int) -> int:
    """Fill the first ``size`` slots for the aggregates there are; returns size."""
    slots[:size] = 0
    for i in range(used):
        slots[find(slots, size, table, table[i, KEY])] = i + 1
    return size


@njit(
    "UniTuple(i8, 2)(i4[::1], i8, i8[:,::1], i8, i8[:,::1], i8[:,::1], i8[::1])",
    cache=True,
    error_model="numpy",
)
def add_rows(
    slots: Slots, size: int, table: Words, used: int, rows: Words, pieces: Words, bounds: Words
) -> tuple[int, int]:
    """Add the rows of some pieces to a table that is indexed; returns new size and used.

    pieces : ranges of rows; bounds : first of them, and one past the last. slots : at least four
    for each aggregate that may come, rounded up to a power of two.
    """
    added = 0
    for j in range(bounds[0], bounds[1]):
        added += pieces[j, 1] - pieces[j, 0]
        if added > SETTLED:
            settle(table, used)
            added = pieces[j, 1] - pieces[j, 0]
        for i in range(np.uint64(pieces[j, 0]), np.uint64(pieces[j, 1])):
            key = rows[i, KEY]
            slot = find(slots, size, table, key)
            if slots[slot] == 0:
                begin(table[used], key)
                used += 1
                slots[slot] = used
            add_value(table, slots[slot] - 1, rows[i, VALUE])
            if SPARE * used > size:
                size = index_all(slots, 2 * size, table, used)
    settle(table, used)
    return size, used


@njit(
    "UniTuple(i8, 2)(i4[::1], i8, i8[:,::1], i8[:,::1], i8[:,::1], i8[::1])",
    cache=True,
    error_model="numpy",
)
def add_aggregates(
    slots: Slots, size: int, table: Words, many: Words, pieces: Words, bounds: Words
) -> tuple[int, int]:
    """Fill an empty table, as `add_rows`, with settled aggregates."""
    used = 0
    for j in range(bounds[0], bounds[1]):
        for i in range(pieces[j, 0], pieces[j, 1]):
            slot = find(slots, size, table, many[i, KEY])
            if slots[slot] == 0:
                begin(table[used], many[i, KEY])
                used += 1
                slots[slot] = used
            add_aggregate(table, slots[slot] - 1, many[i])
            if SPARE * used > size:
                size = index_all(slots, 2 * size, table, used)
    return size, used
