"""Row interchanges over the several ranks of a process column.

Every rank needs all rows of U; each has some of them. Two ways to get there, as in netlib HPL 2.3:

    binary  exchange of everything known, log2 P stages: few messages, for few columns
    long    spread-roll: rank i first gets the i-th share of the rows of U, then the shares go
            round a ring; each rank sends about U once, whatever P is

The rows of the diagonal block that must give way are scattered by their owner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mpi4py import MPI

from kernels._support.binary_exchange import stages
from kernels._support.block_cyclic import Grid
from kernels._support.blocks import block
from kernels._support.memory import touched
from kernels.dense.hpl.swap import Interchange, Matrix, Rows, Share, Vector, gather, scatter


@dataclass(frozen=True)
class RowExchange:
    """Interchanges over a process column of several ranks. ``swap``: "binary", "long" or "mix"."""

    grid: Grid
    swap: str
    threshold: int  # columns up to which "mix" is "binary"
    rows: Vector  # (nb * local columns,), the rows that become U, all of them on every rank
    sent: Vector  # (nb * local columns,)
    received: Vector  # (nb * local columns,), free between two exchanges

    @classmethod
    def on(cls, grid: Grid, swap: str, threshold: int) -> RowExchange:
        """Allocate the rows and the messages."""
        size = grid.columns * min(grid.nb, grid.n)
        return cls(grid, swap, threshold, touched(size), touched(size), touched(size))

    def run(self, columns: Matrix, change: Interchange, owner_row: int) -> Matrix:
        """Interchange rows of these columns of the matrix; returns what becomes U, (nb, columns).

        The rows of the diagonal block itself are left for the caller to overwrite with U.
        """
        count = columns.shape[1]
        rows = _shaped(self.rows, sum(one.local.size for one in change.sources), count)
        mine = change.sources[self.grid.myrow]
        known = _shaped(self.sent, mine.local.size, count)
        gather(columns, mine.local, known)
        scatter(known, rows, mine.order)
        if self.swap == "long" or (self.swap == "mix" and count > self.threshold):
            self._spread_roll(rows, change.sources)
        else:
            self._binary_exchange(rows, change.sources)
        self._give_way(columns, change, owner_row)
        return rows

    def _binary_exchange(self, rows: Matrix, sources: tuple[Share, ...]) -> None:
        count = rows.shape[1]
        for stage in stages(self.grid.myrow, self.grid.p):
            sent = _of(sources, stage.mine) if stage.sends else _NOTHING
            received = _of(sources, stage.theirs) if stage.receives else _NOTHING
            out, in_ = _shaped(self.sent, sent.size, count), self._incoming(received.size, count)
            gather(rows, sent, out)
            self.grid.column.Sendrecv(out, stage.partner, recvbuf=in_, source=stage.partner)
            scatter(in_, rows, received)

    def _spread_roll(self, rows: Matrix, sources: tuple[Share, ...]) -> None:
        grid, count = self.grid, rows.shape[1]
        shares = [block(len(rows), grid.p, rank) for rank in range(grid.p)]
        here = shares[grid.myrow]
        mine = sources[grid.myrow].order
        sent = _shaped(self.sent, mine.size, count)
        gather(rows, mine, sent)
        sizes = [_within(mine, one.start, one.stop).size * count for one in shares]
        coming = [_within(one.order, here.start, here.stop) for one in sources]
        found = self._incoming(sum(one.size for one in coming), count)
        grid.column.Alltoallv(
            [sent, sizes, MPI.DOUBLE], [found, [one.size * count for one in coming], MPI.DOUBLE]
        )
        scatter(found, rows, np.concatenate(coming))
        right, left = (grid.myrow + 1) % grid.p, (grid.myrow - 1) % grid.p
        for step in range(grid.p - 1):
            out, in_ = shares[(grid.myrow - step) % grid.p], shares[(left - step) % grid.p]
            grid.column.Sendrecv(
                rows[out.start : out.stop], right, recvbuf=rows[in_.start : in_.stop], source=left
            )

    def _give_way(self, columns: Matrix, change: Interchange, owner_row: int) -> None:
        """Rows of the diagonal block from its owner to the places that sources left."""
        grid, count = self.grid, columns.shape[1]
        sizes = [one.local.size * count for one in change.places]
        if grid.myrow == owner_row:
            order = np.concatenate([one.order for one in change.places])
            gather(columns, change.contents[order], _shaped(self.sent, order.size, count))
        mine = change.places[grid.myrow].local
        found = self._incoming(mine.size, count)
        grid.column.Scatterv([self.sent, sizes, MPI.DOUBLE], found, root=owner_row)
        scatter(found, columns, mine)

    def _incoming(self, rows: int, count: int) -> Matrix:
        return _shaped(self.received, rows, count)


_NOTHING = np.empty(0, np.int64)


def _shaped(buffer: Vector, rows: int, columns: int) -> Matrix:
    return buffer[: rows * columns].reshape(rows, columns)


def _of(sources: tuple[Share, ...], ranks: tuple[int, ...]) -> Rows:
    """The rows of U that these process rows own."""
    return np.concatenate([sources[rank].order for rank in ranks])


def _within(order: Rows, start: int, stop: int) -> Rows:
    """The members of an ascending list from ``start`` to ``stop`` - 1."""
    first, last = np.searchsorted(order, [start, stop])
    return order[first:last]
