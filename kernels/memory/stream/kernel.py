"""STREAM: the bandwidth of four vector kernels on arrays that fit in no cache.

    copy   c = a          16 B an element
    scale  b = s c        16 B
    add    c = a + b      24 B
    triad  a = b + s c    24 B

Bytes are counted as STREAM counts them: each array named in the formula once, and not the read
with which a cache fills the line it is about to overwrite. This write-allocate traffic, 8 B an
element in every phase, stands in ``bytes_hidden``: the stores are plain ones.

Source: J. D. McCalpin, STREAM 5.10, stream.c, https://www.cs.virginia.edu/stream/. This is a
variant of it in the sense of its licence: the arrays are spread over MPI ranks, the initial
doubling of a (a probe of the clock) is left out, and the verification uses the largest error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels.contract import (
    BANDWIDTH,
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

    from kernels.memory.stream.cpu import State

ARRAYS = 3
ELEMENT_B = 8
CACHES = 4
"""STREAM's rule: an array is at least this many times the sum of the last-level caches."""
SMALLEST_AUTO = 2**25
"""Elements of an array over all ranks where the caches are smaller or unknown: 256 MiB."""


@dataclass(frozen=True, kw_only=True)
class Stream(Kernel["State"]):
    """STREAM on every rank at once."""

    title: ClassVar[str] = "STREAM: memory bandwidth of copy, scale, add, triad"
    verification: ClassVar[str] = (
        "largest error of any element of a, b, c over all ranks, relative to the replayed scalar"
        " recurrence, at most 1e-13 (STREAM's limit for the mean, which hides a single element)"
    )
    primary: ClassVar[str] = "triad"

    n: int = parameter(unit="1", help="elements of each array on each rank", minimum=1)

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """Four times the caches for each array, or what the memory holds if that is less."""
        if "n" in given:
            return {}
        wanted = max(CACHES * llc_B // ELEMENT_B, SMALLEST_AUTO)
        n = min(-(-wanted // ranks), memory_B // (ARRAYS * ELEMENT_B * ranks))
        if n < 1:
            known = f"one element a rank needs {ARRAYS * ELEMENT_B * ranks} B over {ranks} ranks"
            raise IllegalParameter("n", "auto", f"{memory_B} B may be filled, {known}")
        return {"n": n}

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """The same: every rank has arrays of its own."""
        return dict(given)

    def check_geometry(self, ranks: int) -> None:
        """Every number of elements on every number of ranks is legal."""

    def memory_B(self, ranks: int) -> int:
        """The three arrays."""
        return ARRAYS * ELEMENT_B * self.n

    def phases(self) -> tuple[Phase[State], ...]:
        """In STREAM's order, each phase reading what the one before it wrote."""
        return (
            Phase("copy", BANDWIDTH, lambda state: state.copy(), self._work(reads=1, flop=0)),
            Phase("scale", BANDWIDTH, lambda state: state.scale(), self._work(reads=1, flop=1)),
            Phase("add", BANDWIDTH, lambda state: state.add(), self._work(reads=2, flop=1)),
            Phase("triad", BANDWIDTH, lambda state: state.triad(), self._work(reads=2, flop=2)),
        )

    def setup(self, comm: Intracomm) -> State:
        """Fill the arrays: a = 1, b = 2, c = 0."""
        from kernels.memory.stream.cpu import allocate

        return allocate(self.n)

    def prepare(self, state: State) -> None:
        """Restart the recurrence before it overflows: a grows by 15 a repetition."""
        state.restart_if_grown()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """Every element against the recurrence, replayed with one number for each array."""
        from mpi4py import MPI

        from kernels.memory.stream.cpu import worst_error

        error = comm.allreduce(worst_error(state), op=MPI.MAX)
        return Check("largest relative error", error, 1e-13)

    def _work(self, reads: int, flop: int) -> Callable[[int], Work]:
        def work(ranks: int) -> Work:
            elements = self.n * ranks
            array_B = float(ELEMENT_B * elements)
            return Work(
                flop=flop * elements,
                bytes_read=reads * array_B,
                bytes_written=array_B,
                bytes_hidden=array_B,
                items=elements,
            )

        return work
