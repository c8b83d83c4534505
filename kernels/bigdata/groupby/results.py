"""The aggregates that a rank owns in the end, in memory or in a file."""

from __future__ import annotations

from collections.abc import Iterator

from kernels._support.memory import aligned
from kernels._support.scratch import Spill
from kernels.bigdata.groupby.parted import Words

CHUNK = 2**16
"""Aggregates that are read back at once."""


class Results:
    """Appended round by round. size : how many there are."""

    def __init__(self, width: int, spill: Spill | None = None) -> None:
        """Spill : a file of words for them; without one they stay in memory."""
        self._width, self._spill = width, spill
        self._kept: list[Words] = []
        self.size = 0

    def append(self, aggregates: Words) -> None:
        """Those of more partitions; they are copied."""
        self.size += len(aggregates)
        if self._spill is not None:
            self._spill.append(aggregates)
        else:
            copy = aligned(aggregates.shape, aggregates.dtype)
            copy[:] = aggregates
            self._kept.append(copy)

    def chunks(self) -> Iterator[Words]:
        """All of them, in the order of the partitions."""
        yield from self._kept
        if self._spill is not None:
            for first in range(0, self.size, CHUNK):
                out = aligned((min(CHUNK, self.size - first), self._width), "i8")
                self._spill.read(first * self._width, out)
                yield out
