"""Star2d: the star stencil of the Parallel Research Kernels (PRK), radius 1 to 4.

    out(x,y) += sum over k = 1..r of w(k) ((in(x+k,y) - in(x-k,y)) + (in(x,y+k) - in(x,y-k)))
    in(x,y)  += 1                                              w(k) = 1 / (2 k r)

out on the (nx - 2 r) (ny - 2 r) points that have all their neighbours, in on all nx ny points;
in = x + y and out = 0 at the start, so that an iteration adds 2 to every active point of out.
The weights are those of a divergence and the centre's is 0. PRK adds the 4 r products one after
another; here two points with opposite weights share one multiplication, and the flop are counted
as PRK counts them: a multiplication and an addition for each of the 4 r + 1 points of the stencil
and one for in, (2 (4 r + 1) + 1) (nx - 2 r) (ny - 2 r) an iteration.

Source: ParRes/Kernels, MPI1/Stencil/stencil.c, OPENMP/Stencil/stencil.c and C1z/stencil-openmp.c at
04248b6 (August 2025): start, weights, active points, flop and check were read there. What differs:
PRK times ``steps`` iterations after one that is not timed and never starts again, here a
repetition of ``steps`` iterations starts from the beginning and the harness's warm-up repetition is
the one that is not timed; PRK knows squares only; PRK's MPI version exchanges in every iteration.

A pass holds one iteration (``variant`` spatial) or ``depth`` of them (temporal), see `wave`, and
begins with one exchange ``radius`` points deep. That is enough because in grows at each point by
itself, so that copies of another rank's points are increased without asking: PRK's workload allows
it, a stencil that feeds back into its input does not, and would need halos of depth times radius.
The same holds for tiles and threads. Both variants do the same additions in the same order.

Counting: in and out are read and written once a pass, 32 B a point in float64; that is compulsory.
Rows and columns that tiles copy, and messages, are not counted.

Verification: PRK's check is the mean of |out| over the active points, which is 2 steps within 1e-8
(1e-4 in float32). Ours is the largest error of any point, of out and in added; in is known exactly
as long as it is less than 1 over the unit roundoff u = 2^-53 (2^-24). An increment of out is 2 with
at most r + 3 roundings, and adding it to out, at most 2 i after iteration i, one more, hence the
tolerance ((steps + 1) + 2 (r + 3)) steps u (1 + 1e-3). PRK's norm stands in the text of the check.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from kernels._support.cartesian import Shape, fullest, grown, largest_edge
from kernels._support.reals import ITEM_B, ROUNDOFF
from kernels.contract import (
    FLOP_RATE,
    UPDATE_RATE,
    Check,
    IllegalParameter,
    Kernel,
    Phase,
    Tuning,
    Value,
    Watch,
    Work,
    parameter,
)
from kernels.stencil.star2d.layout import TILE_SHARE, Sizes, place, rank_grid

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.stencil.star2d.cpu import State

CACHES: Final = 4
"""An array is at least this many times the sum of the last-level caches, as in STREAM."""
SMALLEST_AUTO: Final = 4096
"""Edge of the square where the caches are smaller or unknown."""
DEPTH: Final = {1: 16, 2: 16, 3: 10, 4: 8}
"""Radius -> iterations of a pass: 2 radius depth rows of a tile are under way."""
WORST_TOLERANCE: Final = 1e-2
"""A neighbour that is one iteration behind makes an error of its weight, which is 1/32 or more."""


@dataclass(frozen=True, kw_only=True)
class Star2d(Kernel["State"]):
    """Memory bandwidth, caches and halo exchange."""

    title: ClassVar[str] = "PRK's star stencil in 2-D, radius 1-4, spatial or temporal blocking"
    verification: ClassVar[str] = (
        "largest error of any point of out (2 steps) and in (x + y + steps), at most"
        " (steps + 2 radius + 7) steps u, u the unit roundoff; PRK's norm stands beside it"
    )
    primary: ClassVar[str] = "sweep"
    step: ClassVar[str] = "pass"

    n: int = parameter(unit="1", help="edge of the square: nx, ny where not given", minimum=1)
    nx: int = parameter(unit="1", help="points along x, contiguous in memory", minimum=1)
    ny: int = parameter(unit="1", help="points along y", minimum=1)
    radius: int = parameter(
        2, unit="1", help="points of the stencil on each side", minimum=1, maximum=4
    )
    steps: int = parameter(16, unit="1", help="iterations in one sweep", minimum=1)
    dtype: str = parameter(
        "float64", unit="", help="type of the numbers", choices=("float64", "float32")
    )
    variant: str = parameter(
        "spatial",
        unit="",
        help="one iteration a pass through memory, or several",
        choices=("spatial", "temporal"),
    )
    depth: int = parameter(
        unit="1", help="most iterations a pass; auto: 1 if spatial, 8 to 16 if temporal", minimum=1
    )
    tile: int = parameter(
        0, unit="1", help="columns of a tile; 0: as many as fit a private cache", minimum=0
    )

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """A square of four times the caches for each array, or what the memory holds."""
        edges = {name: given[name] for name in ("nx", "ny") if name in given}
        temporal = given.get("variant") == "temporal"
        depth = DEPTH.get(int(given.get("radius", 2)), 1) if temporal else 1

        def square(n: int) -> Star2d:
            return cls(**{"n": n, "nx": n, "ny": n, "depth": depth, **given, **edges})  # type: ignore[arg-type]

        if "n" in given:
            chosen = square(int(given["n"]))
        elif len(edges) == 2:
            chosen = square(math.isqrt(int(given["nx"]) * int(given["ny"])))
        else:
            chosen = square(_edge(square, memory_B, llc_B, ranks))
        found = {name: getattr(chosen, name) for name in ("n", "nx", "ny", "depth")}
        return {name: one for name, one in found.items() if name not in given}

    @classmethod
    def tuning(cls, given: Mapping[str, Value], ranks: int) -> Tuning:
        """Iterations of a pass first, then the columns of a tile."""
        edge = round(4096 * math.sqrt(ranks))
        depths = ({"variant": "temporal", "depth": one} for one in (4, 8, 12, 16, 24))
        spatial: dict[str, Value] = {"variant": "spatial", "depth": 1}
        columns = tuple({"tile": one} for one in (0, 256, 512, 768, 1024, 2048))
        return Tuning(
            sizes={"n": edge, "nx": edge, "ny": edge},
            stages={"depth": (spatial, *depths), "tile": columns},
        )

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """A rectangle of so many times the points."""
        return {**given, **grown({name: int(given[name]) for name in ("ny", "nx")}, factor)}

    @property
    def arithmetic(self) -> str:
        """That of the fields."""
        return self.dtype

    def check_geometry(self, ranks: int) -> None:
        """Any number of ranks: those for which no block deep enough is left own nothing.

        IllegalParameter if there is no active point, if in cannot hold its values exactly, if
        rounding errors could hide a mistake, or if spatial were asked for more than one iteration.
        """
        largest = (min(self.nx, self.ny) - 1) // 2
        if self.radius > largest:
            grid = f"{self.nx} x {self.ny} points"
            known = f"at most {largest} on {grid}: with more, no point has all its neighbours"
            raise IllegalParameter("radius", self.radius, known)
        if self.variant == "spatial" and self.depth > 1:
            known = "1 with variant = spatial; temporal makes several iterations a pass"
            raise IllegalParameter("depth", self.depth, known)
        most = self._most_steps
        if self.steps > most:
            known = (
                f"at most {most} on {self.nx} x {self.ny} points in {self.dtype}: with more, in is"
                " no longer exact, or rounding could hide a mistake"
            )
            raise IllegalParameter("steps", self.steps, known)

    def memory_B(self, ranks: int) -> int:
        """Both fields, what one thread keeps of them, and messages; a MiB for each more thread."""
        grid = rank_grid(self.points, self.radius, ranks)
        sizes = self._sizes(fullest(self.points, grid))
        return sizes.memory_B(1 + min(grid[1] - 1, 2)) + sizes.messages_B(grid)

    def phases(self) -> tuple[Phase[State], ...]:
        """One sweep of ``steps`` iterations."""
        return (
            Phase(
                "sweep",
                FLOP_RATE,
                lambda state: state.sweep(self.steps, self.depth),
                self._work,
                also=(UPDATE_RATE,),
            ),
        )

    def setup(self, comm: Intracomm) -> State:
        """The fields at the start, in this rank's block."""
        from numba import get_num_threads

        from kernels._support.caches import share_B
        from kernels.stencil.star2d.cpu import allocate

        own = place(self.points, rank_grid(self.points, self.radius, comm.size), comm.rank)
        sizes = replace(self._sizes(own.shape), tile_B=int(TILE_SHARE * share_B(2)))
        return allocate(self.points, own, sizes, self.dtype, comm, get_num_threads())

    def watch(self, state: State, watch: Watch) -> None:
        """Exchange, core and shell of every pass."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """The start again."""
        state.restore()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """Every point of both fields, and PRK's norm."""
        from mpi4py import MPI

        from kernels.stencil.star2d.cpu import worst_error

        worst, total = worst_error(state, self.steps)
        error = comm.allreduce(worst, op=MPI.MAX)
        norm = comm.allreduce(total, op=MPI.SUM) / self.active
        what = f"largest error of a point; PRK's L1 norm is {norm:.9g} of {2 * self.steps}"
        return Check(what, error, self.tolerance(self.steps))

    @property
    def points(self) -> Shape:
        """Points along z, y, x."""
        return 1, self.ny, self.nx

    @property
    def active(self) -> int:
        """Points that have all their neighbours."""
        return (self.nx - 2 * self.radius) * (self.ny - 2 * self.radius)

    def tolerance(self, steps: int) -> float:
        """Of the largest error after so many steps; see the module's docstring."""
        roundings = (steps + 1 + 2 * (self.radius + 3)) * steps
        return roundings * ROUNDOFF[self.dtype] * (1.0 + 1e-3)

    @property
    def _most_steps(self) -> int:
        exact = int(1.0 / ROUNDOFF[self.dtype]) - (self.nx + self.ny - 2)
        known = bisect_right(range(1, self.steps + 1), WORST_TOLERANCE, key=self.tolerance)
        return max(0, min(exact, known))

    def _sizes(self, block: Shape) -> Sizes:
        item_B = ITEM_B[self.dtype]
        return Sizes(block[1], block[2], self.radius, self.depth, item_B, self.tile)

    def _work(self, ranks: int) -> Work:
        passes = -(-self.steps // self.depth)
        moved_B = 2.0 * ITEM_B[self.dtype] * self.nx * self.ny * passes
        updates = float(self.active * self.steps)
        return Work(
            flop=(2 * (4 * self.radius + 1) + 1) * updates,
            bytes_read=moved_B,
            bytes_written=moved_B,
            items=updates,
        )


def _edge(square: Callable[[int], Star2d], memory_B: int, llc_B: int, ranks: int) -> int:
    """The wanted edge of the square, or the largest whose fullest rank fits its share."""
    item_B = ITEM_B[square(1).dtype]
    wanted = max(math.isqrt(CACHES * llc_B // item_B) + 1, SMALLEST_AUTO)
    return largest_edge(wanted, memory_B, ranks, lambda n: square(n).memory_B(ranks))
