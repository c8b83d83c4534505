"""Ladder: the measured roofline of a node: bandwidth of every level of memory, and peak flop rate.

    load   sum of x             8 B an element
    store  x = s                8 B
    copy   y = x               16 B
    triad  z = x + s y         24 B, 2 flop

over working sets from 8 KiB to eight times the last-level cache. All threads of all ranks sweep at
once, each its own arrays; the working set is that of one thread, all arrays of the operation
together. A call sweeps a small set so often that some 128 MiB are moved.

Counting: each array of the formula once a sweep, as in STREAM. From four times a thread's share of
the last-level cache on, where stores go to memory, the read with which a cache fills the line to be
overwritten, 8 B an element written, stands in ``bytes_hidden``; below, that read comes from a cache
and is not counted. The curves ``..._nontemporal``, over the same large sets only, store past the
caches, which needs no such read.

    fma    x <- x m + b         2 flop an element

in registers, in enough independent chains to hide the latency: with all threads at once, and on
one thread of rank 0 alone (``..._core``).

Verification, exact: elements are integers, so that no sum or product is rounded. Loads add the 64
bits of the elements as integers, modulo 2^64; what a sweep reads or writes changes from call to
call; each curve runs from its largest set down, so that every call leaves results that no later
one overwrites. m = 1 makes the end of a chain of k steps x + k b.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from kernels.contract import (
    BANDWIDTH,
    FLOP_RATE,
    Check,
    IllegalParameter,
    Kernel,
    Phase,
    Point,
    Value,
    Work,
    parameter,
)
from kernels.memory.ladder.steps import (
    ELEMENT_B,
    FLOP,
    IN_MEMORY,
    READS,
    SMALLEST_B,
    WRITES,
    Step,
    buffers,
    sizes,
    steps,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.memory.ladder.cpu import State

CACHES = 8
"""The largest working sets together, in last-level caches."""
UNKNOWN_CACHE_B = 2**25
"""Assumed of all threads together where the last-level cache is unknown."""
FMA_TERMS: Final = 2**18 * 384
"""Numbers that a thread multiplies and adds in a call: in float32 some 2 ms of a core."""
DTYPES: Final = ("float64", "float32")


@dataclass(frozen=True, kw_only=True)
class Ladder(Kernel["State"]):
    """Load, store, copy and triad on every level of memory, and the FMA peak."""

    title: ClassVar[str] = (
        "roofline: bandwidth of every level of memory, FMA peak of a core and of all"
    )
    verification: ClassVar[str] = (
        "no element, sum of loads or end of a multiply-add chain differs from its exact value"
    )
    primary: ClassVar[str] = "fma_float64"

    largest: int = parameter(
        unit="B", help="largest working set of a thread", minimum=SMALLEST_B, maximum=2**40
    )
    cache: int = parameter(
        unit="B", help="a thread's share of the last-level cache", minimum=0, maximum=2**40
    )
    sets: int = parameter(
        unit="1", help="working sets swept at once on each rank: one for each thread", minimum=1
    )

    @classmethod
    def threaded(cls, threads: int) -> dict[str, Value]:
        """A working set for each thread."""
        return {"sets": threads}

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """Up to eight last-level caches for all threads together, or what the memory holds."""
        sets = int(given.get("sets", 1))
        threads = ranks * sets
        cache_B = int(given.get("cache", (llc_B or UNKNOWN_CACHE_B) // threads))
        chosen: dict[str, Value] = {"sets": sets, "cache": cache_B}
        if "largest" not in given:
            chosen["largest"] = _largest(cache_B, memory_B // threads)
        return {name: value for name, value in chosen.items() if name not in given}

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """The sizes are those of a thread."""
        return dict(given)

    def check_geometry(self, ranks: int) -> None:
        """Every number of ranks will do."""

    def memory_B(self, ranks: int) -> int:
        """The buffers of all sets of a rank."""
        return self.sets * _buffers_B(self.largest, self.cache)

    def phases(self) -> tuple[Phase[State], ...]:
        """The peaks, then the curves."""
        return (
            *(self._peak(dtype, alone) for alone in (False, True) for dtype in DTYPES),
            *(self._point(step) for step in steps(self.largest, self.cache)),
        )

    def setup(self, comm: Intracomm) -> State:
        """Pin the threads; fill the buffers, each row by the thread that will sweep it."""
        from kernels.memory.ladder.cpu import allocate

        return allocate(self.sets, steps(self.largest, self.cache), comm)

    def verify(self, state: State, comm: Intracomm) -> Check:
        """What each call left, against its exact value."""
        from mpi4py import MPI

        from kernels.memory.ladder.check import wrong

        return Check("wrong results", comm.allreduce(float(wrong(state)), op=MPI.SUM), 0.0)

    def _peak(self, dtype: str, alone: bool) -> Phase[State]:
        def work(ranks: int) -> Work:
            threads = 1 if alone else ranks * self.sets
            return Work(flop=2.0 * FMA_TERMS * threads)

        name = f"fma_{dtype}" + "_core" * alone
        return Phase(name, FLOP_RATE, lambda state: state.fma(name), work, alone=alone)

    def _point(self, step: Step) -> Phase[State]:
        return Phase(
            step.name,
            BANDWIDTH,
            lambda state: state.sweep(step),
            partial(self._work, step),
            point=Point(curve=step.curve, axis="working set", at=step.set_B, unit="B"),
        )

    def _work(self, step: Step, ranks: int) -> Work:
        elements = float(ranks * self.sets * step.passes * step.items)
        written_B = WRITES[step.operation] * ELEMENT_B * elements
        filled = step.set_B >= IN_MEMORY * self.cache and not step.past_caches
        return Work(
            flop=FLOP[step.operation] * elements,
            bytes_read=READS[step.operation] * ELEMENT_B * elements,
            bytes_written=written_B,
            bytes_hidden=written_B if filled else 0.0,
            items=elements,
        )


def _largest(cache_B: int, memory_B: int) -> int:
    """The largest working set of a thread that may fill so much memory."""
    wanted = CACHES * cache_B
    known = sizes(2 * max(wanted, SMALLEST_B))
    best = next(size for size in known if size >= wanted)
    fitting = [size for size in known if size <= best and _buffers_B(size, cache_B) <= memory_B]
    if not fitting:
        need_B = _buffers_B(SMALLEST_B, cache_B)
        raise IllegalParameter(
            "largest", "auto", f"a thread may fill {memory_B} B, the smallest set needs {need_B} B"
        )
    return fitting[-1]


def _buffers_B(largest_B: int, cache_B: int) -> int:
    return ELEMENT_B * sum(buffers(steps(largest_B, cache_B)).values())
