"""Pairs: latency and bandwidth between every two nodes, many pairs at once.

A round-robin tournament: in each of N - 1 rounds (N of them if N is odd) N/2 disjoint pairs of
nodes exchange messages at the same time, so that every pair meets once.

    latency      a message of 8 B there and back, between the first ranks of both nodes
    bandwidth    a large message each way at once (MPI_Sendrecv), on one rank of a node or several

An `end` is what is paired: a node, or on a single node each rank. Ranks i of an end belong together
with ranks i of the other end; ranks that take no part wait in a barrier, and so do ends that rest.

The time of a round is that of its slowest pair, and the time of a repetition the median of its
rounds: the metrics are those of the slowest pair of an ordinary round. A single slow link is one
round of many; it is seen in the times of the pairs, which every rank tells of every round
(`Watch.split`): /entry/splits in the file of a case. `qyran accept` judges nodes and links by them.

Counting, for a round: the messages and bytes of one pair, those of both directions added, bytes
where they are read to be sent. A latency is half of a round trip.

Source of the order of the pairs: the circle method, E. Lucas, Recreations mathematiques II (1883).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels.contract import (
    BANDWIDTH,
    LATENCY,
    Check,
    IllegalParameter,
    Kernel,
    Phase,
    Value,
    Watch,
    Work,
    parameter,
)
from kernels.network.pairs import plan

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.network.pairs.cpu import State

WHOLE_PAGES_B = 2**22
"""What it takes at most to begin and end on huge pages."""


@dataclass(frozen=True, kw_only=True)
class Pairs(Kernel["State"]):
    """A tournament of nodes."""

    title: ClassVar[str] = "latency and bandwidth of all pairs of nodes, many pairs at once"
    verification: ClassVar[str] = (
        "8 B words that differ in what each rank received last, and in a message of each size that"
        " travels each way between all pairs once more: none; every byte depends on size, sender"
        " and repetition"
    )
    primary: ClassVar[str] = "bandwidth"
    least_ranks: ClassVar[int] = 2
    step: ClassVar[str] = "round"

    message: int = parameter(
        2**22, unit="B", help="message of the bandwidth", minimum=1, maximum=2**30
    )
    ends: int = parameter(
        unit="1",
        help="what is paired; auto: the nodes, or on one node its ranks",
        minimum=2,
        maximum=2**20,
    )
    lanes: int = parameter(
        1, unit="1", help="ranks of a node that exchange large messages at once", minimum=1
    )
    at_once: int = parameter(
        unit="1", help="pairs that meet at once at most; auto: all of a round", minimum=1
    )

    @classmethod
    def placed(cls, nodes: int, ranks: int) -> dict[str, Value]:
        """Nodes are the ends where there are several."""
        return {"ends": nodes if nodes > 1 else ranks}

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """Each rank an end, where nothing else is said, and no limit of pairs at once."""
        ends = int(given.get("ends", ranks))
        chosen: dict[str, Value] = {"ends": ends, "at_once": max(1, ends // 2)}
        return {name: value for name, value in chosen.items() if name not in given}

    def check_geometry(self, ranks: int) -> None:
        """IllegalParameter where ranks are no whole ends, or too few for the lanes."""
        if ranks < self.least_ranks:
            raise IllegalParameter("ranks", ranks, "a pair needs two: --nodes 2, or --ranks 2")
        if self.ends < 2 or ranks % self.ends:
            known = f"a divisor of the {ranks} ranks, at least 2; on several nodes their number"
            raise IllegalParameter("ends", self.ends, known)
        if self.lanes > ranks // self.ends:
            known = f"at most {ranks // self.ends}, the ranks of a node"
            raise IllegalParameter("lanes", self.lanes, known)

    def memory_B(self, ranks: int) -> int:
        """Two large messages on whole huge pages, and a small one for each round."""
        small = (1 + plan.rounds(self.ends, self.at_once)) * plan.slot_B(plan.LATENCY_B)
        return 2 * (plan.slot_B(self.message) + WHOLE_PAGES_B) + small

    def phases(self) -> tuple[Phase[State], ...]:
        """A call is a round."""
        rounds = plan.rounds(self.ends, self.at_once)
        return (
            Phase("latency", LATENCY, _round("latency"), self._latency, calls=rounds),
            Phase("bandwidth", BANDWIDTH, _round("bandwidth"), self._bandwidth, calls=rounds),
        )

    def setup(self, comm: Intracomm) -> State:
        """The messages of this rank, and whom it meets when."""
        from kernels.network.pairs.cpu import allocate

        return allocate(self, comm)

    def watch(self, state: State, watch: Watch) -> None:
        """Each rank tells the time of each round."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """The first round comes next, with other contents than before."""
        state.renew()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """What was received last, then a tournament of single messages."""
        wrong = comm.allreduce(state.wrong())
        return Check("8 B words that differ", float(wrong), 0.0)

    def _latency(self, ranks: int) -> Work:
        messages = 2 * plan.TRIPS
        return Work(messages=messages, bytes_read=float(messages * plan.LATENCY_B))

    def _bandwidth(self, ranks: int) -> Work:
        messages = 2 * self.lanes * plan.exchanges(self.message)
        return Work(messages=messages, bytes_read=float(messages) * self.message)


def _round(pattern: str) -> Callable[[State], None]:
    return lambda state: state.next_round(pattern)
