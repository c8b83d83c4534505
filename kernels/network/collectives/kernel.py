"""Collectives: the time of each collective operation of MPI, over message sizes.

With p ranks and m bytes, the unit of every size:

    barrier          nothing but synchronisation
    bcast            m from rank 0 to all
    allreduce        sum of m of each, to all
    allgather        m of each, to all
    alltoall         m from each to each
    alltoallv        m/2, m or 3m/2 from each to each, by (source + destination) modulo 3
    reduce_scatter   sum of p m of each, m of it to each

The numbers are unsigned integers of 4 B, so that sums are exact. Each call is timed from a barrier
of its own, on every rank to its own end, and its time is that of its slowest rank. Ranks leave a
barrier at different moments; how far apart they can be, the phase ``barrier`` tells: an operation
that is not longer than it is known no better than that.

Counting: one message a call, so that the latency is the time of the operation. Bytes are those
that must leave a rank whatever the algorithm, over all ranks: bcast (p-1) m, allreduce 2 (p-1) m,
the others (p-1) p m. With latency alpha and beta seconds a byte of a ping-pong, no operation takes
less than log2(p) alpha, nor an allreduce less than 2 (p-1)/p m beta (Thakur, Rabenseifner, Gropp,
Optimization of collective communication operations in MPICH, 2005).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

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
from kernels.network.collectives import plan
from kernels.network.collectives.plan import ELEMENT_B

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.network.collectives.cpu import State

LARGEST_AUTO = 2**20
BARRIER_CALLS = 100
OPERATIONS = ("bcast", "allreduce", "allgather", "alltoall", "alltoallv", "reduce_scatter")


@dataclass(frozen=True, kw_only=True)
class Collectives(Kernel["State"]):
    """Collective operations."""

    title: ClassVar[str] = "barrier, bcast, allreduce, allgather, alltoall(v), reduce_scatter"
    verification: ClassVar[str] = (
        "elements that are wrong, in the result that was timed last and in that of each operation"
        " and size called once more, on all ranks, against a closed form: none"
    )
    primary: ClassVar[str] = "barrier"
    least_ranks: ClassVar[int] = 2

    operations: str = parameter(
        "all",
        unit="",
        help="one operation beside the barrier, or all",
        choices=("all", *OPERATIONS),
    )
    smallest: int = parameter(
        ELEMENT_B, unit="B", help="smallest size, a multiple of 4", minimum=ELEMENT_B
    )
    largest: int = parameter(
        unit="B",
        help="largest size, a multiple of 4; auto: 1 MiB if the memory holds it for every rank",
        minimum=ELEMENT_B,
        maximum=2**28,
    )

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """1 MiB, or the largest power of two for which the memory is enough."""
        if "largest" in given:
            return {}
        smallest = int(given.get("smallest", ELEMENT_B))
        largest = max(LARGEST_AUTO, smallest)
        countable = plan.largest_countable(ranks)
        while cls(largest=largest).memory_B(ranks) * ranks > memory_B or largest > countable:
            largest //= 2
            if largest < smallest:
                need = cls(largest=smallest).memory_B(ranks) * ranks
                why = f"{memory_B} B may be filled, {smallest} B need {need} B over {ranks} ranks"
                raise IllegalParameter("largest", "auto", why)
        return {"largest": largest}

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """The same sizes: they are those of a rank."""
        return dict(given)

    def check_geometry(self, ranks: int) -> None:
        """IllegalParameter for one rank, sizes of no whole elements or beyond what MPI counts."""
        if ranks < self.least_ranks:
            raise IllegalParameter("ranks", ranks, "an operation needs two: --ranks 2, or more")
        for name in ("smallest", "largest"):
            if getattr(self, name) % ELEMENT_B:
                raise IllegalParameter(name, getattr(self, name), "a multiple of 4")
        if self.largest < self.smallest:
            raise IllegalParameter("largest", self.largest, f"at least {self.smallest}, smallest")
        most = plan.largest_countable(ranks)
        if self.largest > most:
            known = f"at most {most} on {ranks} ranks: MPI counts elements in 32 bits"
            raise IllegalParameter("largest", self.largest, known)

    def memory_B(self, ranks: int) -> int:
        """What alltoallv sends and receives, which is the most, and what bcast sends."""
        return 2 * ELEMENT_B * plan.room(self.largest, ranks) + self.largest

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes of the messages, B."""
        return plan.sizes(self.smallest, self.largest)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The operations that have a size."""
        return OPERATIONS if self.operations == "all" else (self.operations,)

    def phases(self) -> tuple[Phase[State], ...]:
        """The barrier, then each operation over all sizes."""
        return tuple(self._phases())

    def setup(self, comm: Intracomm) -> State:
        """One buffer to send and one to receive, shared by all operations."""
        from kernels.network.collectives.cpu import allocate

        return allocate(self.chosen, self.sizes, comm)

    def verify(self, state: State, comm: Intracomm) -> Check:
        """The last result, and each operation called once more."""
        wrong = comm.allreduce(state.wrong())
        return Check("elements that are wrong", float(wrong), 0.0)

    def _phases(self) -> Iterator[Phase[State]]:
        yield Phase(
            "barrier",
            LATENCY,
            lambda state: state.barrier(),
            lambda ranks: Work(messages=1),
            calls=BARRIER_CALLS,
        )
        for operation in self.chosen:
            for size in self.sizes:
                yield Phase(
                    f"{operation}_{size}",
                    LATENCY,
                    _run(operation, size),
                    _work(operation, size),
                    also=(BANDWIDTH,),
                    point=Point(operation, "message", size, "B"),
                    calls=plan.calls(size),
                )


def _run(operation: str, size: int) -> Callable[[State], None]:
    return lambda state: state.calls[operation, size]()


def _work(operation: str, size: int) -> Callable[[int], Work]:
    def work(ranks: int) -> Work:
        sent_B = {
            "bcast": (ranks - 1) * size,
            "allreduce": 2 * (ranks - 1) * size,
            "alltoallv": plan.uneven_total(size // ELEMENT_B, ranks) * ELEMENT_B,
        }
        return Work(messages=1, bytes_read=float(sent_B.get(operation, ranks * (ranks - 1) * size)))

    return work
