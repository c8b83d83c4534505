"""Loops of messages between two ranks in compiled code, which calls MPI itself: as fast as in C."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numba import njit, types
from numpy.typing import NDArray

from kernels._support import mpi_calls as mpi

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

_tuple: Any = types.Tuple
WIRE: Final = _tuple(
    (types.int64, types.int64, types.int32, mpi.HANDLE, types.int32, mpi.HANDLE, types.int64)
)
"""Outgoing, incoming, size, MPI.BYTE, partner, communicator, status: addresses and handles."""
_options: Final[dict[str, Any]] = {"cache": True, "error_model": "numpy", "nogil": True}
# Names of this module: Numba takes no attribute of another for a compiled function.
_send, _receive, _both = mpi.send, mpi.receive, mpi.exchange

Bytes = NDArray[np.uint8]


def to(
    partner: int, comm: Intracomm, size: int, messages: tuple[Bytes, Bytes], status: Bytes
) -> tuple[Any, ...]:
    """A `WIRE` to a rank, for messages of ``size`` B.

    messages : outgoing and incoming, which are to live as long as the wire, as is status, of
    `mpi_calls.STATUS_B` or more.
    """
    outgoing, incoming = messages
    return (
        outgoing.ctypes.data,
        incoming.ctypes.data,
        np.int32(size),
        mpi.handle(MPI.BYTE),
        np.int32(partner),
        mpi.handle(comm),
        status.ctypes.data,
    )


@njit(types.int32(WIRE, types.boolean, types.int64), **_options)
def round_trips(wire: Any, leads: bool, trips: int) -> np.int32:
    """A message there and back, again and again; the leading rank sends first. MPI's error code."""
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


@njit(types.int32(WIRE, types.int64), **_options)
def exchanges(wire: Any, trips: int) -> np.int32:
    """Both send and receive at once, again and again. MPI's error code."""
    to, fro, size, byte, other, comm, status = wire
    code = np.int32(0)
    for _ in range(trips):
        code |= _both(to, size, byte, other, 0, fro, size, byte, other, 0, comm, status)
    return code
