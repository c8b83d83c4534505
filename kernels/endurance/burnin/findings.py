"""What was found to be wrong, as lines for people: where, when, which bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import numpy as np

from kernels.endurance.burnin.words import Words

NOTED: Final = 4
"""Words of one comparison that are told one by one; the others are counted."""
_LINES: Final = 64
"""Lines that a rank tells between two questions; memory that is broken would fill the disk."""
SET_UP: Final = "set-up"
_WARM_UP: Final = "warm-up"
LAST_CHECK: Final = "last check"


def log() -> Words:
    """An empty log of a comparison: (index, found, expected) of each of `NOTED` words."""
    return np.zeros((NOTED, 3), np.uint64)


def bits(found: int, expected: int) -> str:
    """``1 bit differs, found 0x.. expected 0x.., XOR 0x..`` of two words of 64 bits."""
    flipped = found ^ expected
    count = flipped.bit_count()
    verb = "bit differs" if count == 1 else "bits differ"
    return f"{count} {verb}, found 0x{found:016x} expected 0x{expected:016x}, XOR 0x{flipped:016x}"


@dataclass
class Findings:
    """Of one rank. total : wrong words since the beginning; comparisons : how many were made."""

    total: int = 0
    comparisons: int = 0
    moment: str = SET_UP
    _lines: list[str] = field(default_factory=list)
    _left_out: int = 0
    _lock: Lock = field(default_factory=Lock)

    def begin(self, repetition: int) -> None:
        """A repetition begins; the first one warms up."""
        self.moment = f"repetition {repetition}" if repetition else _WARM_UP

    def compared(
        self, cpu: int, part: str, count: int, noted: Words, place: Callable[[int], str]
    ) -> None:
        """Take the outcome of a comparison. count : words that differ; noted : its log.

        cpu : which made it; part : of the burn-in; place : of an index in words. Any thread may
        call it.
        """
        with self._lock:
            self.comparisons += 1
            self.total += count
        listed = noted[: min(count, NOTED)].tolist()
        for n, (index, found, expected) in enumerate(listed):
            more = count - len(listed) if n == len(listed) - 1 else 0
            rest = f"; {more} more words differ" if more else ""
            self._tell(f"{self._where(cpu, part)}: {place(index)}: {bits(found, expected)}{rest}")

    def wrong(self, cpu: int, part: str, what: str) -> None:
        """Take an answer that is wrong as a whole."""
        with self._lock:
            self.total += 1
        self._tell(f"{self._where(cpu, part)}: {what}")

    def _where(self, cpu: int, part: str) -> str:
        return f"CPU {cpu}: {part}, {self.moment}"

    def _tell(self, line: str) -> None:
        if len(self._lines) < _LINES:
            self._lines.append(line)
        else:
            self._left_out += 1

    def taken(self) -> tuple[str, ...]:
        """The lines since it was last asked."""
        lines, left_out = self._lines, self._left_out
        self._lines, self._left_out = [], 0
        rest = (f"{left_out} more findings were counted and are not listed",) if left_out else ()
        return (*lines, *rest)
