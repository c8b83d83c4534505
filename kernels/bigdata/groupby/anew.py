"""What the check compares: rows that are read or generated anew, and results, with numbers as keys.

A string is a number here: what its digits say if it was generated, else its 64-bit FNV-1a hash
(Fowler, Noll, Vo), which the fast path does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.string_table import INLINE_B, LENGTH, LONG, STATE, TAG_BITS
from kernels.bigdata.groupby import reference
from kernels.bigdata.groupby.by_string import ByString, packed_groups
from kernels.bigdata.groupby.names import DIGITS, NAME_B, StringPart
from kernels.bigdata.groupby.parted import Words
from kernels.bigdata.groupby.table import KEY

if TYPE_CHECKING:
    from kernels.bigdata.groupby.by_integer import ByInteger
    from kernels.bigdata.groupby.cpu import State
    from kernels.bigdata.groupby.data import Data

CHUNK: Final = 2**18
"""Rows that are read at once."""
WRONG: Final = -1
"""The number of a string that cannot have been generated."""
_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_ZERO, _NINE = ord("0"), ord("9")
Bytes = NDArray[np.uint8]


@njit("i8(u1[::1], i8, i8, b1)", cache=True, error_model="numpy")
def number(data: Bytes, start: Any, size: Any, generated: bool) -> Any:
    """The number of the string data[start : start + size]."""
    if not generated:
        bits = _BASIS
        for i in range(start, start + size):
            bits = (bits ^ np.uint64(data[i])) * _PRIME
        return np.int64(bits)
    found: Any = 0
    for i in range(start + size - DIGITS, start + size):
        if size != NAME_B or not _ZERO <= data[i] <= _NINE:
            return WRONG
        found = 10 * found + (np.int64(data[i]) - _ZERO)
    return found


@njit("void(u1[::1], i8[::1], b1, i8[::1])", cache=True, error_model="numpy")
def number_strings(data: Bytes, starts: Words, generated: bool, out: Words) -> None:
    """out[i] = number of the string data[starts[i] : starts[i + 1]]."""
    for i in range(out.size):
        out[i] = number(data, starts[i], starts[i + 1] - starts[i], generated)


@njit("void(u8[:,::1], u1[:,::1], u1[::1], b1, i8[:,::1])", cache=True, error_model="numpy")
def number_entries(
    entries: NDArray[np.uint64], inline: Bytes, text: Bytes, generated: bool, out: Words
) -> None:
    """out[i, KEY] = number of the string of entries[i], of which inline[i] are the bytes."""
    place: Any = 0
    for i in range(len(entries)):
        tag = entries[i, STATE] >> np.uint64(TAG_BITS)
        if tag == LONG:
            size = np.int64(entries[i, LENGTH])
            out[i, KEY] = number(text, place, size, generated)
            place += size
        else:
            out[i, KEY] = number(inline[i], 0, min(np.int64(tag) - 1, INLINE_B), generated)


def rows_anew(data: Data, *, generated: bool) -> Iterator[tuple[Words, Words]]:
    """Keys and values of this rank, chunk by chunk."""
    keys, values = np.empty((2, CHUNK), np.int64)
    for first in range(data.own.start, data.own.stop, CHUNK):
        some = slice(min(CHUNK, data.own.stop - first))
        if isinstance(data.keys, StringPart):
            strings = data.keys.column.read(first, first + some.stop)
            number_strings(
                np.require(strings.data, requirements="W"), strings.starts, generated, keys[some]
            )
        else:
            data.keys.column.read(first, keys[some])
        data.values.column.read(first, values[some])
        yield keys[some], values[some]


def results_of(state: State, *, generated: bool) -> Iterator[tuple[Words, int]]:
    """The results of this rank in pieces, and how many keys of each are misplaced."""
    if isinstance(state, ByString):
        (entries, _), (text, _), (aggregates, _) = packed_groups([state.owned], 1)
        number_entries(entries, entries.view(np.uint8), text, generated, aggregates)
        yield aggregates, 0
        return
    before = np.empty(0, np.int64)
    for results in state.results.chunks():
        yield results, _misplaced(state, results, before)
        # Of the last partition, the next piece may hold more.
        keys = np.concatenate([before, results[:, KEY]])
        parts = reference.part(keys, state.layout.parts)
        before = keys[parts == parts[-1:]] if keys.size else keys


def _misplaced(state: ByInteger, results: Words, before: Words) -> int:
    """Keys of other ranks, and keys that are there twice; before : keys that may be repeated."""
    keys = np.ascontiguousarray(results[:, KEY])
    owners = reference.part(keys, state.layout.parts) // state.layout.m
    twice = np.diff(np.sort(np.concatenate([before, keys]))) == 0
    return int(np.sum(owners != state.comm.rank) + np.sum(twice))
