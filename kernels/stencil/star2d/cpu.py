"""The fields of a rank, its passes, and the exchange of what they read of other ranks.

A pass needs ``in`` of the neighbours once, ``radius`` points deep, however many iterations it
holds: see `wave`. Rows near a neighbour along y wait for the halo, all others are done meanwhile;
every row needs the halo along x, if there is one, which is waited for at the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit, prange, types
from numpy.typing import NDArray

from kernels._support.cartesian import Part, Shape
from kernels._support.exchange import Exchange
from kernels._support.memory import aligned, touched
from kernels.contract import UNWATCHED, Watch
from kernels.stencil.star2d import layout
from kernels.stencil.star2d.layout import Sizes, Strips
from kernels.stencil.star2d.reference import weight
from kernels.stencil.star2d.wave import FRAME, Frame, advance, keep_borders

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Array = NDArray[Any]


REALS = (types.float64, types.float32)
PAIR: Any = types.Tuple((types.float64, types.float64))  # type: ignore[no-untyped-call]


def _signature(result: Any, real: Any, *rest: Any) -> Any:
    """Of a function of two fields and the cuts between strips."""
    field = types.Array(real, 2, "C")
    return result(field, field, types.Array(types.int64, 1, "C"), FRAME, *rest)


@njit(
    [_signature(types.void, real, types.int64) for real in REALS],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def fill(u: Array, out: Array, cuts: Array, frame: Frame, offset: int) -> None:
    """Write in = row + column + offset and out = 0; a strip by the thread that uses it."""
    for strip in prange(cuts.size - 1):
        for row in range(cuts[strip], cuts[strip + 1]):
            for x in range(frame.begin, frame.end):
                u[row, x] = row + x + offset
                out[row, x] = 0


@njit(
    [_signature(PAIR, real, types.int64, types.int64) for real in REALS],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def deviation(
    u: Array, out: Array, cuts: Array, frame: Frame, offset: int, steps: int
) -> tuple[float, float]:
    """Largest error of a point of in or out, infinity if it is not a number; and sum of |out|.

    The sum is over the active points.
    """
    first, last = cuts[0], cuts[cuts.size - 1]
    worst, total = np.zeros(last - first), np.zeros(last - first)
    for i in prange(last - first):
        row, most, whole = first + i, 0.0, 0.0
        inside = frame.low <= row < frame.high
        for x in range(frame.begin, frame.end):
            active = inside and frame.left <= x < frame.right
            found = float(out[row, x])
            off = abs(found - (2.0 * steps if active else 0.0))
            off += abs(float(u[row, x]) - (row + x + offset + steps))
            if not off <= most:
                most = off if off == off else np.inf  # noqa: PLR0124 - the NaN test
            whole += abs(found) if active else 0.0
        worst[i], total[i] = most, whole
    return worst.max(), total.sum()


@dataclass
class State:
    """The block of one rank: (y, x) points in arrays of (y + 2 radius, stride)."""

    u: Array  # in, with its halo
    out: Array  # the same shape
    part: Part
    strips: Strips
    frame: Frame  # of all strips
    cuts: Array  # (strips + 1,) int64
    borders: Array  # (strips, 2, radius, stride)
    edges: Array  # (rows of all strips and beside them, margin)
    rings: Array  # (strips, rows under way + 1, tile + 2 margin)
    weights: Array  # (radius,)
    along_x: Exchange
    along_y: Exchange
    offset: int  # in = row + column + offset at the start
    watch: Watch = field(default=UNWATCHED)

    @property
    def radius(self) -> int:
        """Points of the stencil on each side."""
        return int(self.weights.size)

    def sweep(self, steps: int, depth: int) -> None:
        """``steps`` iterations in as few passes of at most ``depth`` as there can be."""
        if self.part.empty:
            return
        passes = -(-steps // depth)
        for i in range(passes):
            self.advance(steps * (i + 1) // passes - steps * i // passes)
            self.watch.progress(i + 1, passes, (i + 1) / passes)

    def advance(self, iterations: int) -> None:
        """One pass; the halo along y travels while the core is done."""
        rows, columns = self.rows, self.columns
        self.along_y.start(rows)
        self.along_x.start(columns)
        self.along_x.finish(columns)
        keep_borders(self.u, self.borders, self.cuts)
        self.watch.lap("exchange")
        self._advance(self.strips.core, iterations)
        self.watch.lap("core")
        self.along_y.finish(rows)
        self.watch.lap("exchange")
        for one in self.strips.shell:
            self._advance(one, iterations)
        self.watch.lap("shell")

    def _advance(self, some: tuple[int, int], iterations: int) -> None:
        if some[0] < some[1]:
            frame = self.frame._replace(depth=iterations, strip_begin=some[0], strip_end=some[1])
            advance(
                self.u,
                self.out,
                self.borders,
                self.edges,
                self.rings,
                self.weights,
                self.cuts,
                frame,
            )

    @property
    def rows(self) -> Array:
        """In with its halo along y: (1, y + 2 radius, x)."""
        return self.u[None, :, self.frame.begin : self.frame.end]

    @property
    def columns(self) -> Array:
        """In with its halo along x: (1, y, x + 2 radius)."""
        r = self.radius
        return self.u[None, r:-r, self.frame.begin - r : self.frame.end + r]

    @property
    def own(self) -> tuple[Array, Array]:
        """In and out without halo: (y, x)."""
        here = slice(self.radius, -self.radius), slice(self.frame.begin, self.frame.end)
        return self.u[here], self.out[here]

    def restore(self) -> None:
        """In = x + y, out = 0; halos that a neighbour must fill are not numbers until it does."""
        if self.part.empty:
            return
        fill(self.u, self.out, self.cuts, self.frame, self.offset)
        for exchange, array in ((self.along_y, self.rows), (self.along_x, self.columns)):
            for link in exchange.links:
                array[link.halo] = np.nan


def allocate(
    points: Shape, part: Part, sizes: Sizes, dtype: str, comm: Intracomm, threads: int
) -> State:
    """All arrays of one rank, cut for so many threads and touched by those that will use them."""
    radius = sizes.radius
    _, y, x = part.blocks
    cut = layout.strips(y.size, radius, part.neighbours[1], threads)
    u, out = aligned(sizes.field, dtype), aligned(sizes.field, dtype)
    weights = aligned(radius, dtype)
    weights[:] = [weight(radius, k + 1) for k in range(radius)]
    state = State(
        u=u,
        out=out,
        part=part,
        strips=cut,
        frame=_frame(points, part, sizes),
        cuts=np.array(cut.cuts, dtype=np.int64),
        borders=touched(sizes.borders(cut.count), dtype),
        edges=touched(sizes.edges(cut.count), dtype),
        rings=touched(sizes.ring(cut.count), dtype),
        weights=weights,
        along_x=Exchange(part, (0, 0, radius), comm, dtype, corners=False),
        along_y=Exchange(part, (0, radius, 0), comm, dtype, corners=False),
        offset=y.start - radius + x.start - sizes.margin,
    )
    state.restore()
    return state


def _frame(points: Shape, part: Part, sizes: Sizes) -> Frame:
    """Where the points of this block lie; a point within the radius of a wall is not active."""
    (_, ny, nx), (_, y, x), radius, margin = points, part.blocks, sizes.radius, sizes.margin
    below, above = part.neighbours[1]
    top, end = radius + y.size, margin + x.size
    return Frame(
        row_begin=radius if below is None else 0,
        row_end=top if above is None else top + radius,
        begin=margin,
        end=end,
        low=max(2 * radius - y.start, radius),
        high=min(ny - y.start, top),
        left=max(margin + radius - x.start, margin),
        right=min(margin + nx - radius - x.start, end),
        depth=0,
        strip_begin=0,
        strip_end=0,
    )


def worst_error(state: State, steps: int) -> tuple[float, float]:
    """Largest error of this rank's points, and the sum of |out| over the active ones."""
    if state.part.empty:
        return 0.0, 0.0
    worst, total = deviation(state.u, state.out, state.cuts, state.frame, state.offset, steps)
    return float(worst), float(total)
