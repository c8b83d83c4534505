"""Jacobi3d: damped Jacobi iteration for Laplace's equation, 7- or 27-point stencil.

    7pt   u' = (u + the sum of the 6 neighbours along the axes) / 7
    27pt  u' = (8 u + 4 sum of the 6 faces + 2 sum of the 12 edges + sum of the 8 corners) / 64

on nx x ny x nz points, with zeros around them (dirichlet) or continued periodically. The first is
the Jacobi iteration damped by omega = 6/7, the best smoother of its kind in three dimensions
(Trottenberg, Oosterlee, Schueller, Multigrid, 2001, section 2.9.2); the second is (1, 2, 1) / 4
along each axis (full weighting, section 2.3.3). Both are steps of the heat equation
u_t = laplace(u), forward in time and centred in space, with dt = h^2 / 7 and h^2 / 4. The points
are spread over a Cartesian grid of ranks.

Variants: spatial, one step a pass through memory; temporal, ``depth`` steps a pass (wavefront.py),
with halos of that depth, exchanged once a pass (levels.py). Their results have the same bits.

Counting, for a point and a step: 7 flop (6 additions, 1 multiplication) or 30 (26 and 4, of which
the kernel does fewer, since it shares sums between points). For a point and a pass: one value read
and one written, as if each crossed the memory bus once; with plain stores, the value with which
the cache fills the line to be overwritten stands in ``bytes_hidden``. Spatial, float64: 24 B a
point and step, with non-temporal stores 16 B. Temporal, T steps a pass: 24 B / T at least; the
bound of a result is that of this traffic, or of the flop rate. Redundant work in halos is not
counted.

Verification: the mode u0 (mode.py) is an eigenvector of a step, so that u = lambda^s u0 after s
steps; between walls with theta = k pi / (n + 1), periodic with theta = 2 k pi / n along each axis,

    7pt   lambda = (1 + 2 sum cos theta) / 7        27pt  lambda = product of (1 + cos theta) / 2

Rounding: a step adds at most 10 units of roundoff r of max|u| and amplifies no error, lambda is
known to 3 units and u0 to 10, hence the tolerance (13 s + 20) r lambda^-s, relative to
max|lambda^s u0|; r = 2^-53 in float64, 2^-24 in float32. More steps than keep that below half of
1 - lambda are refused: a step less would not be noticed.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from kernels._support.cartesian import Shape, deepest, fullest, grown, largest_edge, part, rank_grid
from kernels._support.reals import ITEM_B, ROUNDOFF
from kernels.contract import (
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
from kernels.stencil.jacobi3d.layout import Layout

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.stencil.jacobi3d.cpu import State

POINTS: Final = {"7pt": 7, "27pt": 27}
FLOP: Final = {"7pt": 7, "27pt": 30}
EDGES: Final = ("nz", "ny", "nx")
DEPTH: Final = 6
"""Steps of a pass where nothing else is wanted: then the core is the limit, not the memory."""
CACHES = 4
"""An array is at least this many times the sum of the last-level caches, as in STREAM."""
SMALLEST_AUTO = 256
"""Edge of the cube where the caches are smaller or unknown."""
WORST_TOLERANCE: Final = 1e-3
"""Where a step changes nothing: a single point with itself as all its neighbours."""
_TRIAL_POINTS: Final = 384
"""Edge of the cube that a rank has in a trial: two arrays of 0.45 GB in float64."""


@dataclass(frozen=True, kw_only=True)
class Jacobi3d(Kernel["State"]):
    """Memory bandwidth, caches and halo exchange."""

    title: ClassVar[str] = "Jacobi iteration in 3-D, 7 or 27 points, spatial or temporal blocking"
    verification: ClassVar[str] = (
        "max-norm relative error against the exact decay lambda^steps of a mode, at most"
        " (13 steps + 20) r / lambda^steps, r the unit roundoff"
    )
    primary: ClassVar[str] = "sweep"
    version: ClassVar[int] = 2

    n: int = parameter(unit="1", help="edge of the cube: nx, ny, nz where not given", minimum=1)
    nx: int = parameter(unit="1", help="points along x, contiguous in memory", minimum=1)
    ny: int = parameter(unit="1", help="points along y", minimum=1)
    nz: int = parameter(unit="1", help="points along z", minimum=1)
    steps: int = parameter(10, unit="1", help="Jacobi steps in one sweep", minimum=1)
    stencil: str = parameter(
        "7pt", unit="", help="points that a step reads", choices=("7pt", "27pt")
    )
    dtype: str = parameter(
        "float64", unit="", help="type of the numbers", choices=("float64", "float32")
    )
    boundary: str = parameter(
        "dirichlet",
        unit="",
        help="zeros around the points, or the points of the other side",
        choices=("dirichlet", "periodic"),
    )
    variant: str = parameter(
        "spatial",
        unit="",
        help="one step a pass through memory, or several",
        choices=("spatial", "temporal"),
    )
    depth: int = parameter(
        unit="1", help=f"steps a pass; auto: 1 if spatial, {DEPTH} if temporal", minimum=1
    )
    tile: int = parameter(
        0, unit="1", help="rows of a tile; 0: as many as fit a core's level 2", minimum=0
    )
    stores: str = parameter(
        unit="",
        help="how the new field is stored; auto: nontemporal if spatial and both fields exceed the"
        " last-level cache",
        choices=("plain", "nontemporal"),
    )

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """A cube of four times the caches for each array, or what the memory holds."""
        edges = {name: int(given[name]) for name in EDGES if name in given}

        def cube(n: int) -> Jacobi3d:
            sizes = {"n": n, "nx": n, "ny": n, "nz": n, "depth": 1, "stores": "plain"}
            one = cls(**{**sizes, **given, **edges})  # type: ignore[arg-type]
            return one if "depth" in given else replace(one, depth=one._auto_depth(ranks))

        if "n" in given:
            chosen = cube(int(given["n"]))
        elif len(edges) == 3:
            chosen = cube(round(math.prod(edges.values()) ** (1 / 3)))
        else:
            chosen = cube(_edge(cube, memory_B, llc_B, ranks))
        large = 2 * chosen.field_B > llc_B and chosen.depth == 1
        found: dict[str, Value] = {name: getattr(chosen, name) for name in ("n", *EDGES, "depth")}
        found["stores"] = "nontemporal" if large else "plain"
        return {name: one for name, one in found.items() if name not in given}

    @classmethod
    def tuning(cls, given: Mapping[str, Value], ranks: int) -> Tuning:
        """Steps of a pass first, then the rows of a tile."""
        edge = round(_TRIAL_POINTS * ranks ** (1 / 3))
        spatial: dict[str, Value] = {"variant": "spatial", "depth": 1, "stores": "nontemporal"}
        temporal = tuple(
            {"variant": "temporal", "depth": depth, "stores": "plain"} for depth in (2, 4, 6, 8)
        )
        rows = tuple({"tile": one} for one in (0, 4, 8, 12, 16, 24, 32, 64))
        return Tuning(
            sizes={"n": edge, "nx": edge, "ny": edge, "nz": edge},
            stages={"depth": (spatial, *temporal), "tile": rows},
        )

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """A box of so many times the points, cut along the longer edges first."""
        return {**given, **grown({name: int(given[name]) for name in EDGES}, factor)}

    def check_geometry(self, ranks: int) -> None:
        """Any grid and number of ranks.

        IllegalParameter if the halo were deeper than a block, or if the mode decays too far.
        """
        self._check_variant(ranks)
        most = self._most_steps
        if self.steps > most:
            grid = f"{self.nx} x {self.ny} x {self.nz} points in {self.dtype}"
            raise IllegalParameter(
                "steps",
                self.steps,
                f"at most {most} on {grid}: after more, the verified mode has decayed into its"
                " rounding errors",
            )

    def _check_variant(self, ranks: int) -> None:
        thinnest = self.deepest_halo(ranks)
        if self.variant == "spatial" and self.depth > 1:
            raise IllegalParameter(
                "depth", self.depth, "1 with variant=spatial, more with variant=temporal"
            )
        if self.depth > thinnest:
            raise IllegalParameter(
                "depth",
                self.depth,
                f"at most {thinnest} on {ranks} ranks: no halo is deeper than the thinnest block",
            )
        if self.depth > 1 and self.stores == "nontemporal":
            raise IllegalParameter(
                "stores", self.stores, "plain with more than one step a pass: levels stay in cache"
            )

    def memory_B(self, ranks: int) -> int:
        """Two arrays with their halo, what is sent and received, and three rows of the mode."""
        grid = self.grid(ranks)
        block = fullest(self.shape, grid)
        layout = self._layout(block, ranks)
        messages = 0
        if any(min(parts, n) > 1 for parts, n in zip(grid, self.shape, strict=True)):
            around = (n + 2 * d for n, d in zip(block, self._halo(ranks), strict=True))
            messages = 2 * (math.prod(around) - math.prod(block))
        return self.item_B * (2 * layout.items + messages) + 8 * sum(block)

    def phases(self) -> tuple[Phase[State], ...]:
        """One sweep of ``steps`` steps."""
        return (Phase("sweep", UPDATE_RATE, lambda state: state.sweep(self.steps), self._work),)

    def setup(self, comm: Intracomm) -> State:
        """The mode, in this rank's block."""
        import numpy as np

        from kernels._support.caches import share_B
        from kernels.stencil.jacobi3d import cpu, tiles
        from kernels.stencil.jacobi3d.mode import MODES, wave
        from kernels.stencil.jacobi3d.reference import SCALES

        periodic = self.boundary == "periodic"
        own = part(self.shape, self.grid(comm.size), comm.rank, (periodic,) * 3)
        z, y, x = (
            wave(n, k, one, periodic=periodic)
            for n, k, one in zip(self.shape, MODES, own.blocks, strict=True)
        )
        points = POINTS[self.stencil]
        scale = np.dtype(self.dtype).type(SCALES[points])
        layout = self._layout(own.shape, comm.size)
        return cpu.allocate(
            layout,
            own,
            (z, y, x),
            cpu.Stencil(points, scale, self.stores == "nontemporal"),
            comm,
            depth=self.depth,
            tile=tiles.choose(layout, self.depth, self.tile, share_B(2), share_B(3)),
        )

    def watch(self, state: State, watch: Watch) -> None:
        """Tell the tile, the time of each part and the steps that are done."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """The mode again."""
        state.restore()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """Every point against the decayed mode."""
        from mpi4py import MPI

        from kernels.stencil.jacobi3d.cpu import worst_error
        from kernels.stencil.jacobi3d.mode import peak

        factor = self.decay**self.steps
        error = comm.allreduce(worst_error(state, factor), op=MPI.MAX)
        relative = error / (factor * peak(self.shape, periodic=self.boundary == "periodic"))
        return Check("max-norm relative error", relative, self.tolerance(self.steps))

    @property
    def arithmetic(self) -> str:
        """The type of the numbers."""
        return self.dtype

    @property
    def shape(self) -> Shape:
        """Points along z, y, x."""
        return self.nz, self.ny, self.nx

    @property
    def item_B(self) -> int:
        """One number, B."""
        return ITEM_B[self.dtype]

    @property
    def field_B(self) -> int:
        """One field over all ranks, B."""
        return self.item_B * math.prod(self.shape)

    @property
    def decay(self) -> float:
        """lambda, by which a step shrinks the mode."""
        from kernels.stencil.jacobi3d.mode import decay

        return decay(self.shape, POINTS[self.stencil], periodic=self.boundary == "periodic")

    def grid(self, ranks: int) -> Shape:
        """Ranks along z, y, x."""
        return rank_grid(self.shape, ranks)

    def tolerance(self, steps: int) -> float:
        """Of the relative error after so many steps; see the module's docstring."""
        shrunk = -steps * math.log(self.decay)
        return (13 * steps + 20) * ROUNDOFF[self.dtype] * math.exp(min(shrunk, 700.0))

    @property
    def _most_steps(self) -> int:
        """So many steps leave the tolerance below the effect of one, if that is any."""
        effect = (1.0 - self.decay) / 2.0 or WORST_TOLERANCE
        return bisect_right(range(1, self.steps + 1), effect, key=self.tolerance)

    def _halo(self, ranks: int) -> Shape:
        """Depth along each axis; 0 where nothing is exchanged."""
        z, y, x = (
            self.depth if self.boundary == "periodic" or min(parts, n) > 1 else 0
            for parts, n in zip(self.grid(ranks), self.shape, strict=True)
        )
        return z, y, x

    def deepest_halo(self, ranks: int) -> int:
        """The deepest halo of these ranks; where nothing is exchanged, any depth will do."""
        blocks = deepest(self.shape, self.grid(ranks))
        cut = [n for n, depth in zip(blocks, self._halo(ranks), strict=True) if depth]
        return min(cut, default=max(self.depth, self.steps))

    def _auto_depth(self, ranks: int) -> int:
        return 1 if self.variant == "spatial" else min(DEPTH, self.steps, self.deepest_halo(ranks))

    def _layout(self, block: Shape, ranks: int) -> Layout:
        z, y, x = (max(depth, 1) for depth in self._halo(ranks))
        return Layout(block, (z, y, x), self.item_B)

    def _work(self, ranks: int) -> Work:
        points = float(math.prod(self.shape))
        moved = self.item_B * points * -(-self.steps // self.depth)
        return Work(
            flop=FLOP[self.stencil] * points * self.steps,
            bytes_read=moved,
            bytes_written=moved,
            bytes_hidden=moved if self.stores == "plain" else 0.0,
            items=points * self.steps,
        )


def _edge(cube: Callable[[int], Jacobi3d], memory_B: int, llc_B: int, ranks: int) -> int:
    """The wanted edge of the cube, or the largest whose fullest rank fits its share."""
    wanted = max(math.ceil((CACHES * llc_B / cube(1).item_B) ** (1 / 3)), SMALLEST_AUTO)
    return largest_edge(wanted, memory_B, ranks, lambda n: cube(n).memory_B(ranks))
