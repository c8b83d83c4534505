"""The phases: rows to hashes, different hashes to their owners, registers to an estimate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from mpi4py import MPI
from numba import get_num_threads

from kernels._support.blocks import block
from kernels._support.dataset.column import Part
from kernels._support.memory import aligned, touched
from kernels._support.shuffle import imbalance
from kernels.bigdata.distinct import check
from kernels.bigdata.distinct.collector import Collector, collector
from kernels.bigdata.distinct.hashes import Hashes, kind_of
from kernels.bigdata.distinct.hyperloglog import Registers, estimate, observe, standard_error
from kernels.contract import UNWATCHED, Watch

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.distinct.kernel import Distinct

CHUNK, COLLECTOR, CHECK = 0.12, 0.4, 0.25
"""Shares of a limited memory: a chunk of rows, areas and tables, and the verification.

What is sent and received is at most half of the areas and tables each."""


@dataclass
class Results:
    """What the phases have found; None until they have run."""

    distinct: int | None = None
    registers: Registers | None = None  # (2^p,), of all ranks
    estimate: float | None = None


@dataclass
class State:
    """The rows of one rank, memory for their different hashes, and the results."""

    part: Part
    comm: Intracomm
    collector: Collector
    buffer: Hashes  # for what is read back from spills
    registers: Registers  # (threads, 2^p)
    precision: int
    budget_B: int | None
    scratch: str
    results: Results
    watch: Watch = UNWATCHED

    def exact(self) -> None:
        """Collect the different hashes of each rank, bring equal ones together, count."""
        mine = self.collector
        mine.begin(may_spill=True)
        for words in self._chunks():
            mine.add(words, kind_of(self.part.column.dtype))
            self.watch.lap("local")
        zero = self.comm.allreduce(mine.zero, op=MPI.LOR)
        found, received_B = int(zero and self.comm.rank == 0), 0
        for _ in mine.groups(self.comm, self.buffer):
            received_B += mine.merge(self.comm)
            found += int(mine.store.kept.sum())
        self.results.distinct = self.comm.allreduce(found, op=MPI.SUM)
        self.watch.lap("merge")
        self.watch.note("imbalance", imbalance(self.comm, received_B))
        self.watch.note("different values", self.results.distinct)

    def hyperloglog(self) -> None:
        """Let the registers see all rows, and estimate."""
        self.registers[...] = 0
        for words in self._chunks():
            kind = kind_of(self.part.column.dtype)
            observe(words, kind, self.precision, self.registers)
            self.watch.lap("local")
        total = self.registers.max(axis=0)
        self.comm.Allreduce(MPI.IN_PLACE, total, op=MPI.MAX)
        self.watch.lap("exchange")
        self.results.registers, self.results.estimate = total, estimate(total)
        self.watch.lap("merge")
        self.watch.note("estimate", self.results.estimate)

    def _chunks(self) -> Iterator[Hashes]:
        """The bits of the rows."""
        for chunk in self.part.chunks():
            if not self.part.resident:
                self.watch.lap("read")
            yield chunk.view(np.uint64)


def allocate(kernel: Distinct, comm: Intracomm) -> State:
    """The rows of one rank, in memory if there is no limit. Collective."""
    budget_B = kernel.budget_B(comm)
    own = block(kernel.rows, comm.size, comm.rank)
    part = Part(kernel.data(comm), own, chunk_rows(own.size, budget_B, CHUNK))
    limit_B = None if budget_B is None else int(COLLECTOR * budget_B)
    return State(
        part=part,
        comm=comm,
        collector=collector(own.size, limit_B, kernel.scratch),
        buffer=aligned(chunk_rows(own.size, budget_B, CHUNK / 2) or 0, np.uint64),
        registers=touched((get_num_threads(), 2**kernel.precision), np.uint8),
        precision=kernel.precision,
        budget_B=budget_B,
        scratch=kernel.scratch,
        results=Results(),
    )


def chunk_rows(rows: int, budget_B: int | None, share: float) -> int | None:
    """Rows that this share of a limit holds; None if there is no limit."""
    return None if budget_B is None else max(1, min(rows, int(share * budget_B) // 8))


def disagreement(state: State) -> float:
    """Standard errors between the estimate and the number counted anew. Collective.

    Those of the logarithm: with few registers the estimate itself is far from normally distributed.
    Infinite if the exact result is not that number, if a register is not what the rows make it, or
    if the estimate does not follow from the registers.
    """
    limit = check.ROWS
    if state.budget_B is not None:
        limit = int(CHECK * state.budget_B) // 8 // check.COPIES
    distinct, registers = check.expected(
        state.part.column, state.part.own, state.comm, state.precision, limit, state.scratch
    )
    found = state.results
    if found.distinct != distinct or found.registers is None or found.estimate is None:
        return math.inf
    if (found.registers != registers).any() or found.estimate != estimate(registers):
        return math.inf
    return abs(math.log(found.estimate / distinct)) / standard_error(state.precision)
