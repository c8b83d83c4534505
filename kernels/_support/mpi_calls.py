"""MPI called from compiled code, so that no Python stands between two messages.

The routines are those of the library that mpi4py has loaded, found among the symbols that its
module sees. A handle is a pointer in Open MPI and an integer in MPICH: `HANDLE` is its type, which
stands in the signature of every compiled function, so that Numba's cache on disk keeps the two
apart. Symbols are looked up by name when a module is loaded, as those of the BLAS are.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

import numpy as np
from llvmlite import binding
from mpi4py import MPI
from numba import types

HANDLE: Final = types.int64 if MPI._sizeof(MPI.Comm) == 8 else types.int32
"""Type of a communicator, a datatype, a request."""
REQUEST_B: Final = MPI._sizeof(MPI.Request)
STATUS_B: Final = MPI._sizeof(MPI.Status)
_LIBRARY: Final = ctypes.CDLL(MPI.__file__)

_ADDRESS, _INT = types.int64, types.int32
_MESSAGE: Final = (_ADDRESS, _INT, HANDLE, _INT, _INT, HANDLE)
"""Buffer, count, datatype, partner, tag, communicator."""


def _routine(name: str, *arguments: types.Type) -> Any:
    """An MPI routine for compiled code; it returns MPI's error code, 0 where all is well."""
    address = ctypes.cast(getattr(_LIBRARY, name), ctypes.c_void_p).value
    binding.add_symbol(f"qyran_{name}", address)
    return types.ExternalFunction(f"qyran_{name}", _INT(*arguments))


send = _routine("MPI_Send", *_MESSAGE)
receive = _routine("MPI_Recv", *_MESSAGE, _ADDRESS)
start_send = _routine("MPI_Isend", *_MESSAGE, _ADDRESS)
start_receive = _routine("MPI_Irecv", *_MESSAGE, _ADDRESS)
exchange = _routine("MPI_Sendrecv", *_MESSAGE[:-1], *_MESSAGE, _ADDRESS)
wait_all = _routine("MPI_Waitall", _INT, _ADDRESS, _ADDRESS)


def handle(thing: MPI.Comm | MPI.Datatype) -> np.int32 | np.int64:
    """The handle of a communicator or a datatype, as compiled code takes it."""
    value = MPI._handleof(thing)
    return np.int64(value) if HANDLE is types.int64 else np.int32(value)


def must_be_well(code: int | np.int32) -> None:
    """Raise MPI.Exception if a compiled function returned an error of MPI."""
    if code != MPI.SUCCESS:
        raise MPI.Exception(int(code))
