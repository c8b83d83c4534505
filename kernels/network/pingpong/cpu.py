"""Buffers of all sizes, what they hold, and the check that it has arrived."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.memory import on_huge_pages
from kernels.network.pingpong import plan
from kernels.network.pingpong.compiled import CompiledPath
from kernels.network.pingpong.interpreted import InterpretedPath
from kernels.network.pingpong.lane import Lane, Side
from kernels.network.pingpong.reference import partner, stamp

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

_WORD_B: Final = 8
_SIZES: Final = np.uint64(0x9E3779B97F4A7C15)
_PAIRS: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_EACH_BYTE: Final = np.uint64(0x0101010101010101)


@njit("u8(u8, u8, u8)", cache=True, error_model="numpy", inline="always")
def _word(i: np.uint64, key: np.uint64, change: np.uint64) -> np.uint64:
    """A word of a message; see reference.py."""
    mixed = i + key
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX
    return mixed ^ (mixed >> np.uint64(32)) ^ change


@njit("void(u8[::1], u8, u8)", cache=True, error_model="numpy")
def fill(words: NDArray[np.uint64], key: np.uint64, change: np.uint64) -> None:
    """Write the messages of all places of a size, the rest of their cache lines included."""
    for i in range(words.size):
        words[i] = _word(np.uint64(i), key, change)


@njit("i8(u8[::1], i8, u8, u8, u8)", cache=True, error_model="numpy")
def differing(
    words: NDArray[np.uint64], first: int, last: np.uint64, key: np.uint64, change: np.uint64
) -> int:
    """Words of one message that are not what was sent; of the last one only the bits of `last`."""
    wrong = 0
    for i in range(words.size):
        difference = words[i] ^ _word(np.uint64(first + i), key, change)
        if i == words.size - 1:
            difference &= last
        wrong += difference != np.uint64(0)
    return wrong


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
            fill(lane.outgoing.view(np.uint64), self._key(lane), self._change(self.leads))

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
        words = -(-lane.size // _WORD_B)
        first = place * lane.slot_B // _WORD_B
        found = lane.incoming.view(np.uint64)[first : first + words]
        last = np.uint64((1 << 8 * (lane.size - _WORD_B * (words - 1))) - 1 if words else 0)
        return differing(found, first, last, self._key(lane), self._change(not self.leads))

    def _key(self, lane: Lane) -> np.uint64:
        with np.errstate(over="ignore"):
            return np.uint64(lane.size) * _SIZES + np.uint64(self.pair) * _PAIRS

    def _change(self, leads: bool) -> np.uint64:
        return np.uint64(stamp(self.repetition, leads=leads) % 256) * _EACH_BYTE


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
