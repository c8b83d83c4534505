"""A Cartesian grid of ranks over a box of points, and the part of the box that a rank owns."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kernels._support.blocks import Block, block, largest
from kernels.contract import IllegalParameter

Shape = tuple[int, int, int]
"""Counts along z, y, x; x is contiguous in memory."""


def rank_grid(points: Shape, ranks: int) -> Shape:
    """The grid of ranks whose fullest block, halo included, is the smallest.

    That balances the load and keeps the surface small. Of equal grids the one that cuts z, then
    y, rather than x is taken: their faces are contiguous in memory.
    """
    return min(_grids(ranks), key=lambda grid: (_padded(points, grid), grid[2], grid[1]))


def fullest(points: Shape, grid: Shape) -> Shape:
    """Shape of the fullest block."""
    z, y, x = (largest(n, parts) for n, parts in zip(points, grid, strict=True))
    return z, y, x


def _padded(points: Shape, grid: Shape) -> int:
    return math.prod(size + 2 for size in fullest(points, grid))


def _grids(ranks: int) -> Iterator[Shape]:
    for z in _divisors(ranks):
        for y in _divisors(ranks // z):
            yield z, y, ranks // z // y


def grown(edges: Mapping[str, int], factor: int) -> dict[str, int]:
    """The edges of a box of ``factor`` times the points, as near to a cube as whole factors allow.

    The shortest edge, the first of equal ones, grows by each prime factor, the largest first.
    """
    found = dict(edges)
    for prime in reversed(_primes(factor)):
        found[min(found, key=lambda name: found[name])] *= prime
    return found


def _primes(n: int) -> list[int]:
    """The prime factors of n, the smallest first."""
    for one in range(2, math.isqrt(n) + 1):
        if n % one == 0:
            return [one, *_primes(n // one)]
    return [n] if n > 1 else []


def _divisors(n: int) -> list[int]:
    low = [d for d in range(1, math.isqrt(n) + 1) if n % d == 0]
    return sorted({*low, *(n // d for d in low)})


@dataclass(frozen=True)
class Part:
    """What one rank owns of a box of points, and who owns the parts beside it."""

    blocks: tuple[Block, Block, Block]  # along z, y, x
    neighbours: tuple[tuple[int | None, int | None], ...]  # below and above along z, y, x

    @property
    def shape(self) -> Shape:
        """Points along z, y, x; one of them is zero where the rank owns nothing."""
        z, y, x = (one.size for one in self.blocks)
        return z, y, x

    @property
    def empty(self) -> bool:
        """The rank owns no point."""
        return 0 in self.shape


def part(
    points: Shape,
    grid: Shape,
    rank: int,
    periodic: tuple[bool, bool, bool] = (False, False, False),
) -> Part:
    """The part of one rank; ranks run through the grid along x first.

    periodic : along z, y, x: the last block's neighbour is the first, which may be the same.
    """
    place = rank // (grid[1] * grid[2]), rank // grid[2] % grid[1], rank % grid[2]
    z, y, x = (block(*one) for one in zip(points, grid, place, strict=True))
    blocks = z, y, x
    if 0 in (z.size, y.size, x.size):
        return Part(blocks, ((None, None),) * 3)
    strides = grid[1] * grid[2], grid[2], 1
    used = (min(n, parts) for n, parts in zip(points, grid, strict=True))
    axes = zip(place, used, strides, periodic, strict=True)
    return Part(blocks, tuple(_beside(rank, *one) for one in axes))


def _beside(
    rank: int, place: int, used: int, stride: int, periodic: bool
) -> tuple[int | None, int | None]:
    """The ranks before and after along one axis, of which ``used`` places own points."""
    before, after = place - 1, place + 1
    if periodic:
        before, after = before % used, after % used
    return tuple(  # type: ignore[return-value]
        rank + (one - place) * stride if 0 <= one < used else None for one in (before, after)
    )


def deepest(points: Shape, grid: Shape) -> Shape:
    """Points of the smallest block that owns any, along each axis: no halo may be deeper."""
    z, y, x = (n // min(n, parts) for n, parts in zip(points, grid, strict=True))
    return z, y, x


def largest_edge(wanted: int, memory_B: int, ranks: int, needs_B: Callable[[int], int]) -> int:
    """The wanted edge of a square or cube, or the largest whose fullest rank fits its share.

    memory_B : of all ranks; needs_B : memory of the fullest rank by edge, which never falls. Raises
    IllegalParameter for n where one point is too much.
    """
    n = bisect_right(range(1, wanted + 1), memory_B // ranks, key=needs_B)
    if n < 1:
        need = needs_B(1) * ranks
        raise IllegalParameter("n", "auto", f"{memory_B} B may be filled, n = 1 needs {need} B")
    return n
