"""Halo: the exchange of a three-dimensional stencil alone, over the sizes of the blocks.

Each rank owns a cube of n x n x n points with a halo around it, in the grid of ranks and with the
buffers and persistent messages of `kernels._support.exchange`, which the stencils use. The grid is
periodic: every rank has all neighbours, 6 or with edges and corners 26; the neighbour along an axis
with one rank is the rank itself, which copies and sends nothing. A call packs, sends, receives and
unpacks once; nothing is computed meanwhile.

Counting: one message a call, so that the latency is the time of an exchange. Bytes are those of all
halos, which a message or a copy fills: over all ranks, 6 d n^2 points each, with edges and corners
(n + 2d)^3 - n^3, for a halo of depth d.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels._support.cartesian import Shape, rank_grid
from kernels._support.reals import ITEM_B
from kernels.contract import (
    BANDWIDTH,
    LATENCY,
    Check,
    IllegalParameter,
    Kernel,
    Phase,
    Point,
    Value,
    Work,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.network.halo.cpu import State

HEADLINE = 64
"""The edge whose exchange stands for the kernel."""
LARGEST_AUTO = 256
_CALLS = 100
_FEWEST_CALLS = 10
_CALLED = 2**21


@dataclass(frozen=True, kw_only=True)
class Halo(Kernel["State"]):
    """The exchange of halos."""

    title: ClassVar[str] = "halo exchange of a 3-D stencil alone, over block sizes"
    verification: ClassVar[str] = (
        "points that are wrong, in the blocks and halos of every size and rank, against the value"
        " that the global indices of a point give: none"
    )
    primary: ClassVar[str] = f"exchange_{HEADLINE}"

    smallest: int = parameter(
        16, unit="1", help="smallest edge of a rank's cube", minimum=1, maximum=HEADLINE
    )
    largest: int = parameter(
        unit="1",
        help="largest edge of a rank's cube; auto: 256 if the memory holds it",
        minimum=HEADLINE,
        maximum=2048,
    )
    depth: int = parameter(1, unit="1", help="points of the halo on each side", minimum=1)
    corners: bool = parameter(
        False, unit="", help="edges and corners too: 26 neighbours in place of 6"
    )
    dtype: str = parameter(
        "float64", unit="", help="type of a point", choices=("float64", "float32")
    )

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """256, or half of it until the memory is enough."""
        if "largest" in given:
            return {}
        others = {name: one for name, one in given.items() if name != "largest"}
        for largest in (LARGEST_AUTO, LARGEST_AUTO // 2, HEADLINE):
            need = cls(largest=largest, **others).memory_B(ranks) * ranks  # type: ignore[arg-type]
            if need <= memory_B:
                return {"largest": largest}
        why = f"{memory_B} B may be filled, {HEADLINE} needs {need} B over {ranks} ranks"
        raise IllegalParameter("largest", "auto", why)

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """The same cubes: they are those of a rank."""
        return dict(given)

    def check_geometry(self, ranks: int) -> None:
        """Any number of ranks; IllegalParameter for a halo deeper than a block."""
        if self.depth > self.smallest:
            known = f"at most {self.smallest}, the edge of the smallest block"
            raise IllegalParameter("depth", self.depth, known)

    def memory_B(self, ranks: int) -> int:
        """A field for each edge, and what its halo holds, to send and to receive."""
        points = ((n + 2 * self.depth) ** 3 + 2 * self._halo(n) for n in self.edges)
        return ITEM_B[self.dtype] * sum(points)

    @property
    def edges(self) -> tuple[int, ...]:
        """The powers of two from the smallest to the largest edge, both of which are included."""
        powers = {2**k for k in range(self.largest.bit_length())}
        every = {one for one in powers if one > self.smallest}
        return tuple(sorted(every | {self.smallest, HEADLINE, self.largest}))

    def phases(self) -> tuple[Phase[State], ...]:
        """An exchange for each edge."""
        return tuple(
            Phase(
                f"exchange_{n}",
                LATENCY,
                _run(n),
                self._work(n),
                also=(BANDWIDTH,),
                point=Point("exchange", "edge", n, "1"),
                calls=min(_CALLS, max(_FEWEST_CALLS, _CALLED // n**2)),
            )
            for n in self.edges
        )

    def setup(self, comm: Intracomm) -> State:
        """A block for each edge, filled, with its buffers and messages."""
        from kernels.network.halo.cpu import allocate

        grid = grid_of(comm.size)
        return allocate(self.edges, grid, comm, self.dtype, depth=self.depth, corners=self.corners)

    def prepare(self, state: State) -> None:
        """Empty the halos."""
        state.clear()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """Every point of every block and its halo."""
        wrong = sum(state.wrong(n, corners=self.corners) for n in self.edges)
        return Check("points that are wrong", float(comm.allreduce(wrong)), 0.0)

    def _halo(self, n: int) -> int:
        """Points of a halo that are exchanged."""
        d = self.depth
        return (n + 2 * d) ** 3 - n**3 if self.corners else 6 * d * n**2

    def _work(self, n: int) -> Callable[[int], Work]:
        def work(ranks: int) -> Work:
            return Work(messages=1, bytes_read=float(ranks * self._halo(n) * ITEM_B[self.dtype]))

        return work


def grid_of(ranks: int) -> Shape:
    """The grid of ranks for equal cubes: the one with the smallest surface of a large cube."""
    edge = 60 * ranks
    return rank_grid((edge, edge, edge), ranks)


def _run(n: int) -> Callable[[State], None]:
    return lambda state: state.exchange(n)
