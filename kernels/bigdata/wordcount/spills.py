"""Words with their counts in files, in parts that are read one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.memory import aligned
from kernels._support.scratch import Scratch
from kernels._support.string_table import (
    LENGTH,
    LONG,
    STATE,
    TAG_BITS,
    Entries,
    StringTable,
    packed,
)
from kernels.bigdata.wordcount.count import add_entries
from kernels.contract import CannotRun

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

PARTS: Final = 128
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
"""Parts have nothing to do with ranks: each has words of every rank."""
_PIECE: Final = 2**13
"""Entries that are read at once."""
_IN_TABLE: Final = 4
"""A table takes up to so many times the bytes of its entries."""


class Spills:
    """Packed tables, `PARTS` parts of two files each: entries, and bytes of long words."""

    def __init__(self, scratch: Scratch) -> None:
        self._entries = [scratch.spill(np.uint64) for _ in range(PARTS)]
        self._text = [scratch.spill(np.uint8) for _ in range(PARTS)]

    def add(self, tables: Sequence[StringTable]) -> None:
        """Append what is in these tables."""
        entries, text, amounts = packed(tables, _FACTOR, PARTS)
        ends = np.cumsum(amounts, axis=0)
        for part, ((last, end), (number, size)) in enumerate(zip(ends, amounts, strict=True)):
            if number:
                self._entries[part].append(entries[last - number : last])
            if size:
                self._text[part].append(text[end - size : end])

    def read(self, part: int) -> tuple[Entries, NDArray[np.uint8]]:
        """All of a part, as `packed` writes it; a word may be there several times."""
        entries = aligned((self._entries[part].items // 4, 4), np.uint64)
        text = aligned(self._text[part].items, np.uint8)
        self._entries[part].read(0, entries)
        self._text[part].read(0, text)
        return entries, text

    def rounds(self, comm: Intracomm, limit_B: int) -> Iterator[list[int]]:
        """Consecutive parts that fit together into tables of limit_B on every rank. Collective.

        A part that may be too large is alone: most of its words may be there many times.
        """
        sizes = np.array(
            [
                _IN_TABLE * (8 * entries.items + text.items)
                for entries, text in zip(self._entries, self._text, strict=True)
            ],
            np.int64,
        )
        comm.Allreduce(MPI.IN_PLACE, sizes, op=MPI.MAX)
        together: list[int] = []
        for part in range(PARTS):
            if together and sizes[together].sum() + sizes[part] > limit_B:
                yield together
                together = []
            together.append(part)
        yield together

    def load(self, parts: Sequence[int], tables: Sequence[StringTable], limit_B: int) -> None:
        """Add up parts in these tables, each part in one of them.

        limit_B : of a table; CannotRun where its different words need more.
        """
        for at, part in enumerate(parts):
            self._load(part, tables[at % len(tables)], limit_B)

    def _load(self, part: int, table: StringTable, limit_B: int) -> None:
        total, place = self._entries[part].items // 4, 0
        for at in range(0, total, _PIECE):
            entries = np.empty((min(_PIECE, total - at), 4), np.uint64)
            self._entries[part].read(4 * at, entries)
            long = entries[:, STATE] >> np.uint64(TAG_BITS) == LONG
            text = np.empty(int(entries[long, LENGTH].sum()), np.uint8)
            self._text[part].read(place, text)
            place += text.size
            need_B = table.needed_B(len(entries), text.size)
            if need_B and table.allocated_B + need_B > limit_B:
                found = f"a part of the different words needs {need_B} B more, of {limit_B} B"
                raise CannotRun("memory", found, fix="a larger --set memory=")
            table.reserve(len(entries), text.size)
            add_entries(entries, text.ctypes.data, table.table)
