"""The passes of a sample sort over all ranks, by the threads of each rank.

    local      a sample of the rows of all ranks chooses the bounds of the buckets; every rank puts
               its rows in the order of their buckets, those of rank 0 first
    exchange   every rank receives its buckets, a piece from each rank
    merge      the pieces of each bucket become sorted rows

J. S. Huang, Y. C. Chow, Parallel sorting and data partitioning by sampling, COMPSAC 1983; bounds
that divide the rows of one key: M. Axtmann et al., Practical massively parallel sorting, SPAA 2015.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels._support.caches import share_B
from kernels._support.team import Team, shares
from kernels.bigdata.sort.blocks import sort_items
from kernels.bigdata.sort.cells import MOST_BUCKETS, Pairs, Plan
from kernels.bigdata.sort.kinds import Block, Kind, Rows
from kernels.bigdata.sort.splitters import Firsts, plan

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Table = NDArray[np.int64]
DRAWS: Final = 2**16
"""Rows of the sample, over all ranks; with many buckets `DRAWS_A_BUCKET` for each."""
DRAWS_A_BUCKET: Final = 16
BLOCK_SHARE: Final = 0.375
"""Of the cache of level 2: a block of items; there are two."""
FULL: Final = 0.5
"""A bucket is planned to fill so much of a block: a sample is not exact."""


class Sorter:
    """What a rank needs to sort rows of a kind together with the other ranks of a communicator."""

    def __init__(self, kind: Kind, team: Team, seed: np.uint64) -> None:
        self.kind, self.team, self._seed = kind, team, seed
        self.block = int(BLOCK_SHARE * share_B(2)) // kind.item_B
        self._blocks = [Block(kind, self.block) for _ in range(team.threads)]

    def buckets(self, rows: int, ranks: int) -> int:
        """How many of a rank: each fits into a block, unless all ranks had too many then."""
        wanted = -(-rows // int(ranks * FULL * self.block))
        return max(1, min(wanted, MOST_BUCKETS // ranks))

    def draws(self, buckets: int) -> int:
        """Rows of the sample for so many buckets."""
        return max(DRAWS, DRAWS_A_BUCKET * buckets)

    def sample(self, rows: Rows, start: int, draws: int) -> Pairs:
        """So many rows drawn at random, or all of them. start : number of the first."""
        drawn = np.empty(min(draws, rows.size), np.complex128)
        self.kind.draw(rows, self._seed, start, drawn)
        return drawn

    def plan(
        self, comm: Intracomm, drawn: Pairs, buckets: int, *, exact: bool = False
    ) -> tuple[Plan, Firsts]:
        """The buckets of all ranks, from the samples of all: so many a rank. Collective."""
        sample = gathered(comm, drawn)
        block = np.empty(self.block, np.complex128)
        sort_items(sample, block, self._blocks[0].digits)
        return plan(sample, comm.size, buckets, exact=exact)

    def find(
        self, rows: Rows, start: int, plan: Plan, buckets: NDArray[np.uint16]
    ) -> NDArray[np.uint64]:
        """The bucket of each row; rows of each thread in each bucket: (threads, buckets)."""
        threads = self.team.threads
        counts = np.zeros((threads, plan.bounds.size + 1), np.uint64)

        def find(one: int, _last: int, _thread: int) -> None:
            part = slice(*_part(rows.size, threads, one))
            self.kind.find(rows[part], start + part.start, plan, buckets[part], counts[one])

        self._each(find)
        return counts

    def scatter(
        self, rows: Rows, buckets: NDArray[np.uint16], counts: NDArray[np.uint64], out: Rows
    ) -> None:
        """Copy the rows to out in the order of their buckets. counts : from `find`."""
        threads = self.team.threads
        ends = np.cumsum(counts.T.reshape(-1), dtype=np.uint64).reshape(-1, threads).T
        places = np.ascontiguousarray(ends - counts)

        def scatter(one: int, _last: int, _thread: int) -> None:
            part = slice(*_part(rows.size, threads, one))
            self.kind.scatter(rows[part], buckets[part], places[one], out)

        self._each(scatter)

    def merge(self, rows: Rows, pieces: Table, out: Rows) -> None:
        """Fill out with the rows of all buckets, sorted. pieces : (buckets, sources, 2)."""
        ends = np.cumsum((pieces[:, :, 1] - pieces[:, :, 0]).sum(axis=1))

        def merge(first: int, last: int, thread: int) -> None:
            place = slice(int(ends[first - 1]) if first else 0, int(ends[last - 1]))
            part = np.ascontiguousarray(pieces[first:last])
            self.kind.merge(rows, part, out[place], self._blocks[thread])

        cut = shares(0, len(pieces), self.team.threads, 1, len(pieces))
        self.team.begin((merge, cut)).join()

    def _each(self, work: Any) -> None:
        """Do the part of every thread."""
        self.team.begin((work, [(one, one + 1) for one in range(self.team.threads)])).join()


def _part(rows: int, threads: int, one: int) -> tuple[int, int]:
    return rows * one // threads, rows * (one + 1) // threads


def gathered(comm: Intracomm, drawn: Pairs) -> Pairs:
    """The samples of all ranks, on every rank. Collective."""
    sizes = np.array(comm.allgather(drawn.size))
    sample = np.empty(int(sizes.sum()), np.complex128)
    comm.Allgatherv(drawn, [sample, sizes])
    return sample


def pieces_of(counts: Table) -> Table:
    """Where the pieces of each bucket lie: (buckets, sources, 2), first row and one past the last.

    counts : (sources, buckets), rows received; one source behind the other.
    """
    ends = np.cumsum(counts.reshape(-1)).reshape(counts.shape)
    return np.ascontiguousarray(np.stack([(ends - counts).T, ends.T], axis=2))


def counts_from_all(comm: Intracomm, mine: NDArray[np.uint64], firsts: Firsts) -> Table:
    """Rows that each rank has of each of the buckets of this rank: (ranks, buckets). Collective.

    mine : rows that this rank has of all buckets.
    """
    widths = np.diff(firsts)
    own = int(widths[comm.rank])
    received = np.empty((comm.size, own), np.int64)
    comm.Alltoallv(
        [mine.astype(np.int64), (widths, firsts[:-1])],
        [received, (np.full(comm.size, own), own * np.arange(comm.size))],
    )
    return received


def rows_for(counts: NDArray[np.uint64], firsts: Firsts) -> Table:
    """Rows that go to each rank. counts : of all buckets."""
    ends = np.concatenate([[0], np.cumsum(counts.astype(np.int64))])
    return np.diff(ends[firsts])
