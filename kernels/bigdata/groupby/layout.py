"""Partitions of the hash, numbered through all ranks: rank r owns m r, ..., m r + m - 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from mpi4py import MPI
from numba import get_num_threads
from numpy.typing import NDArray

from kernels._support.caches import share_B
from kernels._support.scratch import Scratch
from kernels.bigdata.groupby.sample import Sample
from kernels.bigdata.groupby.split import BLOCK

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

WORD_B: Final = 8
ROW_B: Final = 16
"""A key and a value."""
SLOTS_B: Final = 12
"""The slots of an aggregate, on average."""
CACHE_SHARE: Final = 4
"""The table of a partition takes a quarter of level 2: what it is made of passes through too."""
CHEAP: Final = 1024
"""Up to here more partitions cost next to nothing, while large tables cost much."""
MOST: Final = 4096
"""Level 2 has no room for the ends of more partitions."""
LEAST: Final = 4
"""Partitions of a rank: something for every thread, and for every round."""
ROUND_B: Final = 2**26
"""Rows of a round: more are not faster, as long as they are at most an eighth of all."""


@dataclass(frozen=True)
class Limit:
    """budget_B : what this rank may allocate; scratch : where the rest goes."""

    budget_B: int
    scratch: Scratch

    @property
    def chunk_rows(self) -> int:
        """An eighth, for both columns."""
        return max(1, self.budget_B // (8 * ROW_B))

    def split_rows(self, parts: int) -> int:
        """Half, for rows in partitions; each partition of a thread has a block that is not full."""
        spare = get_num_threads() * (parts + 2) * BLOCK
        return max(self.chunk_rows, self.budget_B // (2 * ROW_B) - spare)

    def rounds(self, aggregates: int, width: int) -> int:
        """In so many rounds, aggregates that are read, sent, received and merged take half."""
        return 1 + 4 * WORD_B * width * aggregates // (self.budget_B // 2)


@dataclass(frozen=True)
class Layout:
    """m : partitions of a rank."""

    m: int
    ranks: int

    @property
    def parts(self) -> int:
        """Of all ranks."""
        return self.m * self.ranks

    def windows(self, one: int, rounds: int) -> list[tuple[int, int]]:
        """The partitions of a round, first and one past the last, of each rank."""
        first, last = self.m * one // rounds, self.m * (one + 1) // rounds
        return [(rank * self.m + first, rank * self.m + last) for rank in range(self.ranks)]


def members(windows: list[tuple[int, int]]) -> NDArray[np.int64]:
    """The numbers of all partitions of some windows."""
    return np.concatenate([np.arange(first, last) for first, last in windows])


def layout(seen: Sample, rows: int, width: int, limit: Limit | None, comm: Intracomm) -> Layout:
    """So many partitions that the table of each fits into the cache, and a round into the memory.

    seen : of the rows of this rank; rows : over all ranks. Collective.
    """
    cached = share_B(2) // CACHE_SHARE // (WORD_B * width + SLOTS_B)
    wanted = max(min(seen.most / cached, CHEAP), seen.least / cached)
    m = -(-min(int(wanted), MOST) // comm.size)
    if limit is not None:
        # Every key may be another.
        m = max(m, 2 * limit.rounds(rows // comm.size, width))
    return Layout(int(comm.allreduce(max(m, LEAST), op=MPI.MAX)), comm.size)
