"""Sort in memory: two arrays of the rows of a rank, between which they go to and fro."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from numba import get_num_threads
from numpy.typing import NDArray

from kernels._support.blocks import Block, block, largest
from kernels._support.dataset.column import Column, load
from kernels._support.memory import aligned
from kernels._support.shuffle import exchange, imbalance
from kernels._support.splitmix import stream_key
from kernels._support.team import ALONE, Team
from kernels.bigdata.sort import check
from kernels.bigdata.sort.external import External
from kernels.bigdata.sort.kinds import Rows, kind
from kernels.bigdata.sort.order import IMAGES
from kernels.bigdata.sort.records import Records
from kernels.bigdata.sort.sorter import Sorter, counts_from_all, pieces_of, rows_for
from kernels.contract import UNWATCHED, CannotRun, Watch

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.sort.kernel import Sort

ROOM: Final = 1.0625
"""Room for rows that are received, in units of a share: bounds from a sample are not exact."""
SAMPLE_STREAM: Final = 15
"""Of the seed: the generated rows have stream 0."""


class State:
    """The rows of one rank, before the sort and after it."""

    def __init__(self, column: Column, own: Block, sorter: Sorter, comm: Intracomm) -> None:
        self.column, self.own, self.comm = column, own, comm
        self.sorter = sorter
        self.watch: Watch = UNWATCHED
        room = int(ROOM * largest(column.rows, comm.size)) + 1
        self._rows, self._spare = aligned(room, column.dtype), aligned(room, column.dtype)
        self._spare[: own.size].view(np.uint8).fill(0)
        self._buckets: NDArray[np.uint16] = aligned(own.size, np.uint16)
        self._buckets.fill(0)
        self.result: Rows | None = None
        self.load()

    def load(self) -> None:
        """Generate or read the rows, and forget the result."""
        self.result = None
        load(self.column, self.own.start, self._rows[: self.own.size])

    def sort(self) -> None:
        """All rows of all ranks in order, those of rank 0 first."""
        rows, sorter, comm = self._rows[: self.own.size], self.sorter, self.comm
        each = sorter.buckets(self.column.rows, comm.size)
        share = -(-sorter.draws(each * comm.size) // comm.size)
        plan, firsts = sorter.plan(comm, sorter.sample(rows, self.own.start, share), each)
        counts = sorter.find(rows, self.own.start, plan, self._buckets)
        sorter.scatter(rows, self._buckets, counts, self._spare)
        self.watch.lap("local")
        received, out, arrived = self._exchange(counts.sum(axis=0), firsts)
        self.watch.lap("exchange")
        sorter.merge(received, pieces_of(arrived), out)
        self.watch.lap("merge")
        self.result = out[: received.size]
        self.watch.note("imbalance", imbalance(comm, float(received.nbytes)))

    def _exchange(
        self, counts: NDArray[np.uint64], firsts: NDArray[np.int64]
    ) -> tuple[Rows, Rows, NDArray[np.int64]]:
        """The rows received, memory for the result, and the rows of each rank in each bucket."""
        if self.comm.size == 1:
            return self._spare[: self.own.size], self._rows, counts.astype(np.int64)[None]
        arrived = counts_from_all(self.comm, counts, firsts)
        total = int(arrived.sum())
        fits = total <= self._rows.size
        into = self._rows if fits else aligned(total, self._rows.dtype)
        send = self._spare[: self.own.size]
        received, _ = exchange(self.comm, send, rows_for(counts, firsts), into)
        return received, self._spare if fits else aligned(total, send.dtype), arrived

    def chunks(self) -> Iterator[Rows]:
        """The result in small pieces; nothing before there is one."""
        rows = max(1, check.CHUNK_B // self.column.dtype.itemsize)
        result = self._rows[:0] if self.result is None else self.result
        for first in range(0, result.size, rows):
            yield result[first : first + rows]


def column_of(kernel: Sort, comm: Intracomm | None = None) -> Column:
    """The rows to sort. CannotRun if an input is of another type than asked for."""
    if kernel.dtype == "record":
        return Records(kernel.law())
    column = kernel.column(kernel.dtype, comm=comm)
    found = column.dtype.name if isinstance(column, Column) else "text"
    if not isinstance(column, Column) or found != kernel.dtype:
        fix = f"--set dtype={found}" if found in IMAGES else ""
        raise CannotRun(f"input {kernel.input}", f"holds {found}, not {kernel.dtype}", fix=fix)
    return column


def setup(kernel: Sort, comm: Intracomm) -> State | External:
    """The state of one rank: in memory, or out of core where there is a limit."""
    column = column_of(kernel, comm)
    own = block(kernel.rows, comm.size, comm.rank)
    threads = get_num_threads()
    team = Team(threads) if threads > 1 else ALONE
    sorter = Sorter(kind(kernel.dtype), team, stream_key(kernel.seed, SAMPLE_STREAM))
    budget_B = kernel.budget_B(comm)
    if budget_B is not None:
        return External(column, own, sorter, comm, budget_B, kernel.scratch)
    return State(column, own, sorter, comm)
