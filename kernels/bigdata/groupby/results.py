"""The aggregates that a rank owns in the end, in memory or in a file.

In memory they take the blocks of the rows that were aggregated, as far as those reach: rows and
aggregates of the same partitions are never there both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from kernels._support.memory import aligned
from kernels._support.scratch import Spill
from kernels.bigdata.groupby.parted import Parted, Words, nothing
from kernels.bigdata.groupby.split import BLOCK_WORDS, blocks

CHUNK: Final = 2**16
"""Aggregates that are read back at once."""


@dataclass(frozen=True)
class _Kept:
    """Aggregates in some blocks, as many as fit into each, and the rest behind each other.

    memory : (any, BLOCK_WORDS); used : which blocks of it; rest : (n, width).
    """

    memory: Words
    used: Words
    rest: Words


class Results:
    """Appended round by round. size : how many there are."""

    def __init__(self, width: int, spill: Spill | None = None) -> None:
        """Spill : a file of words for them; without one they stay in memory."""
        self._width, self._spill = width, spill
        self._in_block = BLOCK_WORDS // width
        self._kept: list[_Kept] = []
        self.size = 0

    def append(self, aggregates: Words, spent: Parted | None = None) -> None:
        """Those of more partitions; they are copied. spent : rows whose blocks they may take."""
        self.size += len(aggregates)
        if self._spill is not None:
            self._spill.append(aggregates)
        else:
            self._kept.append(self._keep(aggregates, nothing(2, 0) if spent is None else spent))

    def chunks(self) -> Iterator[Words]:
        """Copies of all of them, in the order of the partitions."""
        for kept in self._kept:
            for first in range(0, kept.used.size, CHUNK // self._in_block):
                some = kept.memory[kept.used[first : first + CHUNK // self._in_block]]
                words = some[:, : self._in_block * self._width]
                yield words.reshape(-1, self._width)
            for first in range(0, len(kept.rest), CHUNK):
                yield kept.rest[first : first + CHUNK].copy()
        if self._spill is not None:
            for first in range(0, self.size, CHUNK):
                out = aligned((min(CHUNK, self.size - first), self._width), "i8")
                self._spill.read(first * self._width, out)
                yield out

    def _keep(self, aggregates: Words, spent: Parted) -> _Kept:
        memory, free = blocks(spent)
        used = free[: len(aggregates) // self._in_block]
        size = used.size * self._in_block
        words = self._in_block * self._width
        memory[used, :words] = aggregates[:size].reshape(used.size, words)
        rest = aligned((len(aggregates) - size, self._width), np.int64)
        rest[:] = aggregates[size:]
        return _Kept(memory, used, rest)
