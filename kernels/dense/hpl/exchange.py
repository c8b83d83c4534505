"""Row interchanges over the several ranks of a process column.

Every rank needs all rows of U; each has some of them. Two ways to get there, as in netlib HPL 2.3:

    binary  exchange of everything known, log2 P stages: few messages, for few columns
    long    spread-roll: rank i first gets all rows of its share of the columns, then the shares
            go round a ring; each rank sends about U once, whatever P is

The rows of the diagonal block that must give way are scattered by their owner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.binary_exchange import stages
from kernels._support.block_cyclic import Grid
from kernels._support.blocks import block
from kernels.dense.hpl.swap import Interchange, Matrix, Share, gather, scatter

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class RowExchange:
    """Interchanges over a process column of several ranks. ``swap``: "binary", "long" or "mix"."""

    grid: Grid
    swap: str
    threshold: int  # columns up to which "mix" is "binary"
    u: Vector  # (local columns * nb,), the rows of U, all of them on every rank
    sent: Vector  # (local columns * nb,)
    received: Vector  # (local columns * nb,)

    @classmethod
    def on(cls, grid: Grid, swap: str, threshold: int) -> RowExchange:
        """Allocate U and the messages."""
        size = grid.columns * min(grid.nb, grid.n)
        return cls(grid, swap, threshold, np.zeros(size), np.zeros(size), np.zeros(size))

    def run(self, columns: Matrix, change: Interchange, owner_row: int) -> Matrix:
        """Interchange rows of these columns, [column, row]; returns U, (columns, rows of U).

        The rows of the diagonal block itself are left for the caller to overwrite with U.
        """
        width = sum(one.local.size for one in change.sources)
        u = self.u[: len(columns) * width].reshape(len(columns), width)
        mine = change.sources[self.grid.myrow]
        known = self.sent[: len(columns) * mine.local.size].reshape(len(columns), mine.local.size)
        gather(columns, mine.local, known)
        scatter(known, u, mine.order)
        if self._is_long(len(columns)):
            self._spread_roll(u, change.sources)
        else:
            self._binary_exchange(u, change.sources)
        self._give_way(columns, change, owner_row)
        return u

    def _is_long(self, count: int) -> bool:
        return self.swap == "long" or (self.swap == "mix" and count > self.threshold)

    def _binary_exchange(self, u: Matrix, sources: tuple[Share, ...]) -> None:
        for stage in stages(self.grid.myrow, self.grid.p):
            sent = _of(sources, stage.mine) if stage.sends else _NOTHING
            received = _of(sources, stage.theirs) if stage.receives else _NOTHING
            out = self.sent[: len(u) * sent.size].reshape(len(u), sent.size)
            in_ = self.received[: len(u) * received.size].reshape(len(u), received.size)
            gather(u, sent, out)
            self.grid.column.Sendrecv(out, stage.partner, recvbuf=in_, source=stage.partner)
            scatter(in_, u, received)

    def _spread_roll(self, u: Matrix, sources: tuple[Share, ...]) -> None:
        """My share of the columns is that of my process row, by `blocks.block`."""
        grid, p = self.grid, self.grid.p
        mine, parts = sources[grid.myrow].order, [block(len(u), p, rank) for rank in range(p)]
        sent = self.sent[: len(u) * mine.size].reshape(len(u), mine.size)
        gather(u, mine, sent)
        here = parts[grid.myrow]
        counts = [here.size * one.order.size for one in sources]
        grid.column.Alltoallv(
            [sent, [one.size * mine.size for one in parts], MPI.DOUBLE],
            [self.received, counts, MPI.DOUBLE],
        )
        for one, found in zip(sources, _cut(self.received, counts), strict=True):
            rows = u[here.start : here.stop]
            scatter(found.reshape(here.size, one.order.size), rows, one.order)
        right, left = (grid.myrow + 1) % p, (grid.myrow - 1) % p
        for step in range(p - 1):
            out, in_ = parts[(grid.myrow - step) % p], parts[(grid.myrow - 1 - step) % p]
            grid.column.Sendrecv(
                u[out.start : out.stop], right, recvbuf=u[in_.start : in_.stop], source=left
            )

    def _give_way(self, columns: Matrix, change: Interchange, owner_row: int) -> None:
        """Rows of the diagonal block from its owner to the places that sources left."""
        counts = [len(columns) * one.local.size for one in change.places]
        if self.grid.myrow == owner_row:
            for one, out in zip(change.places, _cut(self.sent, counts), strict=True):
                to = out.reshape(len(columns), one.local.size)
                gather(columns, change.contents[one.order], to)
        mine = change.places[self.grid.myrow].local
        found = self.received[: counts[self.grid.myrow]]
        self.grid.column.Scatterv([self.sent, counts, MPI.DOUBLE], found, root=owner_row)
        scatter(found.reshape(len(columns), mine.size), columns, mine)


_NOTHING = np.empty(0, np.int64)


def _of(sources: tuple[Share, ...], ranks: tuple[int, ...]) -> NDArray[np.int64]:
    """The rows of U that these process rows own."""
    return np.concatenate([sources[rank].order for rank in ranks] or [_NOTHING])


def _cut(message: Vector, counts: list[int]) -> list[Vector]:
    ends = np.cumsum([0, *counts]).tolist()
    return [message[ends[r] : ends[r + 1]] for r in range(len(counts))]
