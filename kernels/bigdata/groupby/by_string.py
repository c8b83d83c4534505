"""The group-by of a rank by strings: a table of each thread, one exchange, a table of what came.

There are no partitions: a look-up touches a cache line of the table and one of the aggregates, and
is asked for ahead. All distinct strings of a rank must fit into its memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import get_num_threads
from numpy.typing import NDArray

from kernels._support.dataset.column import Strings
from kernels._support.memory import aligned
from kernels._support.shuffle import exchange, imbalance
from kernels._support.string_table import RANKS, STATE, VALUE, count_owned, pack
from kernels._support.team import Team
from kernels.bigdata.groupby.names import StringPart
from kernels.bigdata.groupby.parted import Words, starts
from kernels.bigdata.groupby.strings import Groups
from kernels.bigdata.groupby.table import ALL, SUMS
from kernels.contract import UNWATCHED, CannotRun, Watch

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.groupby.data import Data

ENTRY_WORDS: Final = 4
BATCH: Final = 2**15
"""Rows that a thread takes at once; the table has room for as many new strings."""


class ByString:
    """The rows and results of a rank. width : words of an aggregate."""

    def __init__(self, keys: StringPart, data: Data, extremes: bool, comm: Intracomm) -> None:
        self._keys, self.data, self.limit, self.comm = keys, data, data.limit, comm
        self.width = ALL if extremes else SUMS
        self.watch: Watch = UNWATCHED
        self._team = Team(get_num_threads())
        self.owned = Groups(self.width)
        self.give_back()

    def give_back(self) -> None:
        """Let the operating system have what only the timed phase needs, but for the results."""
        self._seen = [Groups(self.width) for _ in range(self._team.threads)]

    def forget(self) -> None:
        """No results, as before the first repetition."""
        for groups in (*self._seen, self.owned):
            groups.clear()

    def groupby(self) -> None:
        """The timed phase: owned = the groups of all strings that this rank owns."""
        for strings, values in zip(self._keys.chunks(), self.data.values.chunks(), strict=True):
            if self.limit is not None:
                self.watch.lap("read")
            self._add(strings, values)
            self.watch.lap("local")
        packed = packed_groups(self._seen, self.comm.size)
        self.watch.lap("local")
        came = [_swap(self.comm, items, counts) for items, counts in packed]
        self.watch.lap("exchange")
        self.owned.add_groups(*came)
        self._check_memory()
        self.watch.lap("merge")
        self.watch.note("imbalance", imbalance(self.comm, sum(one.nbytes for one in came)))

    def _add(self, strings: Strings, values: Words) -> None:
        """Each thread takes batches of rows for its own table."""

        def add(first: int, last: int, thread: int) -> None:
            self._seen[thread].add_rows(strings, first, last, values)

        batches = [(at, min(at + BATCH, values.size)) for at in range(0, values.size, BATCH)]
        self._team.begin((add, batches)).join()
        self._check_memory()

    def _check_memory(self) -> None:
        if self.limit is None:
            return
        taken_B = sum(one.allocated_B for one in (*self._seen, self.owned))
        if taken_B > self.limit.budget_B // 2:
            raise CannotRun(
                f"memory, of which this rank has {self.limit.budget_B} B",
                f"the distinct strings and their aggregates take {taken_B} B, more than half",
                fix="a larger --set memory=, or --set key=int64",
            )


def packed_groups(seen: list[Groups], ranks: int) -> list[tuple[NDArray[Any], Words]]:
    """Entries, bytes of long strings, aggregates, by their owners, and how many each has.

    Strings that two threads saw are there twice.
    """
    amounts = np.zeros((len(seen), ranks, 2), np.int64)
    for groups, amount in zip(seen, amounts, strict=True):
        count_owned(groups.strings.table, amount, RANKS)
    counts, text_B = np.ascontiguousarray(amounts.sum(axis=0).T)
    entries = aligned((int(counts.sum()), ENTRY_WORDS), np.uint64)
    text = aligned(int(text_B.sum()), np.uint8)
    aggregates = aligned((len(entries), seen[0].width), np.int64)
    places = np.stack([starts(counts)[:-1], starts(text_B)[:-1]], axis=1)
    for groups in seen:
        begun = places[:, 0].copy()
        pack(groups.strings.table, places, RANKS, entries, text)
        for first, last in zip(begun, places[:, 0], strict=True):
            numbers = (entries[first:last, STATE] & np.uint64(VALUE)).view(np.int64) - 1
            np.take(groups.aggregates, numbers, axis=0, out=aggregates[first:last])
    return [(entries, counts), (text, text_B), (aggregates, counts)]


def _swap(comm: Intracomm, items: NDArray[Any], counts: Words) -> NDArray[Any]:
    """Items of any size to their owners, and those that come; collective."""
    if items.ndim == 1:
        return exchange(comm, items, counts)[0]
    whole = items.view(np.dtype((np.void, items.shape[1] * items.itemsize)))[:, 0]
    came = exchange(comm, whole, counts)[0]
    return came.view(items.dtype).reshape(-1, items.shape[1])
