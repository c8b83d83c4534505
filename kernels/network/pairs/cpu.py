"""The rounds of a tournament on one rank, its messages, and the check that they have arrived."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from kernels._support import contents, wire
from kernels._support import mpi_calls as mpi
from kernels._support.memory import on_huge_pages, touched
from kernels.contract import UNWATCHED, Watch
from kernels.network.pairs import plan, schedule

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.network.pairs.kernel import Pairs

Bytes = NDArray[np.uint8]
PATTERNS: Final = ("latency", "bandwidth")


@dataclass
class State:
    """One rank. small : (rounds, 64) a place for what each round brings; large : the last message.

    partners : (rounds,) ranks, -1 where this rank rests; in latency all but the first lane do.
    played : rounds of this repetition; rooms : of each pattern its message to be sent.
    """

    comm: Intracomm
    partners: dict[str, NDArray[np.int64]]
    sizes: dict[str, int]
    outgoing: dict[str, Bytes]
    small: Bytes
    large: Bytes
    watch: Watch = UNWATCHED
    repetition: int = 0
    played: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PATTERNS, 0))

    def __post_init__(self) -> None:
        self._status = np.zeros(mpi.STATUS_B, np.uint8)

    def next_round(self, pattern: str) -> None:
        """One call of a phase. All leave it together: it is as long as its slowest pair."""
        at = self.played[pattern] % len(self.partners[pattern])
        trips = plan.TRIPS if pattern == "latency" else plan.exchanges(self.sizes[pattern])
        self.watch.lap("waiting")
        self.meet(pattern, at, trips)
        self.watch.split(pattern)
        self.played[pattern] += 1
        self.comm.Barrier()

    def meet(self, pattern: str, at: int, trips: int) -> None:
        """The messages of a round, if this rank has a partner in it."""
        partner = int(self.partners[pattern][at])
        if partner < 0:
            return
        size, messages = self.sizes[pattern], (self.outgoing[pattern], self._incoming(pattern, at))
        line = wire.to(partner, self.comm, size, messages, self._status)
        if pattern == "latency":
            mpi.must_be_well(wire.round_trips(line, self.comm.rank < partner, trips))
        else:
            mpi.must_be_well(wire.exchanges(line, trips))

    def renew(self) -> None:
        """The next contents of what this rank sends; the first round is next."""
        self.repetition += 1
        self.played = dict.fromkeys(PATTERNS, 0)
        for pattern, outgoing in self.outgoing.items():
            contents.fill(outgoing.view(np.uint64), *self._content(pattern, self.comm.rank))

    def wrong(self) -> int:
        """Words that differ: of what was received last, then of each pair and size once more."""
        found = sum(self._timed(pattern) for pattern in PATTERNS)
        self.renew()
        for pattern in PATTERNS:
            for at in range(len(self.partners[pattern])):
                self.meet(pattern, at, 1)
                found += self._differing(pattern, at)
        return found

    def _timed(self, pattern: str) -> int:
        """Of the rounds of this repetition: all small messages, the last large one."""
        rounds = min(self.played[pattern], len(self.partners[pattern]))
        met = [at for at in range(rounds) if self.partners[pattern][at] >= 0]
        return sum(
            self._differing(pattern, at) for at in (met if pattern == "latency" else met[-1:])
        )

    def _differing(self, pattern: str, at: int) -> int:
        partner = int(self.partners[pattern][at])
        if partner < 0:
            return 0
        words = self._incoming(pattern, at).view(np.uint64)
        return contents.differing(words, 0, self.sizes[pattern], *self._content(pattern, partner))

    def _incoming(self, pattern: str, at: int) -> Bytes:
        return self.small[at] if pattern == "latency" else self.large

    def _content(self, pattern: str, sender: int) -> tuple[np.uint64, np.uint64]:
        """Key and change of what a rank sends in this repetition."""
        return contents.of(self.sizes[pattern], sender, self.repetition)


def allocate(kernel: Pairs, comm: Intracomm) -> State:
    """The messages of this rank, touched by it, and its partners."""
    sizes = {"latency": plan.LATENCY_B, "bandwidth": kernel.message}
    rounds = plan.rounds(kernel.ends, kernel.at_once)
    large_B = plan.slot_B(kernel.message)
    return State(
        comm=comm,
        partners=_partners(kernel, comm),
        sizes=sizes,
        outgoing={
            "latency": touched(plan.slot_B(plan.LATENCY_B), np.uint8),
            "bandwidth": on_huge_pages(large_B),
        },
        small=touched((rounds, plan.slot_B(plan.LATENCY_B)), np.uint8),
        large=on_huge_pages(large_B),
    )


def _partners(kernel: Pairs, comm: Intracomm) -> dict[str, NDArray[np.int64]]:
    """(rounds,) ranks of each pattern: rank i of an end belongs to rank i of another."""
    each = comm.size // kernel.ends
    end, lane = divmod(comm.rank, each)
    met = schedule.partners(kernel.ends, kernel.at_once, end)
    ranks = np.where(met >= 0, met * each + lane, -1)
    none = np.full_like(ranks, -1)
    return {
        "latency": ranks if lane == 0 else none,
        "bandwidth": ranks if lane < kernel.lanes else none,
    }
