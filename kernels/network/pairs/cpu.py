"""The rounds of a tournament on one rank, its messages, and the check that they have arrived."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numba import njit, types
from numpy.typing import NDArray

from kernels._support import mpi_calls as mpi
from kernels._support.memory import on_huge_pages, touched
from kernels.contract import UNWATCHED, Watch
from kernels.network.pairs import plan, schedule

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.network.pairs.kernel import Pairs

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
PATTERNS: Final = ("latency", "bandwidth")
_WORD_B: Final = 8
_SIZES: Final = np.uint64(0x9E3779B97F4A7C15)
_SENDERS: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_EACH_BYTE: Final = np.uint64(0x0101010101010101)

_tuple: Any = types.Tuple
_WIRE: Final = _tuple(
    (types.int64, types.int64, types.int32, mpi.HANDLE, types.int32, mpi.HANDLE, types.int64)
)
"""Outgoing, incoming, size, MPI.BYTE, partner, communicator, status: addresses and handles."""
_options: Final[dict[str, Any]] = {"cache": True, "error_model": "numpy"}
# Names of this module: Numba takes no attribute of another for a compiled function.
_send, _receive, _both = mpi.send, mpi.receive, mpi.exchange


@njit(types.int32(_WIRE, types.boolean, types.int64), **_options)
def there_and_back(wire: Any, leads: bool, trips: int) -> np.int32:
    """Round trips; the leading rank sends first."""
    outgoing, incoming, size, byte, partner, comm, status = wire
    code = np.int32(0)
    for _ in range(trips):
        if leads:
            code |= _send(outgoing, size, byte, partner, 0, comm)
            code |= _receive(incoming, size, byte, partner, 0, comm, status)
        else:
            code |= _receive(incoming, size, byte, partner, 0, comm, status)
            code |= _send(outgoing, size, byte, partner, 0, comm)
    return code


@njit(types.int32(_WIRE, types.int64), **_options)
def both_ways(wire: Any, trips: int) -> np.int32:
    """Both send and receive at once."""
    to, fro, size, byte, other, comm, status = wire
    code = np.int32(0)
    for _ in range(trips):
        code |= _both(to, size, byte, other, 0, fro, size, byte, other, 0, comm, status)
    return code


@njit("u8(u8, u8, u8)", cache=True, error_model="numpy", inline="always")
def _word(i: np.uint64, key: np.uint64, change: np.uint64) -> np.uint64:
    """A word of a message; see reference.py."""
    mixed = i + key
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX
    return mixed ^ (mixed >> np.uint64(32)) ^ change


@njit("void(u8[::1], u8, u8)", cache=True, error_model="numpy")
def fill(words: Words, key: np.uint64, change: np.uint64) -> None:
    """Write a message, the rest of its last cache line included."""
    for i in range(words.size):
        words[i] = _word(np.uint64(i), key, change)


@njit("i8(u8[::1], i8, u8, u8)", cache=True, error_model="numpy")
def differing(words: Words, size: int, key: np.uint64, change: np.uint64) -> int:
    """8 B words that are not what was sent; of the last one only the bytes of the message."""
    wrong = 0
    whole = size // 8
    for i in range(whole):
        wrong += words[i] != _word(np.uint64(i), key, change)
    rest = size - 8 * whole
    if rest > 0:
        kept = (np.uint64(1) << np.uint64(8 * rest)) - np.uint64(1)
        wrong += ((words[whole] ^ _word(np.uint64(whole), key, change)) & kept) != np.uint64(0)
    return wrong


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
        wire = self._wire(pattern, at, partner)
        if pattern == "latency":
            mpi.must_be_well(there_and_back(wire, self.comm.rank < partner, trips))
        else:
            mpi.must_be_well(both_ways(wire, trips))

    def renew(self) -> None:
        """The next contents of what this rank sends; the first round is next."""
        self.repetition += 1
        self.played = dict.fromkeys(PATTERNS, 0)
        for pattern, message in self.outgoing.items():
            fill(message.view(np.uint64), *self._content(pattern, self.comm.rank))

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
        return differing(words, self.sizes[pattern], *self._content(pattern, partner))

    def _incoming(self, pattern: str, at: int) -> Bytes:
        return self.small[at] if pattern == "latency" else self.large

    def _content(self, pattern: str, sender: int) -> tuple[np.uint64, np.uint64]:
        """Key and change of what a rank sends in this repetition."""
        with np.errstate(over="ignore"):
            key = np.uint64(self.sizes[pattern]) * _SIZES + np.uint64(sender) * _SENDERS
        return key, np.uint64(self.repetition % 256) * _EACH_BYTE

    def _wire(self, pattern: str, at: int, partner: int) -> tuple[Any, ...]:
        return (
            self.outgoing[pattern].ctypes.data,
            self._incoming(pattern, at).ctypes.data,
            np.int32(self.sizes[pattern]),
            mpi.handle(MPI.BYTE),
            np.int32(partner),
            mpi.handle(self.comm),
            self._status.ctypes.data,
        )


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
