"""Broadcast of one message along a row of processes, in the background of other work.

The algorithms are those of netlib HPL 2.3 (their names: HPL.dat, BCAST 0 to 5), and the MPI
library's own. Each is a schedule: what a process receives, and what it passes on once that has
come. Processes are counted from the root on: 0 is the root, 1 its right neighbour, which owns the
next panel and so should not be kept busy forwarding (the "modified" ones spare it).

    1rg, 1rM    one ring: q - 1 steps, each process sends once
    2rg, 2rM    two rings of half the length
    Lng, LnM    spread and roll: pieces to everybody, then a ring of pieces; each process sends
                about one message, whatever q is

A message must stay untouched until `InFlight.finish` has returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.blocks import block

WHOLE: Final = -1
"""The piece that is the whole message."""
AT_ONCE: Final = -1
"""What a send waits for if it waits for nothing."""


@dataclass(frozen=True)
class Receive:
    """A piece that comes from another process."""

    source: int
    piece: int = WHOLE


@dataclass(frozen=True)
class Send:
    """A piece for another process, once the receive of that index has completed."""

    to: int
    piece: int = WHOLE
    after: int = AT_ONCE


@dataclass(frozen=True)
class Schedule:
    """What one process does; all processes are counted from the root on."""

    receives: tuple[Receive, ...] = ()
    sends: tuple[Send, ...] = ()


def _forward(me: int, source: int, last: int) -> Schedule:
    """A place inside a ring that ends at process ``last``."""
    return Schedule((Receive(source),), (Send(me + 1, after=0),) if me < last else ())


def ring(me: int, q: int) -> Schedule:
    """Increasing ring: 0 -> 1 -> 2 -> ..."""
    if me == 0:
        return Schedule(sends=(Send(1),))
    return _forward(me, me - 1, q - 1)


def ring_modified(me: int, q: int) -> Schedule:
    """Increasing ring that spares process 1: 0 -> 1, and 0 -> 2 -> 3 -> ..."""
    if me == 0:
        return Schedule(sends=tuple(Send(to) for to in (1, 2) if to < q))
    if me == 1:
        return Schedule((Receive(0),))
    return _forward(me, 0 if me == 2 else me - 1, q - 1)


def two_rings(me: int, q: int, first: int = 1) -> Schedule:
    """Two increasing rings from the root, over processes ``first`` to q - 1."""
    half = first + (q - first + 1) // 2
    if me == 0:
        return Schedule(sends=tuple(Send(to) for to in dict.fromkeys((first, half)) if to < q))
    last = half - 1 if me < half else q - 1
    return _forward(me, 0 if me in (first, half) else me - 1, last)


def two_rings_modified(me: int, q: int) -> Schedule:
    """Process 1 alone, and two rings over the others."""
    if me == 1:
        return Schedule((Receive(0),))
    rest = two_rings(me, q, first=2) if q > 2 else Schedule()
    return Schedule(rest.receives, (Send(1), *rest.sends)) if me == 0 else rest


def long(me: int, q: int) -> Schedule:
    """Spread-roll: piece i to process i, then each passes on the pieces that it gets."""
    return _spread_roll(me, q, range(q))


def long_modified(me: int, q: int) -> Schedule:
    """The whole message to process 1, and spread-roll over the others."""
    if me == 1:
        return Schedule((Receive(0),))
    rest = _spread_roll(me, q, [one for one in range(q) if one != 1])
    return Schedule(rest.receives, (Send(1), *rest.sends)) if me == 0 else rest


def _spread_roll(me: int, q: int, ring_: range | list[int]) -> Schedule:
    """Over the processes of ``ring_``, of which the first is the root; q pieces at most.

    The piece of place i reaches that place first. In step s, place i passes piece i - s on.
    """
    members = list(ring_)
    size, place = len(members), members.index(me)
    if place == 0:
        spread = [Send(members[i], i) for i in range(1, size)]
        roll = [Send(members[1], -s % size) for s in range(size - 1)] if size > 1 else []
        return Schedule(sends=(*spread, *roll))
    left, right = members[place - 1], members[(place + 1) % size]
    receives = [Receive(members[0], place)]
    receives += [Receive(left, (place - 1 - s) % size) for s in range(size - 1)]
    wanted = range(size - 1) if right != members[0] else ()
    return Schedule(tuple(receives), tuple(Send(right, (place - s) % size, s) for s in wanted))


SCHEDULES: Final[dict[str, Callable[[int, int], Schedule]]] = {
    "1rg": ring,
    "1rM": ring_modified,
    "2rg": two_rings,
    "2rM": two_rings_modified,
    "Lng": long,
    "LnM": long_modified,
}


class InFlight(Protocol):
    """A broadcast on its way; MPI may need to be polled to move it."""

    def poll(self) -> None:
        """Let MPI make progress, and pass on what has come."""

    def wait(self) -> None:
        """Return when the message is complete here."""

    def finish(self) -> None:
        """Return when the message may be changed: it has left for all that get it from here."""


class _Arrived:
    """The broadcast of a process that is alone."""

    def poll(self) -> None: ...

    def wait(self) -> None: ...

    def finish(self) -> None: ...


class _OfLibrary:
    """MPI's own non-blocking broadcast."""

    def __init__(self, comm: MPI.Intracomm, message: NDArray[Any], root: int) -> None:
        self._request = comm.Ibcast(message, root=root)

    def poll(self) -> None:
        self._request.Test()

    def wait(self) -> None:
        self._request.Wait()

    def finish(self) -> None:
        self.wait()


class _Scheduled:
    """A broadcast by messages between two processes each."""

    def __init__(
        self, comm: MPI.Intracomm, message: NDArray[Any], root: int, schedule: Schedule, parts: int
    ) -> None:
        self._comm, self._message, self._root = comm, message, root
        self._schedule, self._parts = schedule, parts
        self._coming = [
            comm.Irecv(self._piece(one.piece), self._rank(one.source), self._tag(one.piece))
            for one in schedule.receives
        ]
        self._left = len(self._coming)
        self._going: list[MPI.Request] = []
        self._pass_on(AT_ONCE)

    def poll(self) -> None:
        if self._left:
            self._arrived(MPI.Request.Testsome(self._coming))
        elif self._going and MPI.Request.Testall(self._going):
            self._going.clear()

    def wait(self) -> None:
        while self._left:
            self._arrived(MPI.Request.Waitsome(self._coming))

    def finish(self) -> None:
        self.wait()
        MPI.Request.Waitall(self._going)
        self._going.clear()

    def _arrived(self, indices: list[int] | None) -> None:
        for index in indices or ():
            self._left -= 1
            self._pass_on(index)

    def _pass_on(self, index: int) -> None:
        self._going += [
            self._comm.Isend(self._piece(one.piece), self._rank(one.to), self._tag(one.piece))
            for one in self._schedule.sends
            if one.after == index
        ]

    def _rank(self, place: int) -> int:
        return (self._root + place) % self._comm.size

    def _tag(self, piece: int) -> int:
        return piece + 1

    def _piece(self, piece: int) -> NDArray[Any]:
        if piece == WHOLE:
            return self._message
        part = block(self._message.size, self._parts, piece)
        return self._message[part.start : part.stop]


def start(comm: MPI.Intracomm, message: NDArray[Any], root: int, algorithm: str) -> InFlight:
    """Begin to broadcast a contiguous vector from rank ``root`` of ``comm``. Collective.

    algorithm : "mpi" or a key of `SCHEDULES`. Broadcasts on one communicator must be started in
    the same order everywhere.
    """
    if comm.size == 1:
        return _Arrived()
    if algorithm == "mpi":
        return _OfLibrary(comm, message, root)
    schedule = SCHEDULES[algorithm]((comm.rank - root) % comm.size, comm.size)
    parts = comm.size - 1 if algorithm == "LnM" else comm.size
    return _Scheduled(comm, message, root, schedule, parts)
