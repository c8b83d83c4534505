"""Buffers of all sizes, what they hold, and the check that it has arrived."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from kernels._support import contents
from kernels._support.memory import on_huge_pages
from kernels.network.pingpong import plan
from kernels.network.pingpong.compiled import CompiledPath
from kernels.network.pingpong.interpreted import InterpretedPath
from kernels.network.pingpong.lane import Lane, Side
from kernels.network.pingpong.reference import partner, stamp

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

_WORD_B: Final = 8


class Path(Protocol):
    """Who calls MPI. Each method is one call of a phase, on a rank that has a partner."""

    def one_way(self, lane: Lane) -> None:
        """Round trips; the leading rank sends first."""

    def exchange(self, lane: Lane) -> None:
        """Both send and receive at once."""

    def stream(self, lane: Lane) -> None:
        """Windows of messages from the leading rank, each acknowledged."""


_PATHS: Final[dict[str, Any]] = {"compiled": CompiledPath, "mpi4py": InterpretedPath}


@dataclass
class State:
    """One rank. lanes : size -> its buffers, none where the rank has no partner."""

    lanes: dict[int, Lane]
    leads: bool
    pair: int
    path: Path | None
    repetition: int = 0

    def run(self, pattern: str, size: int) -> None:
        """One call of a phase."""
        if self.path is not None:
            getattr(self.path, pattern)(self.lanes[size])

    def renew(self) -> None:
        """The next contents, to be sent by this rank."""
        self.repetition += 1
        for lane in self.lanes.values():
            contents.fill(lane.outgoing.view(np.uint64), *self._content(lane, self.leads))

    def wrong(self, patterns: list[str]) -> int:
        """Words that differ: of what was received last, then of each pattern, sent once more."""
        # Every pattern fills the first place of both ranks, a stream all places of the receiver.
        found = self._differing(all_places=not self.leads)
        for pattern in patterns:
            self.renew()
            for size in self.lanes:
                self.run(pattern, size)
            streamed = pattern == "stream"
            if not (streamed and self.leads):
                found += self._differing(all_places=streamed)
        return found

    def _differing(self, *, all_places: bool) -> int:
        return sum(
            self._of_message(lane, place)
            for lane in self.lanes.values()
            for place in range(lane.window if all_places else 1)
        )

    def _of_message(self, lane: Lane, place: int) -> int:
        first = place * lane.slot_B // _WORD_B
        words = lane.incoming.view(np.uint64)[first:]
        return contents.differing(words, first, lane.size, *self._content(lane, not self.leads))

    def _content(self, lane: Lane, leads: bool) -> tuple[np.uint64, np.uint64]:
        """Key and change of what one end of this pair sends in this repetition."""
        return contents.of(lane.size, self.pair, stamp(self.repetition, leads=leads))


def allocate(sizes: tuple[int, ...], comm: Intracomm, *, pairs: str, path: str) -> State:
    """The buffers of this rank, touched by it; none if it has no partner."""
    other = partner(comm.rank, comm.size, pairs)
    if other is None:
        return State({}, leads=False, pair=0, path=None)
    leads = comm.rank < other
    lanes = {lane.size: lane for lane in lanes_of(sizes)}
    way = _PATHS[path](Side(comm, other, leads))
    return State(lanes, leads=leads, pair=min(comm.rank, other), path=way)


def lanes_of(sizes: tuple[int, ...]) -> list[Lane]:
    """The buffers of all sizes, cut from one piece of memory each way."""
    ends = list(accumulate(plan.window(size) * plan.slot_B(size) for size in sizes))
    outgoing, incoming = (on_huge_pages(ends[-1]) for _ in range(2))
    starts = [0, *ends]
    return [
        Lane(size, outgoing[start:end], incoming[start:end])
        for size, start, end in zip(sizes, starts, ends, strict=False)
    ]
