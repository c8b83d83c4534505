"""What travels in a round: aggregates or rows, partition by partition, to their owners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels._support.shuffle import exchange
from kernels.bigdata.groupby.parted import Parted, Words, bounds_of, starts
from kernels.bigdata.groupby.room import Room

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm


class Swap:
    """Memory for what comes, and how much came."""

    def __init__(self, comm: Intracomm) -> None:
        self._comm = comm
        self._room = Room(np.int64)
        self.received_B = 0

    def __call__(self, items: Words, made: Words) -> Parted:
        """Send the items of each partition to its rank; collective.

        items : (n, words), in the order of the partitions, made[q] of partition q; as many
        partitions go to each rank. Returns what came for those of this rank, valid until the next
        call.
        """
        ranks = self._comm.size
        sent = made.reshape(ranks, -1)
        came = np.empty_like(sent)
        self._comm.Alltoall(sent, came)
        total, words = int(came.sum()), items.shape[1]
        whole = np.dtype((np.void, 8 * words))
        into = self._room.array(total, words)
        exchange(self._comm, items.view(whole)[:, 0], sent.sum(axis=1), into.view(whole)[:, 0])
        self.received_B += into.nbytes
        return _by_part(into, came)

    def give_back(self) -> None:
        """Let the operating system have the memory until the next call."""
        self._room.give_back()


def _by_part(items: Words, came: Words) -> Parted:
    """came[r, j] : items of partition j from rank r, one behind the other."""
    ranks, parts = came.shape
    pieces = bounds_of(starts(came.reshape(-1))).reshape(ranks, parts, 2)
    ordered = np.ascontiguousarray(pieces.transpose(1, 0, 2)).reshape(-1, 2)
    return Parted(items, ordered, bounds_of(np.arange(parts + 1) * ranks))
