"""Words with their counts in files, in parts that are read one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.memory import aligned
from kernels._support.scratch import Scratch
from kernels._support.string_table import Entries, StringTable, packed
from kernels.bigdata.wordcount.count import add_entries
from kernels.contract import CannotRun

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

PARTS: Final = 128
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
"""Parts have nothing to do with ranks: each has words of every rank."""
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
        """Consecutive parts that fit together into tables of limit_B on every rank. Collective."""
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
            if sizes[part] > limit_B:
                found = f"a part of the words needs {sizes[part]} B, there are {limit_B} B"
                raise CannotRun("memory", found, fix="a larger --set memory=")
            if sizes[together].sum() + sizes[part] > limit_B:
                yield together
                together = []
            together.append(part)
        yield together

    def load(self, parts: Sequence[int], tables: Sequence[StringTable]) -> None:
        """Add up parts in these tables, each part in one of them."""
        for at, part in enumerate(parts):
            entries, text = self.read(part)
            table = tables[at % len(tables)]
            table.reserve(len(entries), text.size)
            add_entries(entries, text.ctypes.data, table.table)
