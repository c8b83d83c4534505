"""The different hashes of a rank: a store that grows, or spills, when it is full of them.

What is spilled lies in one file for each partition. Afterwards the partitions are taken in groups:
so many at once that the different hashes of each fit its area.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from mpi4py import MPI
from numba import get_num_threads

from kernels._support.memory import aligned, touched
from kernels._support.scratch import Scratch, Spill
from kernels._support.shuffle import exchange
from kernels.bigdata.distinct.hashes import BLOCK, READY, Hashes
from kernels.bigdata.distinct.partitions import (
    PARTITIONS,
    Counts,
    compact,
    count_owners,
    cut,
    pack,
    scatter,
    store,
)
from kernels.contract import UNWATCHED, CannotRun, Watch

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

FIRST_AREA: Final = 2**15
"""Hashes of an area at the beginning, where there are as many rows."""
_SLICE: Final = 2 * BLOCK
"""Hashes of a slice: with less the threads would stop after every block."""


@dataclass
class Collector:
    """Collects the different hashes of the rows of one rank."""

    memory: Hashes  # (words,), for the areas
    threads: int
    limit_B: int  # what there is for the areas and the tables
    scratch: Scratch | None  # where to spill; None: there is no limit, the areas grow
    watch: Watch = UNWATCHED
    spills: list[Spill] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begin()

    def begin(
        self, first: int = 0, partitions: int = PARTITIONS, *, may_spill: bool = False
    ) -> None:
        """Forget everything but spills; what comes is of these partitions."""
        self.first, self.may_spill = first, may_spill and self.scratch is not None
        if self.scratch is not None and may_spill:
            self.spills = [self.scratch.spill(np.uint64) for _ in range(PARTITIONS)]
        self.store = store(self.memory, partitions, self.threads)

    @property
    def zero(self) -> bool:
        """The hash 0 was seen."""
        return bool(self.store.zeros.any())

    def add(self, words: Hashes, kind: int) -> None:
        """Take the hashes of these rows. kind : as of `hash_block`."""
        done = np.zeros(self.threads, np.int64)
        bounds = words.size * np.arange(self.threads + 1) // self.threads
        while True:
            scatter(self.store, words, kind, self.first, done)
            if (done == np.diff(bounds)).all():
                return
            self.compact()
            self._make_room()

    def compact(self) -> None:
        """Keep what is different."""
        compact(self.store)
        self.watch.lap("local")

    def _make_room(self) -> None:
        """Grow or spill if more than half of an area is kept."""
        fullest, size = int(self.store.kept.max()), self.store.areas.shape[1]
        if fullest <= size // 2:
            return
        if self.scratch is None:
            self._grow()
        elif self.may_spill:
            self.spill()
        elif (size - fullest) // self.threads < _SLICE:
            raise CannotRun(
                "memory",
                f"one of {PARTITIONS} partitions has more than {fullest} different values",
                fix="a larger --set memory=, or more ranks",
            )

    def _grow(self) -> None:
        """Areas twice as large."""
        old = self.store
        self.memory = touched(2 * self.memory.size, np.uint64)
        self.store = store(self.memory, len(old.areas), self.threads)
        for p, kept in enumerate(old.kept):
            self.store.areas[p, :kept] = old.areas[p, :kept]
        for new, was in ((self.store.kept, old.kept), (self.store.zeros, old.zeros)):
            new[:] = was
        cut(self.store)

    def spill(self) -> None:
        """Write everything that is kept to the files of the partitions."""
        for one, area, kept in zip(self.spills, self.store.areas, self.store.kept, strict=True):
            one.append(area[:kept])
        self.store.kept[:] = 0
        cut(self.store)
        self.watch.lap("spill")

    def groups(self, comm: Intracomm, buffer: Hashes) -> Iterator[None]:
        """Go through all partitions, in groups whose different hashes the store then holds.

        One group, if no rank has spilled. buffer : for what is read. Collective.
        """
        self.compact()
        most = comm.allreduce(max((one.items for one in self.spills), default=0), op=MPI.MAX)
        if not most:
            yield
            return
        self.spill()
        most = comm.allreduce(max(one.items for one in self.spills), op=MPI.MAX)
        at_once = comm.allreduce(self._at_once(most), op=MPI.MIN)
        for first in range(0, PARTITIONS, at_once):
            group = self.spills[first : first + at_once]
            self.begin(first, len(group))
            for one in group:
                self._read(one, buffer)
            self.compact()
            yield

    def _at_once(self, most: int) -> int:
        """Partitions in a group, each with so many hashes at most.

        Their areas divide the memory, and the tables of the threads must fit beside it.
        """
        least = -(-self.memory.size // largest_area(self.limit_B, self.threads))
        fitting = self.memory.size // (most + most // 16 + self.threads * 2 * _SLICE)
        return min(max(least, fitting), PARTITIONS)

    def _read(self, spill: Spill, buffer: Hashes) -> None:
        for start in range(0, spill.items, buffer.size):
            piece = buffer[: min(buffer.size, spill.items - start)]
            spill.read(start, piece)
            self.watch.lap("read")
            self.add(piece, READY)
        spill.close()

    def merge(self, comm: Intracomm) -> int:
        """Bring equal hashes of all ranks together; B that came. Collective.

        Afterwards the store holds the different hashes that belong to this rank.
        """
        if comm.size == 1:
            return 0
        counts = np.empty((self.threads, comm.size), np.int64)
        count_owners(self.store, counts)
        by_rank: Counts = counts.T.ravel()
        places = np.concatenate([[0], np.cumsum(by_rank)[:-1]]).astype(np.int64)
        send = aligned(int(counts.sum()), np.uint64)
        pack(self.store, np.ascontiguousarray(places.reshape(comm.size, -1).T), send)
        received, _ = exchange(comm, send, counts.sum(axis=0))
        self.watch.lap("exchange")
        self.begin(self.first, len(self.store.areas))
        self.add(received, READY)
        compact(self.store)
        self.watch.lap("merge")
        return received.nbytes


def largest_area(limit_B: int, threads: int) -> int:
    """Hashes of an area whose tables, one a thread, take at most half of the limit.

    A table has up to 3.2 slots of 8 B for each hash: 8/5, and that rounded up to a power of two.
    """
    return max(1, int(limit_B / 2 / 8 / 3.2 / threads))


def collector(rows: int, limit_B: int | None, scratch: str) -> Collector:
    """For a rank of so many rows. limit_B : for the areas and tables, if there is a limit."""
    threads = get_num_threads()
    if limit_B is None:
        needed = rows // PARTITIONS + rows // PARTITIONS // 8
        area = max(min(FIRST_AREA, needed), 4 * _SLICE * threads)
        return Collector(touched(area * PARTITIONS, np.uint64), threads, sys.maxsize, None)
    words = limit_B // 2 // 8
    threads = max(1, min(threads, words // PARTITIONS // (4 * _SLICE)))
    return Collector(touched(words, np.uint64), threads, limit_B, Scratch(scratch))
