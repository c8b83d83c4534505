"""Groups of rows by strings: a table of strings, each with the number of its aggregate.

The table (`kernels._support.string_table`) compares bytes, never hashes alone. The word `KEY` of an
aggregate holds the hash of its string, which says what rank owns it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.address import prefetch
from kernels._support.dataset.column import Strings
from kernels._support.memory import aligned
from kernels._support.string_table import (
    LENGTH,
    LONG,
    STATE,
    TABLE,
    VALUE,
    Entries,
    StringTable,
    hash_of,
    key,
    key_of,
    place,
)
from kernels.bigdata.groupby.parted import Words
from kernels.bigdata.groupby.table import SETTLED, add_aggregate, add_value, begin, settle

Bytes = NDArray[np.uint8]
_AHEAD: Final = 16
"""Entries that are asked for together, before any of them is looked at."""
_ENTRY_B: Final = 32
_WORDS: Final = types.int64[:, ::1]
_COMPILED: Final[Any] = {"cache": True, "error_model": "numpy", "nogil": True}


@njit(types.int64(TABLE, types.uint64, types.uint64, _WORDS), **_COMPILED)
def _group(table: Any, slot: Any, bits: Any, aggregates: Words) -> Any:
    """The number of the aggregate of an entry; a new one begins its own. bits : its hash."""
    number: Any = np.int64(table.entries[slot, STATE] & np.uint64(VALUE))
    if number == 0:
        number = table.used[0]
        table.entries[slot, STATE] |= np.uint64(number)
        begin(aggregates[number - 1], bits)
    return number - 1


@njit(types.void(TABLE, types.int64, types.int64[::1], types.int64[::1], _WORDS), **_COMPILED)
def _add_rows(table: Any, base: Any, starts: Words, values: Words, aggregates: Words) -> None:
    """Add values[i] to the group of the bytes starts[i] to starts[i + 1] from address base on.

    The table has room for them. An address, as data that are read may be read-only.
    """
    entries: Any = table.entries.ctypes.data
    mask = np.uint64(len(table.entries) - 1)
    for first in range(0, values.size, _AHEAD):
        last = min(first + _AHEAD, values.size)
        for i in range(first, last):
            bits = hash_of(key(base + starts[i], starts[i + 1] - starts[i]))
            prefetch(entries + _ENTRY_B * np.int64(bits & mask))
        for i in range(first, last):
            found = key(base + starts[i], starts[i + 1] - starts[i])
            slot = place(table, found, base + starts[i])
            add_value(aggregates, _group(table, slot, hash_of(found), aggregates), values[i])


@njit(types.void(TABLE, types.uint64[:, ::1], types.uint8[::1], _WORDS, _WORDS), **_COMPILED)
def _add_groups(
    table: Any, entries: Entries, text: Bytes, others: Words, aggregates: Words
) -> None:
    """Add others[i] to the group of the string of entries[i]; text : the bytes of long ones."""
    address: Any = text.ctypes.data
    for i in range(len(entries)):
        found = key_of(entries[i])
        slot = place(table, found, address)
        add_aggregate(aggregates, _group(table, slot, hash_of(found), aggregates), others[i])
        if found[3] == LONG:
            address += np.int64(entries[i, LENGTH])


class Groups:
    """The groups that a thread has seen, or that a rank owns. width : words of an aggregate."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.strings = StringTable()
        self._aggregates = aligned((0, width), np.int64)
        self._unsettled = 0

    @property
    def aggregates(self) -> Words:
        """Of all groups, settled."""
        used = self.strings.strings
        settle(self._aggregates, used)
        return self._aggregates[:used]

    @property
    def allocated_B(self) -> int:
        """Bytes of all of it."""
        return self.strings.allocated_B + self._aggregates.nbytes

    def add_rows(self, strings: Strings, first: int, last: int, values: Words) -> None:
        """The rows first .. last - 1."""
        starts = strings.starts[first : last + 1]
        self._reserve(last - first, int(starts[-1] - starts[0]))
        self._unsettled += last - first
        if self._unsettled > SETTLED:
            settle(self._aggregates, self.strings.strings)
            self._unsettled = last - first
        table = self.strings.table
        _add_rows(table, strings.data.ctypes.data, starts, values[first:last], self._aggregates)

    def add_groups(self, entries: Entries, text: Bytes, others: Words) -> None:
        """Groups of other ranks, as they were packed."""
        self._reserve(len(entries), text.size)
        _add_groups(self.strings.table, entries, text, others, self._aggregates)

    def clear(self) -> None:
        """Forget all groups, keep the memory."""
        self.strings.clear()

    def _reserve(self, groups: int, text_B: int) -> None:
        if groups > self.strings.room() or text_B:
            self.strings.reserve(groups, text_B)
        need = self.strings.strings + groups
        if need > len(self._aggregates):
            grown = aligned((2 * need, self._aggregates.shape[1]), np.int64)
            grown[: self.strings.strings] = self._aggregates[: self.strings.strings]
            self._aggregates = grown
