"""The group-by of a rank: split its rows, aggregate partition by partition, exchange, merge.

The partitions are worked off in rounds, each with the same share of every rank's partitions, so
that what travels at once takes a part of the memory only. Where rows have hardly a key in common
they travel as they are, being smaller than aggregates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from mpi4py import MPI

from kernels._support.dataset.column import Part
from kernels._support.shuffle import imbalance
from kernels.bigdata.groupby.combine import Combiner
from kernels.bigdata.groupby.data import Data
from kernels.bigdata.groupby.layout import ROUND_B, ROW_B, Limit, layout, members
from kernels.bigdata.groupby.parted import Parted, Words, nothing
from kernels.bigdata.groupby.results import Results
from kernels.bigdata.groupby.room import Room
from kernels.bigdata.groupby.runs import InMemory, Run, Spilled, load
from kernels.bigdata.groupby.sample import sample
from kernels.bigdata.groupby.split import Split
from kernels.bigdata.groupby.swap import Swap
from kernels.bigdata.groupby.table import ALL, SUMS
from kernels.contract import UNWATCHED, Watch

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

SPILLS: Final = 16
"""Rows in partitions are aggregated in so many parts, each of which is written to a file."""


class ByInteger:
    """The rows and results of a rank. width : words of an aggregate."""

    def __init__(self, keys: Part, data: Data, extremes: bool, comm: Intracomm) -> None:
        self._keys, self.data, self.limit, self.comm = keys, data, data.limit, comm
        self.width = ALL if extremes else SUMS
        self.watch: Watch = UNWATCHED
        self._combiner = Combiner(self.width)
        self._room = Room(np.int64)
        self._swap_aggregates, self._swap_rows = Swap(comm), Swap(comm)
        self.forget()

    def forget(self) -> None:
        """No results, as before the first repetition."""
        spill = None if self.limit is None else self.limit.scratch.spill(np.int64)
        self.results = Results(self.width, spill)

    def give_back(self) -> None:
        """Let the operating system have what only the timed phase needs, but for the results."""
        for one in (self._combiner, self._swap_aggregates, self._swap_rows):
            one.give_back()

    def groupby(self) -> None:
        """The timed phase: results = the aggregates of all keys that this rank owns."""
        self._swap_aggregates.received_B = self._swap_rows.received_B = 0
        rows, runs = self._split()
        left = int(rows.lengths().sum())
        apart = 2 * self._distinct > left
        rounds = self._rounds(left, runs, apart=apart)
        for one in range(rounds):
            windows = self.layout.windows(one, rounds)
            many = load(runs, windows, self.width)
            self.watch.lap("local" if self.limit is None else "read")
            self._round(many, rows.some(members(windows)), apart=apart)
        received_B = self._swap_aggregates.received_B + self._swap_rows.received_B
        self.watch.note("imbalance", imbalance(self.comm, received_B))

    def _split(self) -> tuple[Parted, list[Run]]:
        """All rows, in partitions or spilled; the aggregates of the frequent keys are a run too."""
        split: Split | None = None
        runs: list[Run] = []
        for keys, values in self._chunks():
            split = self._begin(keys) if split is None else split
            if self.limit is not None and not split.fits(keys.size):
                runs.append(self._spill(split, self.limit))
            split.add(keys, values)
            self.watch.lap("local")
        split = self._begin(np.empty(0, np.int64)) if split is None else split
        runs.append(InMemory(split.frequent(), self.layout.parts))
        if self.limit is None:
            return split.rows(), runs
        runs.append(self._spill(split, self.limit))
        self._room.give_back()
        return nothing(2, self.layout.parts), runs

    def _chunks(self) -> Iterator[tuple[Words, Words]]:
        """Keys and values of this rank, as they are read."""
        for both in zip(self._keys.chunks(), self.data.values.chunks(), strict=True):
            if self.limit is not None:
                self.watch.lap("read")
            yield both

    def _begin(self, keys: Words) -> Split:
        """Decide on partitions and frequent keys, from the first rows; collective."""
        rows = self.data.own.size
        seen = sample(keys, rows)
        self._distinct = seen.least
        self.layout = layout(seen, self.data.rows, self.width, self.limit, self.comm)
        parts = self.layout.parts
        rows = rows if self.limit is None else self.limit.split_rows(parts)
        return Split(parts, seen.frequent, self.width, rows, self._room)

    def _spill(self, split: Split, limit: Limit) -> Spilled:
        """Aggregate the rows in partitions and write the aggregates to a file."""
        run = Spilled(limit.scratch.spill(np.int64), self.width)
        rows = split.rows()
        for parts in np.array_split(np.arange(self.layout.parts), SPILLS):
            none = nothing(self.width, parts.size)
            aggregates, made = self._combiner.combine(none, rows.some(parts))
            self.watch.lap("local")
            run.append(aggregates, made)
            self.watch.lap("spill")
        split.clear(limit.split_rows(self.layout.parts))
        return run

    def _rounds(self, rows: int, runs: list[Run], *, apart: bool) -> int:
        """How many there must be; collective. rows : in memory.

        Twice as many if nearly every row brings a group: only then there is much beside the rows.
        """
        if self.limit is None:
            rounds = -(-rows * ROW_B // max(ROUND_B, rows * ROW_B // 8)) * (1 + apart)
        else:
            rounds = self.limit.rounds(sum(int(run.ends[-1]) for run in runs), self.width)
        return min(self.layout.m, max(1, int(self.comm.allreduce(rounds, op=MPI.MAX))))

    def _round(self, many: Parted, rows: Parted, *, apart: bool) -> None:
        """Aggregate, exchange and merge some partitions of every rank; collective.

        apart : the rows of this rank travel as they are.
        """
        none = nothing(2, len(rows.bounds))
        aggregates = self._combiner.combine(many, none if apart else rows)
        others = self._combiner.gather(rows if apart else none)
        self.watch.lap("local")
        many, came = self._swap_aggregates(*aggregates), self._swap_rows(*others)
        self.watch.lap("exchange")
        self.results.append(self._combiner.combine(many, came)[0], spent=rows)
        self.watch.lap("merge")
