"""The patterns in Python, through mpi4py's buffers: what a Python program can expect."""

from __future__ import annotations

from typing import Any

from mpi4py import MPI

from kernels.network.pingpong import plan
from kernels.network.pingpong.lane import Lane, Side

Message = list[Any]
"""Buffer, count, datatype: nothing is left for mpi4py to find out."""


class InterpretedPath:
    """One end of the messages."""

    def __init__(self, side: Side) -> None:
        self._comm, self._partner, self._leads = side.comm, side.partner, side.leads
        self._built: dict[int, tuple[list[Message], list[Message]]] = {}
        self._empty: Message = [bytearray(1), 0, MPI.BYTE]

    def one_way(self, lane: Lane) -> None:
        """Round trips; the leading rank sends first."""
        (outgoing, *_), (incoming, *_) = self._messages(lane)
        send, receive, partner = self._comm.Send, self._comm.Recv, self._partner
        if self._leads:
            for _ in range(plan.trips(lane.size)):
                send(outgoing, partner)
                receive(incoming, partner)
        else:
            for _ in range(plan.trips(lane.size)):
                receive(incoming, partner)
                send(outgoing, partner)

    def exchange(self, lane: Lane) -> None:
        """Both send and receive at once."""
        (outgoing, *_), (incoming, *_) = self._messages(lane)
        exchange, partner = self._comm.Sendrecv, self._partner
        for _ in range(plan.trips(lane.size)):
            exchange(outgoing, partner, 0, incoming, partner)

    def stream(self, lane: Lane) -> None:
        """Windows of messages from the leading rank, each acknowledged."""
        outgoing, incoming = self._messages(lane)
        send, receive, partner = self._comm.Isend, self._comm.Irecv, self._partner
        wait_all = MPI.Request.Waitall
        if self._leads:
            for _ in range(plan.windows(lane.size)):
                wait_all([send(one, partner) for one in outgoing])
                self._comm.Recv(self._empty, partner)
        else:
            for _ in range(plan.windows(lane.size)):
                wait_all([receive(one, partner) for one in incoming])
                self._comm.Send(self._empty, partner)

    def _messages(self, lane: Lane) -> tuple[list[Message], list[Message]]:
        """What is sent and received, for each place of a window; built once."""
        if lane.size not in self._built:
            self._built[lane.size] = (
                [[one, lane.size, MPI.BYTE] for one in lane.places(lane.outgoing)],
                [[one, lane.size, MPI.BYTE] for one in lane.places(lane.incoming)],
            )
        return self._built[lane.size]
