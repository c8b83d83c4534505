"""Sort out of core: an external sample sort, within a limit on the resident memory.

The rows pass through memory chunk by chunk: each chunk is exchanged between the ranks, and what a
rank receives goes to one file for each of its buckets. The bounds are chosen so that a bucket fits
into memory whatever the keys; they divide the rows of one key where they must. Then each bucket is
read, sorted as in memory, and appended to the rank's result, which is a file too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.blocks import Block, largest
from kernels._support.dataset.column import Column
from kernels._support.memory import aligned
from kernels._support.scratch import Scratch, Spill
from kernels._support.shuffle import exchange, imbalance
from kernels.bigdata.sort.cells import Plan
from kernels.bigdata.sort.kernel import MOST_NUMBERED
from kernels.bigdata.sort.kinds import Rows
from kernels.bigdata.sort.order import PAIR_B
from kernels.bigdata.sort.sorter import Sorter, counts_from_all, pieces_of, rows_for
from kernels.bigdata.sort.splitters import Firsts
from kernels.contract import UNWATCHED, CannotRun, Watch

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

BUFFERS: Final = 3
"""Chunks in memory at once: as read, in the order of the buckets, as received."""
FILL: Final = 0.7
"""A bucket is planned to fill so much of a chunk: a sample is not exact."""
CLUSTERS: Final = 4
"""A rank's sample is read in so many places for each of its buckets, at least, not row by row."""
LEAST_CLUSTERS: Final = 32
CHUNK_B: Final = 2**20
"""Of the result, where it is read once more."""


class External:
    """The chunks of one rank, its spills, and its result."""

    def __init__(
        self,
        column: Column,
        own: Block,
        sorter: Sorter,
        comm: Intracomm,
        budget_B: int,
        folder: str,
    ) -> None:
        """CannotRun if there were more buckets than can be numbered."""
        self.column, self.own, self.comm = column, own, comm
        self.sorter = sorter
        self.watch: Watch = UNWATCHED
        self._scratch = Scratch(folder)
        row_B = BUFFERS * column.dtype.itemsize + PAIR_B + 2
        share = largest(column.rows, comm.size)
        room = max(1, min(budget_B // row_B, share))
        self._read, self._sent, self._received = (
            aligned(room, column.dtype) for _ in range(BUFFERS)
        )
        self._buckets: NDArray[np.uint16] = aligned(room, np.uint16)
        self._each = -(-share // max(1, int(FILL * room)))
        self._rounds = -(-share // room)
        if self._each * comm.size > MOST_NUMBERED:
            raise CannotRun(
                "memory",
                f"{column.rows} rows in buckets that fit it are {self._each * comm.size} of them",
                f"at most {MOST_NUMBERED}",
                fix="a larger --set memory=, or fewer rows",
            )
        self.result: Spill | None = None

    def load(self) -> None:
        """Forget the result: the rows are read in the sort."""
        self.result = None

    def sort(self) -> None:
        """All rows of all ranks in order, those of rank 0 first."""
        plan, firsts = self._plan()
        own = range(firsts[self.comm.rank], firsts[self.comm.rank + 1])
        spills = [self._scratch.spill(self.column.dtype) for _ in own]
        for one in range(self._rounds):
            first = min(one * self._read.size, self.own.size)
            rows = self._read[: min(self._read.size, self.own.size - first)]
            self.column.read(self.own.start + first, rows)
            self.watch.lap("read")
            self._shuffle(rows, self.own.start + first, plan, firsts, spills)
        result = self._scratch.spill(self.column.dtype)
        for spill in spills:
            self._merge(spill, result)
        self.result = result
        total_B = float(result.items * self.column.dtype.itemsize)
        self.watch.note("imbalance", imbalance(self.comm, total_B))

    def _plan(self) -> tuple[Plan, Firsts]:
        """Bounds that divide the rows evenly, from small pieces of them read everywhere."""
        drawn = [np.empty(0, np.complex128)]
        clusters = min(max(LEAST_CLUSTERS, CLUSTERS * self._each), self.own.size)
        draws = self.sorter.draws(self._each * self.comm.size) // self.comm.size
        for one in range(clusters):
            first, last = (self.own.size * i // clusters for i in (one, one + 1))
            size = min(last - first, -(-draws // clusters), self._read.size)
            rows = self._read[:size]
            self.column.read(self.own.start + first, rows)
            drawn.append(self.sorter.sample(rows, self.own.start + first, rows.size))
        self.watch.lap("read")
        return self.sorter.plan(self.comm, np.concatenate(drawn), self._each, exact=True)

    def _shuffle(
        self, rows: Rows, start: int, plan: Plan, firsts: Firsts, spills: list[Spill]
    ) -> None:
        """Send rows to where they belong and spill what comes; in halves, if it is too much."""
        counts = self.sorter.find(rows, start, plan, self._buckets)
        total = counts.sum(axis=0)
        arrived = counts_from_all(self.comm, total, firsts)
        if self.comm.allreduce(int(arrived.sum()), op=MPI.MAX) > self._received.size:
            half = rows.size // 2
            self._shuffle(rows[:half], start, plan, firsts, spills)
            self._shuffle(rows[half:], start + half, plan, firsts, spills)
            return
        self.sorter.scatter(rows, self._buckets, counts, self._sent)
        self.watch.lap("local")
        received, _ = exchange(
            self.comm, self._sent[: rows.size], rows_for(total, firsts), self._received
        )
        self.watch.lap("exchange")
        for spill, sources in zip(spills, pieces_of(arrived), strict=True):
            for begin, end in sources:
                spill.append(received[begin:end])
        self.watch.lap("spill")

    def _merge(self, spill: Spill, result: Spill) -> None:
        """Sort a bucket and append it to the result."""
        if spill.items > self._read.size:
            raise CannotRun(
                f"memory = {self._read.nbytes} B for a bucket",
                f"one has {spill.items} rows",
                fix="a larger --set memory=",
            )
        rows = self._read[: spill.items]
        spill.read(0, rows)
        spill.close()
        self.watch.lap("spill")
        if rows.size:
            self._sort(rows)
        result.append(rows)
        self.watch.lap("spill")

    def _sort(self, rows: Rows) -> None:
        """Sort rows in place, by the same passes on this rank alone."""
        sorter = self.sorter
        each = sorter.buckets(rows.size, 1)
        plan, _ = sorter.plan(MPI.COMM_SELF, sorter.sample(rows, 0, sorter.draws(each)), each)
        counts = sorter.find(rows, 0, plan, self._buckets)
        sorter.scatter(rows, self._buckets, counts, self._sent)
        self.watch.lap("local")
        pieces = pieces_of(counts.sum(axis=0, dtype=np.int64)[None])
        sorter.merge(self._sent[: rows.size], pieces, rows)
        self.watch.lap("merge")

    def chunks(self) -> Iterator[Rows]:
        """The result in small pieces; nothing before there is one."""
        if self.result is None:
            return
        rows = min(max(1, CHUNK_B // self.column.dtype.itemsize), self._received.size)
        for first in range(0, self.result.items, rows):
            chunk = self._received[: min(rows, self.result.items - first)]
            self.result.read(first, chunk)
            yield chunk
