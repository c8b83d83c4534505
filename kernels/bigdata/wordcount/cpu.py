"""Counting: the text of a rank into tables, one a thread; exchange by owner; merge.

local     words into the table of the thread, until it is full or the text ends
exchange  all tables packed by owner, and one exchange of entries and of long words
merge     what has come for a thread, added up in its final table
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.blocks import block
from kernels._support.memory import aligned
from kernels._support.scratch import Scratch
from kernels._support.shuffle import exchange, imbalance
from kernels._support.string_table import RANKS, Entries, StringTable, packed
from kernels._support.team import Team
from kernels.bigdata.wordcount.count import (
    CHUNK_B,
    MOST_WORDS,
    NOT_UTF8,
    add_entries,
    count_words,
)
from kernels.bigdata.wordcount.scan import next_space
from kernels.bigdata.wordcount.spills import PARTS, Spills
from kernels.bigdata.wordcount.text import Bytes, Text
from kernels.bigdata.wordcount.tokens import BEYOND_B
from kernels.contract import UNWATCHED, CannotRun

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

_ENTRY: Final = np.dtype((np.void, 32))
SHARE: Final = 8
"""The chunk of text, and all tables of a rank that are filled, may take one part of so many of
its budget each: packed, exchanged and merged they take most of the rest."""
LARGEST_CHUNK_B: Final = 2**26


class State:
    """The text of one rank, and the words that it owns after the merge."""

    def __init__(
        self, text: Text, comm: Intracomm, threads: int, budget_B: int | None, scratch: str
    ) -> None:
        """budget_B : what the rank may allocate; None if all is to stay in memory."""
        self.text, self.comm = text, comm
        self.watch = UNWATCHED
        own = block(text.size, comm.size, comm.rank)
        self.start, self.stop = text.boundary(own.start), text.boundary(own.stop)
        self.team = Team(threads)
        self._counted = np.zeros((self.team.threads, 8), np.int64)  # a cache line each
        self.limit_B = None if budget_B is None else budget_B // SHARE
        self._folder = scratch
        if budget_B is not None:
            Scratch(scratch)  # before anything is counted
        self.spills: Spills | None = None
        self._lock = Lock()
        self.results: list[StringTable] | Spills = []
        room_B = self.stop - self.start
        if self.limit_B is not None:
            room_B = min(room_B, self.limit_B, LARGEST_CHUNK_B)
        self._buffer: Bytes = aligned(room_B + BEYOND_B, np.uint8)
        if self.limit_B is None:
            self._load(self.start, self.stop)

    @property
    def room_B(self) -> int:
        """Bytes of text that are in memory at once."""
        return self._buffer.size - BEYOND_B

    def forget(self) -> None:
        """Drop the results."""
        self.results, self.spills = [], None

    def count(self) -> None:
        """The phase: all words of all ranks."""
        tables = [StringTable() for _ in range(self.team.threads)]
        self._counted[:] = 0
        for start, size in self._chunks():
            self._count_chunk(tables, start, size)
            self.watch.lap("local")
        received_B = self._merge_all(tables)
        self.watch.note("imbalance", imbalance(self.comm, received_B))
        self.watch.note("words", self.comm.allreduce(int(self._counted.sum())))

    def _load(self, start: int, stop: int) -> None:
        self.text.read(start, self._buffer[: stop - start])

    def _chunks(self) -> Iterator[tuple[int, int]]:
        """Where the text in the buffer begins, and its bytes: once, if all of it is in memory."""
        if self.limit_B is None:
            yield self.start, self.stop - self.start
            return
        start = self.start
        while start < self.stop:
            stop = self._cut(start)
            self._load(start, stop)
            self.watch.lap("read")
            yield start, stop - start
            start = stop

    def _cut(self, start: int) -> int:
        """Where a chunk may end that begins here."""
        if self.stop - start <= self.room_B:
            return self.stop
        for share in (8, 4, 2):  # mostly the first: a word of an eighth of a chunk is rare
            stop = self.text.boundary(start + self.room_B - self.room_B // share)
            if start < stop <= start + self.room_B:
                return min(stop, self.stop)
        raise CannotRun(
            f"input {self.text}",
            f"a word of more than {self.room_B // 2} B near byte {start}",
            fix="a larger --set memory=",
        )

    def _count_chunk(self, tables: list[StringTable], start: int, size: int) -> None:
        """The words of the buffer, shared out over the threads where white space begins."""
        text, threads = self._buffer[:size], self.team.threads
        cuts = [next_space(text, size * t // threads, size) for t in range(1, threads)]
        ends = [0, *cuts, size]

        def work(first: int, _last: int, _thread: int) -> None:
            self._count_part(tables[first], self._counted[first], start, *ends[first : first + 2])

        self.team.begin((work, [(t, t + 1) for t in range(threads)])).join()

    def _count_part(
        self, table: StringTable, counted: NDArray[np.int64], origin: int, start: int, stop: int
    ) -> None:
        """The words between two places of the buffer, which begins at ``origin`` in the text."""
        need_B = CHUNK_B
        while start < stop:
            if not self._fits(table, need_B):
                with self._lock:
                    self._spilled([table])
            table.reserve(MOST_WORDS, need_B)
            end = count_words(self._buffer.ctypes.data, start, stop, table.table, counted)
            if end <= NOT_UTF8:
                raise self._not_utf8(origin, NOT_UTF8 - end, start, stop)
            need_B = 2 * need_B if end == start else CHUNK_B
            start = end

    def _fits(self, table: StringTable, need_B: int) -> bool:
        """The table may grow as it has to, or has nothing in it to spill."""
        if self.limit_B is None or table.strings == 0:
            return True
        new_B = table.needed_B(MOST_WORDS, need_B)
        return new_B == 0 or table.allocated_B + new_B <= self.limit_B // self.team.threads

    def _spilled(self, tables: list[StringTable]) -> Spills:
        """Write all words with their counts to the scratch folder, and forget them."""
        if self.spills is None:
            self.spills = Spills(Scratch(self._folder))
        self.spills.add(tables)
        for one in tables:
            one.free()
        return self.spills

    def _not_utf8(self, origin: int, at: int, start: int, stop: int) -> CannotRun:
        """At : where the chunk begins in which something is wrong."""
        begin = max(start, at - 3)
        while begin < at and self._buffer[begin] & 0xC0 == 0x80:
            begin += 1  # a character that began before
        part = self._buffer[begin : min(at + CHUNK_B + 4, stop)].tobytes()
        found = "the text is not UTF-8"
        try:
            part.decode("utf-8")
        except UnicodeDecodeError as error:
            place = origin + begin + error.start
            found = f"not UTF-8 at byte {place} (0x{part[error.start]:02x})"
        return CannotRun(f"input {self.text}", found, fix="iconv -t UTF-8 makes it so")

    def _merge_all(self, tables: list[StringTable]) -> int:
        """Exchange and merge, part by part if something was spilled; bytes received."""
        if self.comm.allreduce(self.spills is not None, op=MPI.LOR):
            return self._merge_parts(self._spilled(tables))
        self.results, received_B = self._merged(tables)
        return received_B

    def _merge_parts(self, spills: Spills) -> int:
        """Merge what was spilled into the results, which are in files too; bytes received."""
        self.watch.lap("spill")
        self.spills, received_B = None, 0
        self.results = results = Spills(Scratch(self._folder))
        for parts in spills.rounds(self.comm, self.limit_B or 0):
            tables = [StringTable() for _ in range(self.team.threads)]
            spills.load(parts, tables, SHARE // 4 * (self.limit_B or 0))
            self.watch.lap("read")
            merged, more_B = self._merged(tables)
            results.add(merged)
            self.watch.lap("spill")
            received_B += more_B
        return received_B

    def _merged(self, tables: list[StringTable]) -> tuple[list[StringTable], int]:
        """Final tables, one a thread, of the words in these tables on all ranks; bytes received."""
        threads = self.team.threads
        entries, text, amounts = packed(tables, RANKS, self.comm.size * threads)
        for one in tables:
            one.free()
        self.watch.lap("local")
        came = np.empty((self.comm.size, threads, 2), np.int64)
        self.comm.Alltoall(amounts, came)
        to_ranks = amounts.reshape(came.shape).sum(axis=1)
        got, _ = exchange(self.comm, entries.reshape(-1).view(_ENTRY), to_ranks[:, 0].copy())
        letters, _ = exchange(self.comm, text, to_ranks[:, 1].copy())
        self.watch.lap("exchange")
        found = got.view(np.uint64).reshape(-1, 4)
        merged = [StringTable() for _ in range(threads)]
        ends = np.cumsum(came.reshape(-1, 2), axis=0).reshape(came.shape)

        def work(first: int, _last: int, _thread: int) -> None:
            for source in range(self.comm.size):
                _add(merged[first], found, letters, ends[source, first], came[source, first])

        self.team.begin((work, [(t, t + 1) for t in range(threads)])).join()
        self.watch.lap("merge")
        return merged, got.nbytes + letters.nbytes

    def words(self) -> dict[bytes, int]:
        """The words of this rank with their counts, in Python's own types; for small texts."""
        tables: Sequence[StringTable] = [StringTable()]
        if isinstance(self.results, Spills):
            self.results.load(range(PARTS), tables, sys.maxsize)
        else:
            tables = self.results
        return {word: times for one in tables for word, times in one.values().items()}


def _add(table: StringTable, entries: Entries, letters: Bytes, end: Any, amount: Any) -> None:
    """Add entries and their long words, so many before their ends."""
    first, last = int(end[0] - amount[0]), int(end[0])
    table.reserve(last - first, int(amount[1]))
    add_entries(entries[first:last], letters.ctypes.data + int(end[1] - amount[1]), table.table)
