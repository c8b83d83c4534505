"""The P x Q grid of processes and the 2-D block-cyclic distribution over it.

Row i of the matrix belongs to process row (i // nb) mod P, column j to process column
(j // nb) mod Q. Ranks fill the grid row by row, or column by column. The matrix is A augmented with
b as column n, so it has n rows and n + 1 columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm


def local_size(count: int, nb: int, me: int, procs: int) -> int:
    """How many of the first ``count`` rows (columns) process row (column) ``me`` owns."""
    blocks, rest = divmod(count, nb)
    rounds, left = divmod(blocks, procs)
    return rounds * nb + (nb if me < left else rest if me == left else 0)


@dataclass(frozen=True)
class Step:
    """Step k of the factorisation as one rank sees it; block column k is its panel."""

    first: int  # global index of the panel's first column, and of its first row
    width: int  # columns of the panel
    owner_row: int  # process row that holds the diagonal block
    owner_col: int  # process column that holds the panel
    row0: int  # local index of the first row at or below ``first``
    rows: int  # local rows from there
    top: int  # how many of these are rows of the diagonal block: width or 0
    col0: int  # local index of the first column at or right of ``first``
    trailing: int  # local index of the first column right of the panel


@dataclass(frozen=True)
class Grid:
    """The distribution of one problem, and this rank's place in the grid."""

    n: int
    nb: int
    p: int
    q: int
    row: Intracomm  # the Q ranks of my process row, rank = process column
    column: Intracomm  # the P ranks of my process column, rank = process row

    @classmethod
    def over(cls, comm: Intracomm, n: int, nb: int, p: int, q: int, order: str = "row") -> Grid:
        """Split a communicator of p * q ranks. order : "row" or "column", how ranks fill it."""
        across, along = (p, q) if order == "row" else (q, p)
        major, minor = divmod(comm.rank, along)
        assert comm.size == across * along  # noqa: S101 - what check_geometry holds
        myrow, mycol = (major, minor) if order == "row" else (minor, major)
        row, column = comm.Split(myrow, mycol), comm.Split(mycol, myrow)
        return cls(n, nb, p, q, cast("Intracomm", row), cast("Intracomm", column))

    @property
    def myrow(self) -> int:
        """My process row."""
        return self.column.rank

    @property
    def mycol(self) -> int:
        """My process column."""
        return self.row.rank

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Block size, P, Q and my place in the grid, counted by rows, for compiled code."""
        return self.nb, self.p, self.q, self.myrow * self.q + self.mycol

    @property
    def rows(self) -> int:
        """Local rows."""
        return self.rows_before(self.n)

    @property
    def unknowns(self) -> int:
        """Local columns of A."""
        return self.columns_before(self.n)

    @property
    def columns(self) -> int:
        """Local columns of A augmented with b."""
        return self.columns_before(self.n + 1)

    @property
    def has_rhs(self) -> bool:
        """Whether b, column n, is in my process column; it is then my last column."""
        return self.columns > self.unknowns

    def rows_before(self, index: int) -> int:
        """Local rows above a global row."""
        return local_size(index, self.nb, self.myrow, self.p)

    def columns_before(self, index: int) -> int:
        """Local columns left of a global column."""
        return local_size(index, self.nb, self.mycol, self.q)

    def step(self, k: int) -> Step:
        """Step k of the factorisation."""
        first = k * self.nb
        width = min(self.nb, self.n - first)
        row0 = self.rows_before(first)
        return Step(
            first=first,
            width=width,
            owner_row=k % self.p,
            owner_col=k % self.q,
            row0=row0,
            rows=self.rows - row0,
            top=width if self.myrow == k % self.p else 0,
            col0=self.columns_before(first),
            trailing=self.columns_before(first + width),
        )

    def steps(self) -> Iterator[Step]:
        """All steps, from the first block column of A to the last."""
        return (self.step(k) for k in range(-(-self.n // self.nb)))
