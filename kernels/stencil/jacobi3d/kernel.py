"""Jacobi3d: damped Jacobi iteration for Laplace's equation with the 7-point stencil, FP64.

    u'(z,y,x) = (u(z,y,x) + u(z,y,x-1) + u(z,y,x+1) + u(z,y-1,x) + u(z,y+1,x)
                 + u(z-1,y,x) + u(z+1,y,x)) / 7

on nx x ny x nz points, zero around them. This is the Jacobi iteration damped by omega = 6/7, the
best smoother of its kind in three dimensions (Trottenberg, Oosterlee, Schueller, Multigrid, 2001,
section 2.9.2). The points are spread over a Cartesian grid of ranks.

Counting, for a point and a step: 7 flop (6 additions, 1 multiplication); 8 B read and 8 B written,
as if each value were read from memory once (three planes of a tile stay in cache); with plain
stores, the 8 B with which the cache fills the line to be overwritten stand in ``bytes_hidden``.
Traffic: 24 B, with non-temporal stores 16 B.

Verification: the sine mode u0 = sin(kz pi z/(nz+1)) sin(ky pi y/(ny+1)) sin(kx pi x/(nx+1)) is an
eigenvector of a step with lambda = (1 + 2 cos(kz pi/(nz+1)) + ...) / 7, so that u = lambda^s u0
after s steps. Rounding: a step adds at most 8 units of roundoff of max|u| and amplifies no error,
lambda is known to 3 units and u0 to 10, hence the tolerance (12 s + 20) 2^-53 lambda^-s, relative
to max|lambda^s u0|.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels._support.cartesian import Shape, fullest, part, rank_grid
from kernels.contract import (
    UPDATE_RATE,
    Check,
    IllegalParameter,
    Kernel,
    Phase,
    Value,
    Work,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.stencil.jacobi3d.cpu import State

ELEMENT_B = 8
CACHES = 4
"""An array is at least this many times the sum of the last-level caches, as in STREAM."""
SMALLEST_AUTO = 256
"""Edge of the cube where the caches are smaller or unknown."""
WORST_TOLERANCE = 1e-6
"""With more steps than keep the tolerance below this, the mode drowns in rounding errors."""


@dataclass(frozen=True, kw_only=True)
class Jacobi3d(Kernel["State"]):
    """The 7-point stencil: memory bandwidth and halo exchange."""

    title: ClassVar[str] = "7-point Jacobi iteration in 3-D, FP64, halo exchange"
    verification: ClassVar[str] = (
        "max-norm relative error against the exact decay lambda^steps of a sine mode, at most"
        " (12 steps + 20) 2^-53 / lambda^steps"
    )
    primary: ClassVar[str] = "sweep"

    n: int = parameter(unit="1", help="edge of the cube: nx, ny, nz where not given", minimum=1)
    nx: int = parameter(unit="1", help="points along x, contiguous in memory", minimum=1)
    ny: int = parameter(unit="1", help="points along y", minimum=1)
    nz: int = parameter(unit="1", help="points along z", minimum=1)
    steps: int = parameter(10, unit="1", help="Jacobi steps in one sweep", minimum=1)
    stores: str = parameter(
        unit="",
        help="how the new field is stored; auto: nontemporal if both exceed the last-level cache",
        choices=("plain", "nontemporal"),
    )

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """A cube of four times the caches for each array, or what the memory holds."""
        edges = {name: int(given[name]) for name in ("nx", "ny", "nz") if name in given}

        def cube(n: int) -> Jacobi3d:
            return cls(n=n, stores="plain", **{"nx": n, "ny": n, "nz": n} | edges)

        if "n" in given:
            chosen = cube(int(given["n"]))
        elif len(edges) == 3:
            chosen = cube(round(math.prod(edges.values()) ** (1 / 3)))
        else:
            chosen = cube(_edge(cube, memory_B, llc_B, ranks))
        stores = "nontemporal" if 2 * chosen.field_B > llc_B else "plain"
        sizes = {name: getattr(chosen, name) for name in ("n", "nx", "ny", "nz")}
        return {name: one for name, one in {**sizes, "stores": stores}.items() if name not in given}

    def check_geometry(self, ranks: int) -> None:
        """Any grid and any number of ranks; IllegalParameter if the mode decays too far."""
        steps = bisect_right(range(1, self.steps + 1), WORST_TOLERANCE, key=self.tolerance)
        if steps < self.steps:
            grid = f"{self.nx} x {self.ny} x {self.nz} points"
            raise IllegalParameter(
                "steps",
                self.steps,
                f"at most {steps} on {grid}: after more, the verified mode has decayed into its"
                " rounding errors",
            )

    def memory_B(self, ranks: int) -> int:
        """Two arrays with their halo, the faces sent and received, and three rows of sines."""
        grid = rank_grid(self.points, ranks)
        z, y, x = fullest(self.points, grid)
        areas = (y * x, z * x, z * y)
        faces = sum(4 * area for area, parts in zip(areas, grid, strict=True) if parts > 1)
        return ELEMENT_B * (2 * (z + 2) * (y + 2) * (x + 2) + faces + z + y + x)

    def phases(self) -> tuple[Phase[State], ...]:
        """One sweep of ``steps`` steps."""
        return (Phase("sweep", UPDATE_RATE, lambda state: state.sweep(self.steps), self._work),)

    def setup(self, comm: Intracomm) -> State:
        """The sine mode, in this rank's block."""
        from kernels.stencil.jacobi3d.cpu import allocate

        own = part(self.points, rank_grid(self.points, comm.size), comm.rank)
        return allocate(self.points, own, comm, past_caches=self.stores == "nontemporal")

    def prepare(self, state: State) -> None:
        """The sine mode again."""
        state.restore()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """Every point against the decayed mode."""
        from mpi4py import MPI

        from kernels.stencil.jacobi3d.cpu import worst_error
        from kernels.stencil.jacobi3d.mode import decay, peak

        factor = decay(self.points) ** self.steps
        error = comm.allreduce(worst_error(state, factor), op=MPI.MAX)
        relative = error / (factor * peak(self.points))
        return Check("max-norm relative error", relative, self.tolerance(self.steps))

    @property
    def points(self) -> Shape:
        """Points along z, y, x."""
        return self.nz, self.ny, self.nx

    @property
    def field_B(self) -> int:
        """One field over all ranks, B."""
        return ELEMENT_B * self.nx * self.ny * self.nz

    def tolerance(self, steps: int) -> float:
        """Of the relative error after so many steps; see the module's docstring."""
        from kernels.stencil.jacobi3d.mode import decay

        shrunk = -steps * math.log(decay(self.points))
        return (12 * steps + 20) * 2.0**-53 * math.exp(min(shrunk, 700.0))

    def _work(self, ranks: int) -> Work:
        updates = float(self.nx * self.ny * self.nz * self.steps)
        return Work(
            flop=7 * updates,
            bytes_read=ELEMENT_B * updates,
            bytes_written=ELEMENT_B * updates,
            bytes_hidden=ELEMENT_B * updates if self.stores == "plain" else 0.0,
            items=updates,
        )


def _edge(cube: Callable[[int], Jacobi3d], memory_B: int, llc_B: int, ranks: int) -> int:
    """The wanted edge of the cube, or the largest whose fullest rank fits its share."""
    wanted = max(math.ceil((CACHES * llc_B / ELEMENT_B) ** (1 / 3)), SMALLEST_AUTO)
    share = memory_B // ranks
    n = bisect_right(range(1, wanted + 1), share, key=lambda n: cube(n).memory_B(ranks))
    if n < 1:
        need = cube(1).memory_B(ranks) * ranks
        raise IllegalParameter("n", "auto", f"{memory_B} B may be filled, n = 1 needs {need} B")
    return n
