"""Pingpong: messages between two ranks, one way, both ways, and many at once, from 0 B to 64 MiB.

    one_way    a message there and back; the time of a message is half that of a round trip
    exchange   both send at once (MPI_Sendrecv)
    stream     a window of messages one way (MPI_Isend, MPI_Irecv), acknowledged by an empty one

The partners are the first and the last rank, which lie on different nodes if there are any, or all
ranks at once, rank i with rank i + ranks/2. The other ranks wait in a barrier.

Counting, for a call: 2 messages a trip of one_way and exchange, those of its windows for stream,
without the acknowledgement. Bytes are those of the messages, counted once, where they are read to
be sent. Pairs that talk at once add up, but for the messages of one_way, whose latency is that of
one pair. How many trips, windows and calls: plan.py. The messages of a window lie in 64 places,
where OSU's benchmark sends from one place 64 times and receives all in one. All lie on huge pages,
where Linux gives them.

Sources: latency as half a round trip and 8 B, 2,000,000 B: b_eff of HPC Challenge 1.5,
https://github.com/icl-utk-edu/hpcc; a window of 64: OSU micro-benchmarks, osu_bw and osu_mbw_mr.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels.contract import (
    BANDWIDTH,
    LATENCY,
    MESSAGE_RATE,
    Check,
    IllegalParameter,
    Kernel,
    Metric,
    Phase,
    Point,
    Value,
    Work,
    parameter,
)
from kernels.network.pingpong import plan

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.network.pingpong.cpu import State

LARGEST_AUTO = 2**26
WHOLE_PAGES_B = 2**22
"""What it takes at most to begin and end on huge pages."""
PATTERNS: dict[str, Metric] = {
    "one_way": LATENCY,
    "exchange": MESSAGE_RATE,
    "stream": MESSAGE_RATE,
}
"""Pattern -> its main metric; all have a bandwidth too, but for the empty message."""


@dataclass(frozen=True, kw_only=True)
class Pingpong(Kernel["State"]):
    """Point-to-point messages."""

    title: ClassVar[str] = "latency, bandwidth and message rate between two ranks, over sizes"
    verification: ClassVar[str] = (
        "8 B words that differ in the last message of each size that was timed, and of each size"
        " and pattern in an exchange of its own: none; every byte depends on size, place, sender"
        " and repetition"
    )
    primary: ClassVar[str] = f"one_way_{plan.HEADLINE_B}"
    least_ranks: ClassVar[int] = 2

    smallest: int = parameter(
        0, unit="B", help="smallest message", minimum=0, maximum=plan.HEADLINE_B
    )
    largest: int = parameter(
        unit="B",
        help="largest message; auto: 64 MiB if the memory holds it",
        minimum=plan.HEADLINE_B,
        maximum=2**30,
    )
    pairs: str = parameter(
        "one",
        unit="",
        help="one: first and last rank; all: every rank i with i + ranks/2, at once",
        choices=("one", "all"),
    )
    path: str = parameter(
        "compiled",
        unit="",
        help="who calls MPI: compiled code, or Python through mpi4py's buffers",
        choices=("compiled", "mpi4py"),
    )

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """64 MiB, or the largest power of two for which the memory is enough."""
        if "largest" in given:
            return {}
        largest = LARGEST_AUTO
        while cls(largest=largest).memory_B(ranks) * ranks > memory_B:
            largest //= 2
            if largest < plan.HEADLINE_B:
                need = f"{2 * plan.HEADLINE_B} B messages need more"
                raise IllegalParameter("largest", "auto", f"{memory_B} B may be filled, {need}")
        return {"largest": largest}

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """The same messages: their sizes are those of a rank."""
        return dict(given)

    def check_geometry(self, ranks: int) -> None:
        """IllegalParameter for one rank, which has nobody to send to."""
        if ranks < self.least_ranks:
            raise IllegalParameter("ranks", ranks, "a message needs two: --ranks 2, or more")

    def memory_B(self, ranks: int) -> int:
        """A place for each message of a window of each size, twice, on whole huge pages."""
        return 2 * (plan.buffers_B(self.sizes) + WHOLE_PAGES_B)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes of the messages, B."""
        return plan.sizes(self.smallest, self.largest)

    def phases(self) -> tuple[Phase[State], ...]:
        """Each pattern over all sizes."""
        return tuple(self._phases())

    def setup(self, comm: Intracomm) -> State:
        """Buffers for every size, on the ranks that have a partner."""
        from kernels.network.pingpong.cpu import allocate

        return allocate(self.sizes, comm, pairs=self.pairs, path=self.path)

    def prepare(self, state: State) -> None:
        """Other contents, so that what is left of the repetition before is noticed."""
        state.renew()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """The messages that were timed last, then each pattern anew."""
        wrong = comm.allreduce(state.wrong(list(PATTERNS)))
        return Check("8 B words that differ", float(wrong), 0.0)

    def _phases(self) -> Iterator[Phase[State]]:
        for pattern, metric in PATTERNS.items():
            for size in self.sizes:
                yield Phase(
                    f"{pattern}_{size}",
                    metric,
                    _run(pattern, size),
                    self._work(pattern, size),
                    also=(BANDWIDTH,) if size else (),
                    point=Point(pattern, "message", size, "B"),
                    calls=plan.calls(size),
                )

    def _work(self, pattern: str, size: int) -> Callable[[int], Work]:
        each = 2 * plan.trips(size)
        if pattern == "stream":
            each = plan.windows(size) * plan.window(size)

        def work(ranks: int) -> Work:
            pairs = ranks // 2 if self.pairs == "all" else 1
            messages = each if pattern == "one_way" else each * pairs
            return Work(messages=messages, bytes_read=float(each * pairs * size))

        return work


def _run(pattern: str, size: int) -> Callable[[State], None]:
    return lambda state: state.run(pattern, size)
