"""Which points each level of a pass computes, and when: before the halos have arrived, or after.

A pass takes a block T time steps further: level s = 1..T holds the points after s steps. Two arrays
are enough, level s lies in array s mod 2, if no point of level s - 2 is overwritten before all its
neighbours of level s - 1 are computed from it.

A side of a block is a wall, beyond which the values are known for all time; or it is open, with a
halo of T points beyond it. At an open side level s is needed up to T - s points into the halo, so
that the neighbour's points are computed twice and halos are exchanged once in T steps.

The *core* of level s is computed from the block alone: it ends s points before a side whose halo
is still travelling, and extends T - s beyond one whose halo is already there (periodic, without
another rank). Between two tasks of the core, which different threads do, s - 1 points on either
side are left out. The *rest* is what the cores do not cover. It follows level by level: all
neighbours of a point of the rest of level s lie outside the cores of level s + 1, which have
overwritten level s - 1, since a core shrinks by one point a level wherever another part follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise, product

from kernels._support.cartesian import Part

Interval = tuple[int, int]
"""From a first point to one past the last, counted from the first point that the rank owns."""
Box = tuple[Interval, Interval, Interval]
"""Along z, y and x."""


@dataclass(frozen=True)
class Axis:
    """One axis of a block: its points, what lies at its two sides, and how many tasks cut it.

    travelling, extended : for the lower and the upper side, whether its halo comes from another
    rank, and whether there is one at all.
    """

    size: int
    travelling: tuple[bool, bool]
    extended: tuple[bool, bool]
    tasks: int = 1

    def whole(self, level: int, depth: int) -> Interval:
        """All that level s of a pass of ``depth`` steps needs."""
        low, high = ((depth - level) * one for one in self.extended)
        return -low, self.size + high

    def cores(self, level: int, depth: int) -> list[Interval]:
        """What each task computes of level s before halos arrive; it may be empty."""
        low, high = self.whole(level, depth)
        low = level if self.travelling[0] else low
        high = self.size - level if self.travelling[1] else high
        cuts = [self.size * one // self.tasks for one in range(1, self.tasks)]
        ends = [low, *cuts, high]
        gaps = [0, *[level - 1] * len(cuts), 0]
        return [
            (max(low, start + before), min(high, stop - after))
            for (start, stop), (before, after) in zip(pairwise(ends), pairwise(gaps), strict=True)
        ]


def axes(part: Part, rank: int, tasks: tuple[int, int]) -> tuple[Axis, Axis, Axis]:
    """The axes of a rank's block, cut into so many tasks along z and y."""
    z, y, x = (
        Axis(
            size,
            (below not in (None, rank), above not in (None, rank)),
            (below is not None, above is not None),
            count,
        )
        for size, (below, above), count in zip(
            part.shape, part.neighbours, (*tasks, 1), strict=True
        )
    )
    return z, y, x


def cores(block: tuple[Axis, Axis, Axis], level: int, depth: int) -> list[Box]:
    """One box for each task, by z and then y."""
    z, y, x = (one.cores(level, depth) for one in block)
    return list(product(z, y, x))


def rest(block: tuple[Axis, Axis, Axis], level: int, depth: int) -> list[Box]:
    """What is left of level s beside the cores: disjoint boxes, none of them empty."""
    whole_z, whole_y, whole_x = (one.whole(level, depth) for one in block)
    found: list[Box] = []
    z, y, (x, *_) = (one.cores(level, depth) for one in block)
    if _empty(x) or all(map(_empty, z)) or all(map(_empty, y)):
        found = [(whole_z, whole_y, whole_x)]
    else:
        found += [(gap, whole_y, whole_x) for gap in _between(whole_z, z)]
        slabs = [one for one in z if not _empty(one)]
        found += [(slab, gap, whole_x) for slab in slabs for gap in _between(whole_y, y)]
        found += [
            (slab, column, gap)
            for slab in slabs
            for column in y
            for gap in _between(whole_x, [x])
            if not _empty(column)
        ]
    return [one for one in found if not any(map(_empty, one))]


def split(planes: int, rows: int, threads: int, depth: int) -> tuple[int, int]:
    """Tasks along z and y, one for each thread, with the least left between them.

    Of equal choices the one that cuts z is taken: a task's points then lie together.
    """

    def left(slabs: int) -> tuple[bool, int, int]:
        columns = threads // slabs
        thin = planes < 2 * depth * slabs or rows < 2 * depth * columns
        return thin, (slabs - 1) * rows + (columns - 1) * planes, columns

    slabs = min((one for one in range(1, threads + 1) if threads % one == 0), key=left)
    return slabs, threads // slabs


def _empty(one: Interval) -> bool:
    return one[1] <= one[0]


def _between(whole: Interval, parts: Iterable[Interval]) -> list[Interval]:
    """What the parts leave of the whole; they are in order."""
    inner = [one for one in parts if not _empty(one)]
    ends = [whole[0], *(end for one in inner for end in one), whole[1]]
    return [one for one in zip(ends[::2], ends[1::2], strict=True) if not _empty(one)]
