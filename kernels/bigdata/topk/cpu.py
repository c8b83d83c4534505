"""Top-k on one rank and over all of them: scan, agree on the k-th largest, send, sort, merge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numba import get_num_threads
from numpy.typing import NDArray

from kernels._support.blocks import Block, block
from kernels._support.dataset.column import Column, Part, StringColumn
from kernels._support.pinning import Pinned
from kernels.bigdata.topk import scan, select
from kernels.bigdata.topk.select import Words
from kernels.contract import UNWATCHED, CannotRun, IllegalParameter, Watch

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.topk.kernel import Topk

MOST_ROWS: Final = 2**20
"""Rows of a chunk out of core: more at once makes nothing faster."""
_WORD: Final = np.iinfo(np.int64)
_INFINITY: Final = int(np.array(np.inf).view(np.int64))


@dataclass(frozen=True)
class Answer:
    """The k largest, the largest first. values: (k,), rows: (k,) int64."""

    values: NDArray[Any]
    rows: Words


@dataclass
class State:
    """The rows of one rank, its candidates, and the answer, which rank 0 has."""

    x: Part  # float64 or int64
    k: int
    comm: Intracomm
    status: Words  # (threads, STATUS)
    buffers: NDArray[np.int64]  # (threads, 3, capacity)
    counts: NDArray[np.int64]  # (threads, DIGITS)
    pinned: Pinned
    answer: Answer | None = None
    watch: Watch = field(default=UNWATCHED)

    @property
    def column(self) -> Column:
        """The whole column."""
        return self.x.column

    @property
    def own(self) -> Block:
        """The rows of this rank."""
        return self.x.own

    @property
    def magnitude(self) -> int:
        """The bits of a value that are inverted if it is negative."""
        return int(_WORD.max) if self.column.dtype.kind == "f" else 0

    @property
    def low(self) -> int:
        """The smallest key of a number: that of -inf is the complement of that of inf."""
        return ~_INFINITY if self.column.dtype.kind == "f" else int(_WORD.min)

    @property
    def high(self) -> int:
        """The largest key of a number."""
        return _INFINITY if self.column.dtype.kind == "f" else int(_WORD.max)

    def run(self) -> None:
        """Find the k largest."""
        keys, rows = self._candidates()
        self.watch.lap("local")
        keys, rows = self._chosen(keys, rows)
        self.watch.lap("exchange")
        keys, rows = select.falling(keys, rows)
        self.watch.lap("merge")
        runs = self._gathered(keys, rows)
        self.watch.lap("exchange")
        if self.comm.rank == 0:
            keys, rows = select.merged(runs)
            words = keys ^ ((keys >> 63) & self.magnitude)
            self.answer = Answer(words.view(self.column.dtype), rows)
        self.watch.lap("merge")

    def _candidates(self) -> tuple[Words, Words]:
        """The k largest of each thread, in the order of their rows."""
        self.status[:] = 0
        self.status[:, scan.LOWEST] = self.low
        row, state = self.own.start, (self.status, self.buffers, self.counts)
        for chunk in self.x.chunks():
            if not self.x.resident:
                self.watch.lap("read")
            scan.scan(chunk.view(np.int64), row, self.k, self.high, self.magnitude, *state)
            row += chunk.size
            if not self.x.resident:
                self.watch.lap("local")
        return self._collected()

    def _collected(self) -> tuple[Words, Words]:
        """Those of all threads: of several chunks each thread has rows of every one."""
        found = []
        for status, (keys, rows, work), counts in zip(
            self.status, self.buffers, self.counts, strict=True
        ):
            scan.select(status, keys, rows, self.k, self.high, work, counts)
            size = status[scan.COUNT]
            found.append((keys[:size], rows[:size]))
        keys, rows = (np.concatenate(one) for one in zip(*found, strict=True))
        if self.x.resident or len(found) == 1:
            return keys, rows
        order = np.argsort(rows)
        return keys[order], rows[order]

    def _chosen(self, keys: Words, rows: Words) -> tuple[Words, Words]:
        """Those of this rank that belong to the answer."""
        threshold, ties = self._threshold(keys)
        mine = np.array([np.count_nonzero(keys == threshold)])
        before = np.zeros_like(mine)
        self.comm.Exscan(mine, before, op=MPI.SUM)
        if self.comm.rank == 0:
            before[:] = 0  # there MPI leaves it undefined
        size = select.keep(keys, rows, threshold, max(0, ties - int(before[0])))
        return keys[:size], rows[:size]

    def _threshold(self, keys: Words) -> tuple[int, int]:
        """The k-th largest of all ranks, and how many equal to it belong to the answer."""
        total = self.comm.allreduce(keys.size, op=MPI.SUM)
        if total <= self.k:
            return int(_WORD.min), total
        counts = np.empty(select.DIGITS, np.int64)
        prefix, known, k = 0, 0, self.k
        while known < select.KEY_BITS:
            width = min(select.DIGIT_BITS, select.KEY_BITS - known)
            select.count_digits(keys, np.uint64(prefix), known, width, counts)
            self.comm.Allreduce(MPI.IN_PLACE, counts, op=MPI.SUM)
            digit, k = select.digit_of(counts, k)
            prefix, known = (prefix << width) | digit, known + width
        return prefix - 2**63, k

    def _gathered(self, keys: Words, rows: Words) -> list[tuple[Words, Words]]:
        """The sorted shares of all ranks, on rank 0."""
        sizes: list[int] = self.comm.gather(keys.size) or []
        total = sum(sizes)
        all_keys, all_rows = np.empty(total, np.int64), np.empty(total, np.int64)
        for mine, everything in ((keys, all_keys), (rows, all_rows)):
            self.comm.Gatherv(mine, (everything, sizes) if sizes else None)
        ends = np.cumsum(sizes, dtype=np.int64)[:-1]
        return list(zip(np.split(all_keys, ends), np.split(all_rows, ends), strict=True))


def allocate(kernel: Topk, comm: Intracomm) -> State:
    """The data and the buffers of one rank. Collective."""
    pinned = Pinned(comm)
    threads = get_num_threads()
    column = kernel.column(kernel.dtype, comm=comm)
    if isinstance(column, StringColumn):
        raise IllegalParameter("input", kernel.input, "a column of text: numbers are compared")
    budget_B = kernel.budget_B(comm)
    chunk = None if budget_B is None else chunk_rows(budget_B, threads, kernel.k)
    part = Part(column, block(kernel.rows, comm.size, comm.rank), chunk)
    return State(part, kernel.k, comm, *scan.cleared(threads, kernel.k), pinned)


def buffers_B(threads: int, k: int) -> int:
    """Bytes of the candidates of a rank: those of its threads, and copies on the way to rank 0.

    Out of core those of all threads are brought into the order of their rows.
    """
    return 8 * (3 * threads * scan.capacity(k) + 5 * threads * k + 8 * k)


def chunk_rows(budget_B: int, threads: int, k: int) -> int:
    """Rows of a chunk beside the candidates: half of what is left, verification needs some too."""
    need_B = buffers_B(threads, k)
    rows = (budget_B - need_B) // 16
    if rows < scan.BLOCK:
        raise CannotRun(
            f"k = {k}",
            f"candidates need {need_B} B, a rank may allocate {budget_B} B",
            fix="a larger --set memory= or a smaller --set k=",
        )
    return min(MOST_ROWS, rows)
