"""Who owns which points, how a rank's rows are cut into strips, and how wide a tile is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kernels._support.blocks import Block, largest
from kernels._support.cartesian import Part, Shape, deepest, fullest, part

LINE_B = 64
"""Margin of a row at both ends: the halo is that part of it which lies next to the points."""
BLOCK = 4
"""Rows of an iteration done before the next iteration has its turn: 1, 2, 8 were slower."""
TILE_B = 768 * 1024
"""Rows of both fields that a tile has under way, B: they stay in a private cache of 1 MiB."""


def rank_grid(points: Shape, radius: int, ranks: int) -> Shape:
    """The grid with the smallest fullest block, of as many ranks as can have blocks deep enough.

    A halo comes from the next block alone, so that a block beside another has at least ``radius``
    points along that axis. Of equal grids the one that cuts y, whose rows are contiguous.
    """
    for used in range(ranks, 0, -1):
        grids = [(1, y, used // y) for y in range(1, used + 1) if used % y == 0]
        legal = [grid for grid in grids if _deep_enough(points, radius, grid)]
        if legal:
            return min(legal, key=lambda grid: (_padded(points, radius, grid), grid[2]))
    raise AssertionError("a single rank is always legal")


def _deep_enough(points: Shape, radius: int, grid: Shape) -> bool:
    axes = zip(points, deepest(points, grid), grid, strict=True)
    return all(parts == 1 or (parts <= n and least >= radius) for n, least, parts in axes)


def _padded(points: Shape, radius: int, grid: Shape) -> int:
    _, y, x = fullest(points, grid)
    return (y + 2 * radius) * (x + 2 * radius)


def place(points: Shape, grid: Shape, rank: int) -> Part:
    """The part of a rank; ranks beyond the grid own nothing."""
    if rank >= grid[1] * grid[2]:
        return Part((Block(0, 0), Block(0, 0), Block(0, 0)), ((None, None),) * 3)
    return part(points, grid, rank)


@dataclass(frozen=True)
class Strips:
    """Rows of a block, counted with its halo as 0, cut into strips.

    cuts : where each begins, and where the last ends. core : of strips that need no other rank's
    rows, first and one past the last; the others are the shell.
    """

    cuts: tuple[int, ...]
    core: tuple[int, int]

    @property
    def count(self) -> int:
        """Strips."""
        return len(self.cuts) - 1

    @property
    def shell(self) -> tuple[tuple[int, int], ...]:
        """The strips before and after the core."""
        return (0, self.core[0]), (self.core[1], self.count)


def strips(rows: int, radius: int, beside: tuple[int | None, int | None], threads: int) -> Strips:
    """One strip of the core for each thread, and one of ``radius`` rows beside each neighbour.

    beside : the ranks below and above, if any.
    No strip is thinner than the radius: where that leaves no core, all rows wait for the halo.
    """
    below, above = (one is not None for one in beside)
    first, last = radius * (1 + below), radius + rows - radius * above
    parts = min(threads, (last - first) // radius)
    if parts < 1:
        return Strips((radius, radius + rows), (0, 0))
    inner = [first + (last - first) * one // parts for one in range(parts + 1)]
    cuts = [*([radius] if below else []), *inner, *([radius + rows] if above else [])]
    return Strips(tuple(cuts), (int(below), int(below) + parts))


@dataclass(frozen=True)
class Sizes:
    """Shapes of the arrays of a block of rows x columns points, ``item_B`` bytes each."""

    rows: int
    columns: int
    radius: int
    depth: int
    item_B: int
    tile: int  # columns of a tile; 0: as many as `TILE_B` holds

    @property
    def margin(self) -> int:
        """Points in a cache line."""
        return LINE_B // self.item_B

    @property
    def field(self) -> tuple[int, int]:
        """Of a field: the rows with their halo, whole lines of columns between two of margin."""
        return self.rows + 2 * self.radius, self._whole(self.columns) + 2 * self.margin

    def ring(self, strips: int) -> tuple[int, int, int]:
        """Of the rows that each strip has under way, and one more to write what nobody needs."""
        return strips, self._under_way + 1, self.width + 2 * self.margin

    def borders(self, strips: int) -> tuple[int, int, int, int]:
        """Of the rows below and above each strip."""
        return strips, 2, self.radius, self.field[1]

    def edges(self, strips: int) -> tuple[int, int]:
        """Of the lines between two tiles, for all rows of a strip and those beside it."""
        return self.field[0] + 2 * self.radius * strips, self.margin

    @property
    def width(self) -> int:
        """Columns of a tile: whole lines."""
        fitting = TILE_B // (2 * self._under_way * LINE_B) * self.margin
        wanted = self._whole(self.tile) if self.tile else max(fitting, self.margin)
        return min(wanted, self._whole(self.columns))

    @property
    def _under_way(self) -> int:
        return 2 * self.radius * self.depth + BLOCK

    def _whole(self, columns: int) -> int:
        return largest(columns, self.margin) * self.margin

    def memory_B(self, strips: int) -> int:
        """Both fields, what the strips copy, and the weights."""
        rows, stride = self.field
        shapes = self.ring(strips), self.borders(strips), self.edges(strips)
        items = 2 * rows * stride + sum(math.prod(one) for one in shapes) + self.radius
        return items * self.item_B

    def messages_B(self, grid: Shape) -> int:
        """What is sent and received at both sides of each axis that is cut."""
        cut = self.columns * (grid[1] > 1) + self.rows * (grid[2] > 1)
        return 4 * self.radius * cut * self.item_B
