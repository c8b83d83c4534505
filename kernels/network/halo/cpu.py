"""The blocks of all edges with their exchanges, and the check by global indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kernels._support.cartesian import Part, Shape, part
from kernels._support.exchange import Exchange
from kernels._support.memory import touched
from kernels.network.halo.reference import value

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

EMPTY = -1.0
"""What a halo holds before an exchange."""


@dataclass(frozen=True)
class Block:
    """A cube of one rank. u : (n + 2 depth,) * 3, the points and the halo around them.

    points : along z, y, x, of all ranks' cubes together.
    """

    part: Part
    points: Shape
    depth: int
    u: NDArray[Any]
    exchange: Exchange

    @property
    def indices(self) -> list[NDArray[np.int64]]:
        """(n + 2 depth,) each: the global indices along z, y, x, which are periodic."""
        return [
            np.arange(own.start - self.depth, own.stop + self.depth) % points
            for own, points in zip(self.part.blocks, self.points, strict=True)
        ]

    @property
    def inside(self) -> slice:
        """The points themselves along any axis, without the halo."""
        return slice(self.depth, -self.depth)


@dataclass(frozen=True)
class State:
    """One rank: a block for each edge."""

    blocks: dict[int, Block]

    def exchange(self, n: int) -> None:
        """Fill the halo of a block."""
        block = self.blocks[n]
        block.exchange.start(block.u)
        block.exchange.finish(block.u)

    def clear(self) -> None:
        """Empty the halos."""
        for block in self.blocks.values():
            for axis in range(3):
                sides = np.moveaxis(block.u, axis, 0)
                sides[: block.depth] = sides[-block.depth :] = EMPTY

    def wrong(self, n: int, *, corners: bool) -> int:
        """Points of a block and its halo that are not what their indices say."""
        block = self.blocks[n]
        z, y, x = block.indices
        beyond = np.ones(len(z), dtype=bool)
        beyond[block.inside] = False
        found = 0
        for i, plane in enumerate(block.u):  # plane by plane: a block may fill the memory
            wrong = plane != value(z[i], y[:, None], x, block.points)
            if not corners:
                wrong &= int(beyond[i]) + beyond[:, None] + beyond <= 1
            found += int(np.count_nonzero(wrong))
        return found


def allocate(
    edges: tuple[int, ...], grid: Shape, comm: Intracomm, dtype: str, *, depth: int, corners: bool
) -> State:
    """Blocks that hold the values of their points, and empty halos."""
    state = State({n: _block(n, grid, comm, dtype, depth, corners=corners) for n in edges})
    state.clear()
    return state


def _block(n: int, grid: Shape, comm: Intracomm, dtype: str, depth: int, *, corners: bool) -> Block:
    points = points_of(n, grid)
    own = part(points, grid, comm.rank, (True, True, True))
    u = touched((n + 2 * depth,) * 3, dtype)
    exchange = Exchange(own, (depth, depth, depth), comm, dtype, corners=corners)
    block = Block(own, points, depth, u, exchange)
    z, y, x = block.indices
    for i, plane in enumerate(u):
        plane[:] = value(z[i], y[:, None], x, points)
    return block


def points_of(n: int, grid: Shape) -> Shape:
    """Points along z, y, x of all ranks' cubes together."""
    z, y, x = grid
    return n * z, n * y, n * x
