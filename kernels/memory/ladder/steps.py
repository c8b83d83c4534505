"""The rungs of the ladder: which working sets, how they are cut into arrays, how often swept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

SMALLEST_B: Final = 2**13
"""The smallest working set, B."""
BLOCK_B: Final = 512
"""Arrays are whole blocks: the bytes of each array that one turn of an inner loop sweeps."""
SWEPT_B: Final = 2**27
"""Bytes of a call, if a whole number of sweeps makes as many: half a millisecond in level 1."""
LINE_B: Final = 64
ELEMENT_B: Final = 8
SHIFTS: Final = 16
"""Arrays that are read begin up to so many lines later, from call to call."""
_LARGE_B: Final = 2**21
"""Rows of arrays this long begin a huge page of their own."""
_COLOUR_B: Final = 2**16
"""What two large arrays of one buffer lie apart modulo a huge page (see `memory.aligned`)."""
NONTEMPORAL: Final = "_nontemporal"
IN_MEMORY: Final = 4
"""Working sets of so many shares of the last-level cache are in memory: STREAM's rule."""
READS: Final = {"load": 1, "store": 0, "copy": 1, "triad": 2}
WRITES: Final = {"load": 0, "store": 1, "copy": 1, "triad": 1}
FLOP: Final = {"load": 0, "store": 0, "copy": 0, "triad": 2}
"""For an element."""


@dataclass(frozen=True)
class Step:
    """A point of a curve: an operation on arrays of ``set_B`` bytes together, on each thread."""

    operation: str
    set_B: int
    past_caches: bool = False

    @property
    def curve(self) -> str:
        """Name of the curve: the operation, and how it stores if not as usual."""
        return self.operation + NONTEMPORAL * self.past_caches

    @property
    def name(self) -> str:
        """``load_32KiB``."""
        for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
            if self.set_B % scale == 0:
                return f"{self.curve}_{self.set_B // scale}{unit}"
        return f"{self.curve}_{self.set_B}B"

    @property
    def arrays(self) -> int:
        """Arrays of the working set."""
        return READS[self.operation] + WRITES[self.operation]

    @property
    def blocks(self) -> int:
        """Blocks of an array."""
        return self.set_B // (self.arrays * BLOCK_B)

    @property
    def items(self) -> int:
        """Elements of an array."""
        return self.blocks * BLOCK_B // ELEMENT_B

    @property
    def passes(self) -> int:
        """Sweeps of a call."""
        return max(1, SWEPT_B // (self.arrays * self.blocks * BLOCK_B))

    @property
    def second(self) -> int:
        """Elements from the first array that is read to the second."""
        array_B = self.blocks * BLOCK_B
        if array_B < _LARGE_B:
            return self.items
        return (-(-array_B // _LARGE_B) * _LARGE_B + _COLOUR_B) // ELEMENT_B

    @property
    def source_items(self) -> int:
        """Elements of the buffer from which it reads, the furthest shift included."""
        last = self.second if READS[self.operation] == 2 else 0
        return last + self.items + SHIFTS * LINE_B // ELEMENT_B


def sizes(largest_B: int) -> list[int]:
    """Working sets up to the largest: powers of two, and one and a half times these."""
    powers = (SMALLEST_B << i for i in range(64))
    both = (size for power in powers for size in (power, power + power // 2))
    return list(takewhile(lambda size: size <= largest_B, both))


def steps(largest_B: int, cache_B: int) -> list[Step]:
    """All points, curve after curve, each from its largest working set down to its smallest.

    The results of a curve overlap: each step leaves to be seen what the next does not overwrite.
    Past the caches only what lies in memory is written. cache_B : a thread's share of the last
    level.
    """
    downwards = sizes(largest_B)[::-1]
    plain = [Step(one, size) for one in READS for size in downwards]
    in_memory = [size for size in downwards if size >= IN_MEMORY * cache_B]
    return plain + [Step(one, size, True) for one in READS if WRITES[one] for size in in_memory]


def rows(items: int) -> int:
    """Elements from one thread's array to the next: large ones share no huge page."""
    pitch_B = _LARGE_B if items * ELEMENT_B >= _LARGE_B else BLOCK_B
    return -(-items * ELEMENT_B // pitch_B) * pitch_B // ELEMENT_B


def buffers(steps: Iterable[Step]) -> dict[str, int]:
    """Elements a thread of each buffer: ``source``, which all read, and one a curve that writes."""
    found = {"source": 0}
    for one in steps:
        if READS[one.operation]:
            found["source"] = max(found["source"], rows(one.source_items))
        if WRITES[one.operation]:
            found[one.curve] = max(found.get(one.curve, 0), rows(one.items))
    return found
