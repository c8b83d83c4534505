"""The Jacobi sweep in Numba: threads split z and y, tiles stay in the caches of a core.

A point is always summed in the same order: the result has the same bits for both variants, every
number of ranks and threads and every tile, and those of the NumPy twin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import get_num_threads, njit, prange
from numpy.typing import NDArray

from kernels._support.cartesian import Part, Shape
from kernels._support.exchange import Exchange
from kernels._support.memory import aligned
from kernels._support.pinning import Pinned
from kernels.contract import UNWATCHED, Watch
from kernels.stencil.jacobi3d import levels
from kernels.stencil.jacobi3d.layout import Layout
from kernels.stencil.jacobi3d.tiles import Tile
from kernels.stencil.jacobi3d.wavefront import Boxes, update_cores, update_rest

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Array = NDArray[Any]
Axis = NDArray[np.float64]


@njit(
    [
        f"void({real}[:,:,::1], UniTuple(i8, 3), f8[::1], f8[::1], f8[::1], i8, i8)"
        for real in ("f8", "f4")
    ],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def fill(
    u: Array, first: Shape, along_z: Axis, along_y: Axis, along_x: Axis, slabs: int, columns: int
) -> None:
    """Fill u with the product of the three waves from point ``first`` on, split as the tasks."""
    planes, rows = along_z.size, along_y.size
    for task in prange(slabs * columns):
        slab, column = task // columns, task % columns
        for z in range(planes * slab // slabs, planes * (slab + 1) // slabs):
            for y in range(rows * column // columns, rows * (column + 1) // columns):
                factor = along_z[z] * along_y[y]
                row = u[first[0] + z, first[1] + y, first[2] : first[2] + along_x.size]
                for x in range(row.size):
                    row[x] = factor * along_x[x]


@njit(
    [
        f"f8({real}[:,:,::1], UniTuple(i8, 3), f8[::1], f8[::1], f8[::1], f8)"
        for real in ("f8", "f4")
    ],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def largest_deviation(
    u: Array, first: Shape, along_z: Axis, along_y: Axis, along_x: Axis, factor: float
) -> float:
    """Largest |u - factor times the product of the waves|; infinity if a point is not a number."""
    worst = np.zeros(along_z.size + 1)
    for z in prange(along_z.size):
        most = 0.0
        for y in range(along_y.size):
            mode = along_z[z] * along_y[y]
            row = u[first[0] + z, first[1] + y, first[2] : first[2] + along_x.size]
            for x in range(row.size):
                off = abs(row[x] - factor * (mode * along_x[x]))
                if not off <= most:
                    most = off if off == off else np.inf  # noqa: PLR0124 - the NaN test
        worst[z] = most
    return float(worst.max())


@dataclass(frozen=True)
class Stencil:
    """What is computed at a point, and how it is stored."""

    points: int  # 7 or 27
    scale: np.floating  # of the weighted sum, of the type of the field
    past_caches: bool


@dataclass(frozen=True)
class Field:
    """A block with its halo. ``whole``: with the padding of its rows."""

    whole: Array  # (z + 2 dz, y + 2 dy, pitch)
    padded: Array  # (z + 2 dz, y + 2 dy, x + 2 dx)
    owned: Array  # (z, y, x)

    @property
    def address(self) -> int:
        """Of the first owned point, a multiple of 64 B."""
        return int(self.owned.ctypes.data)


@dataclass(frozen=True)
class Pass:
    """The boxes of a pass: all levels of each task, and what each level leaves."""

    cores: Boxes  # (tasks, T, 6)
    rests: tuple[Boxes, ...]  # T times (k, 6)


@dataclass
class State:
    """The block of one rank, and how it is advanced."""

    fields: tuple[Field, Field]  # now, and the other array
    waves: tuple[Axis, Axis, Axis]  # (z,), (y,), (x,): factors of the initial field
    layout: Layout
    part: Part
    exchange: Exchange
    stencil: Stencil
    depth: int
    tile: Tile
    tasks: tuple[int, int]  # along z and y
    pinned: Pinned
    passes: dict[int, Pass] = field(default_factory=dict)  # by the number of their steps
    watch: Watch = UNWATCHED

    @property
    def u(self) -> Array:
        """The owned points of the field, (z, y, x)."""
        return self.fields[0].owned

    def sweep(self, steps: int) -> None:
        """``steps`` Jacobi steps, ``depth`` of them in a pass through memory."""
        self.watch.note("tile rows", float(self.tile[0]))
        self.watch.note("tile points along x", float(self.tile[1]))
        for done in range(0, steps, self.depth):
            if not self.part.empty:
                self.advance(min(self.depth, steps - done))
            reached = min(done + self.depth, steps)
            self.watch.progress(reached, steps, reached / steps)

    def advance(self, depth: int) -> None:
        """One pass: what needs no other rank while the halos travel, then the rest."""
        one, now = self.passes[depth], self.fields[0].padded
        self.exchange.start(now)
        self.watch.lap("exchange")
        self.update_cores(one)
        self.watch.lap("core")
        self.exchange.finish(now)
        self.watch.lap("exchange")
        self.update_rests(one)
        self.watch.lap("shell")
        if depth % 2:
            self.fields = self.fields[1], self.fields[0]

    def update_cores(self, one: Pass) -> None:
        """All levels of every task's core."""
        addresses = self.fields[0].address, self.fields[1].address
        how = self.stencil
        update_cores(
            addresses,
            self.layout.strides,
            how.scale,
            how.points,
            how.past_caches,
            one.cores,
            self.tile,
        )

    def update_rests(self, one: Pass) -> None:
        """What the cores have left, level by level."""
        source, to = self.fields[0].address, self.fields[1].address
        threads = self.tasks[0] * self.tasks[1]
        for boxes in one.rests:
            if len(boxes):
                strides, how = self.layout.strides, self.stencil
                update_rest((to, source), strides, how.scale, how.points, boxes, threads)
            source, to = to, source

    def restore(self) -> None:
        """The initial field; halos that a neighbour must fill are not numbers until it does."""
        fill(self.fields[0].whole, self.layout.first, *self.waves, *self.tasks)
        for link in self.exchange.links:
            for one in self.fields:
                one.padded[link.halo] = np.nan


def plan(part: Part, rank: int, tasks: tuple[int, int], depth: int) -> Pass:
    """The boxes of a pass of so many steps."""
    block = levels.axes(part, rank, tasks)
    each = range(1, depth + 1)
    cores = [_boxes(levels.cores(block, level, depth)) for level in each]
    return Pass(
        cores=np.ascontiguousarray(np.stack(cores, axis=1)),
        rests=tuple(_boxes(levels.rest(block, level, depth)) for level in each),
    )


def _boxes(found: list[levels.Box]) -> Boxes:
    return np.array(found, dtype=np.int64).reshape(len(found), 6)


def allocate(
    layout: Layout,
    part: Part,
    waves: tuple[Axis, Axis, Axis],
    stencil: Stencil,
    comm: Intracomm,
    *,
    depth: int,
    tile: Tile,
) -> State:
    """Both arrays of one rank, zero around the box, touched by the threads that will use them."""
    pinned = Pinned(comm)
    tasks = levels.split(layout.shape[0], layout.shape[1], get_num_threads(), depth)
    corners = depth > 1 or stencil.points > 7
    fields = tuple(_field(layout, waves, tasks, stencil.scale.dtype) for _ in range(2))
    state = State(
        fields=(fields[0], fields[1]),
        waves=waves,
        layout=layout,
        part=part,
        exchange=Exchange(part, layout.depths, comm, stencil.scale.dtype, corners=corners),
        stencil=stencil,
        depth=depth,
        tile=tile,
        tasks=tasks,
        pinned=pinned,
    )
    if not part.empty:
        state.passes = {one: plan(part, comm.rank, tasks, one) for one in range(1, depth + 1)}
    state.restore()
    return state


def _field(
    layout: Layout, waves: tuple[Axis, Axis, Axis], tasks: tuple[int, int], dtype: np.dtype[Any]
) -> Field:
    items, lanes = aligned(layout.items, dtype), layout.lanes
    whole = items[lanes:-lanes].reshape(layout.padded)
    fill(whole, layout.first, *waves, *tasks)
    items[:lanes] = items[-lanes:] = 0.0
    owned = [slice(at, at + n) for at, n in zip(layout.first, layout.shape, strict=True)]
    for axis, one in enumerate(owned):
        sides = np.moveaxis(whole, axis, 0)
        sides[: one.start] = sides[one.stop :] = 0.0
    with_halo = tuple(
        slice(one.start - depth, one.stop + depth)
        for one, depth in zip(owned, layout.depths, strict=True)
    )
    return Field(whole, whole[with_halo], whole[tuple(owned)])


def worst_error(state: State, factor: float) -> float:
    """Largest error of this rank's points against factor times the initial field."""
    if state.part.empty:
        return 0.0
    now = state.fields[0].whole
    return float(largest_deviation(now, state.layout.first, *state.waves, factor))
