"""The patterns in compiled code, which calls MPI itself: as fast as in C."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, types

from kernels._support import mpi_calls as mpi
from kernels._support import wire
from kernels.network.pingpong import plan
from kernels.network.pingpong.lane import Lane, Side

_tuple: Any = types.Tuple
_ROOM: Final = _tuple((types.int64,) * 5)
"""Places in a window, bytes from one to the next, requests, bytes of one, statuses."""
_options: Final[dict[str, Any]] = {"cache": True, "error_model": "numpy", "nogil": True}

# Names of this module: Numba takes no attribute of another for a compiled function.
send, receive = mpi.send, mpi.receive
start_send, start_receive, wait_all = mpi.start_send, mpi.start_receive, mpi.wait_all


@njit(types.int32(wire.WIRE, _ROOM, types.boolean, types.int64), **_options)
def stream(line: Any, room: Any, leads: bool, windows: int) -> np.int32:
    """Windows of messages from the leading rank, each acknowledged by an empty one."""
    to, fro, size, byte, other, comm, status = line
    places, slot_B, requests, request_B, statuses = room
    code = np.int32(0)
    for _ in range(windows):
        for i in range(places):
            request = requests + i * request_B
            if leads:
                code |= start_send(to + i * slot_B, size, byte, other, 0, comm, request)
            else:
                code |= start_receive(fro + i * slot_B, size, byte, other, 0, comm, request)
        code |= wait_all(np.int32(places), requests, statuses)
        if leads:
            code |= receive(fro, 0, byte, other, 0, comm, status)
        else:
            code |= send(to, 0, byte, other, 0, comm)
    return code


class CompiledPath:
    """One end of the messages."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._requests = np.zeros(plan.WINDOW * mpi.REQUEST_B, np.uint8)
        self._statuses = np.zeros(plan.WINDOW * mpi.STATUS_B, np.uint8)

    def one_way(self, lane: Lane) -> None:
        """Round trips; the leading rank sends first."""
        mpi.must_be_well(
            wire.round_trips(self._wire(lane), self._side.leads, plan.trips(lane.size))
        )

    def exchange(self, lane: Lane) -> None:
        """Both send and receive at once."""
        mpi.must_be_well(wire.exchanges(self._wire(lane), plan.trips(lane.size)))

    def stream(self, lane: Lane) -> None:
        """Windows of messages from the leading rank, each acknowledged."""
        windows = plan.windows(lane.size)
        mpi.must_be_well(stream(self._wire(lane), self._room(lane), self._side.leads, windows))

    def _wire(self, lane: Lane) -> tuple[Any, ...]:
        side, messages = self._side, (lane.outgoing, lane.incoming)
        return wire.to(side.partner, side.comm, lane.size, messages, self._statuses)

    def _room(self, lane: Lane) -> tuple[int, ...]:
        requests, statuses = self._requests.ctypes.data, self._statuses.ctypes.data
        return lane.window, lane.slot_B, requests, mpi.REQUEST_B, statuses
