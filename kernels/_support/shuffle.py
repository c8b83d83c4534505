"""All-to-all exchange of items: each rank sends every rank a piece of an array.

One Alltoallv, whose counts are items of any size, not bytes: MPI counts in 32 bits. Where that is
not enough, the pieces travel one by one between pairs of ranks, in slices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.memory import aligned

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Counts = NDArray[np.int64]
MOST_ITEMS: Final = 2**31 - 1
"""What a count or a displacement of MPI-3 can hold."""


def exchanged_counts(comm: Intracomm, counts: Counts) -> Counts:
    """How many items come from each rank. counts : (ranks,), how many go to each. Collective."""
    received = np.empty(comm.size, np.int64)
    comm.Alltoall(np.ascontiguousarray(counts, np.int64), received)
    return received


def exchange(
    comm: Intracomm,
    send: NDArray[Any],
    counts: Counts,
    into: NDArray[Any] | None = None,
    most: int = MOST_ITEMS,
) -> tuple[NDArray[Any], Counts]:
    """Send counts[r] items to each rank r; what has come, and how many items from each. Collective.

    send : contiguous, of any dtype, the piece of rank 0 first, then that of rank 1, ...
    into : memory to use for what comes, of the same dtype; else it is allocated. most : items that
    one count of MPI may hold. ValueError if into is too short.
    """
    received = exchanged_counts(comm, counts)
    total = int(received.sum())
    if into is not None and into.size < total:
        raise ValueError(f"{total} items come, there is room for {into.size}")
    out = (aligned(total, send.dtype) if into is None else into)[:total]
    large = comm.allreduce(max(int(counts.sum()), total) > most, op=MPI.LOR)
    item = MPI.BYTE.Create_contiguous(send.itemsize).Commit()
    try:
        if large:
            _pairwise(comm, send, counts, out, received, item, most)
        else:
            comm.Alltoallv(
                [send, counts, _starts(counts), item], [out, received, _starts(received), item]
            )
    finally:
        item.Free()
    return out, received


def _starts(counts: Counts) -> Counts:
    return np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)


def _pairwise(
    comm: Intracomm,
    send: NDArray[Any],
    counts: Counts,
    out: NDArray[Any],
    received: Counts,
    item: MPI.Datatype,
    most: int,
) -> None:
    """In step i every rank sends to the one i behind it and receives from the one i before it."""
    to, come = _starts(counts), _starts(received)
    for step in range(comm.size):
        there, here = (comm.rank + step) % comm.size, (comm.rank - step) % comm.size
        goes = send[to[there] : to[there] + counts[there]]
        comes = out[come[here] : come[here] + received[here]]
        requests = [
            comm.Irecv([comes[i : i + most], min(most, comes.size - i), item], source=here)
            for i in range(0, comes.size, most)
        ]
        requests += [
            comm.Isend([goes[i : i + most], min(most, goes.size - i), item], dest=there)
            for i in range(0, goes.size, most)
        ]
        MPI.Request.Waitall(requests)


def imbalance(comm: Intracomm, amount: float) -> float:
    """The largest amount of a rank over the mean; 1 if there is nothing at all. Collective."""
    total = comm.allreduce(amount, op=MPI.SUM)
    most = comm.allreduce(amount, op=MPI.MAX)
    return float(most * comm.size / total) if total else 1.0
