"""Update of trailing columns: U12 <- L11^-1 A12, broadcast of U12, A22 <- A22 - L21 U12.

U12 travels along the process column in pieces, so that a piece is on its way while the piece before
it is multiplied; the threads of a rank share the pieces out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kernels._support import row_broadcast
from kernels._support.blas import gemm
from kernels._support.block_cyclic import Grid
from kernels._support.memory import aligned
from kernels._support.row_broadcast import InFlight
from kernels._support.team import Job, Piece, Team, shares
from kernels.contract import Watch
from kernels.dense.hpl_mxp.kernel import BLOCK, PIECE
from kernels.dense.hpl_mxp.panel import Matrix, Panel, invert_lower, solve_lower

LEAST = 96
"""Columns of the smallest piece that is worth a call of the BLAS."""


@dataclass(frozen=True)
class Update:
    """Applies panels to the local part of the matrix."""

    grid: Grid
    f: Matrix  # (local columns, ldf), [column, row]
    team: Team
    bcast: str
    u: Matrix  # (local columns, nb), rows of U on their way; none where one process row has all
    scratch: tuple[Matrix, ...]  # of each thread, (PIECE, nb)
    inverse: Matrix  # (nb, BLOCK)
    flights: list[InFlight] = field(default_factory=list)

    @classmethod
    def on(cls, grid: Grid, f: Matrix, team: Team, bcast: str) -> Update:
        """Allocate the buffers."""
        width = min(grid.nb, grid.n)
        most = min(PIECE, len(f))
        return cls(
            grid,
            f,
            team,
            bcast,
            u=aligned((len(f) if grid.p > 1 else 0, width), f.dtype),
            scratch=tuple(aligned((most, width), f.dtype) for _ in range(team.threads)),
            inverse=aligned((width, BLOCK), f.dtype),
        )

    def by(self, panel: Panel) -> Applied:
        """What a panel does to columns."""
        self.finish()
        if panel.step.top:
            invert_lower(panel.top, self.inverse)
        return Applied(self, panel)

    def finish(self) -> None:
        """Wait until the rows of U may be overwritten."""
        for flight in self.flights:
            flight.finish()
        self.flights.clear()


@dataclass(frozen=True)
class Applied:
    """One panel, ready to be applied to columns."""

    update: Update
    panel: Panel

    def begin(self, start: int, stop: int, watch: Watch) -> Job:
        """Begin to bring columns start..stop-1 up to date; the other threads go on with it."""
        team = self.update.team
        pieces = shares(start, stop, team.threads, LEAST, PIECE)
        multiply = self._alone(watch) if self.update.grid.p == 1 else self._sent(pieces, watch)
        return team.begin((multiply, pieces))

    def finish(self, start: int, stop: int, watch: Watch) -> None:
        """Bring columns start..stop-1 up to date."""
        self.begin(start, stop, watch).join()

    def _alone(self, watch: Watch) -> Callable[[int, int, int], None]:
        """How a thread treats a piece where this rank has all rows."""

        def multiply(first: int, last: int, thread: int) -> None:
            self._multiply(first, last, self._solve(first, last, thread))
            if thread == 0:
                watch.lap("update")

        return multiply

    def _sent(self, pieces: list[Piece], watch: Watch) -> Callable[[int, int, int], None]:
        """The same where U12 comes from one process row: send or receive all pieces first.

        Only the first thread may call MPI, so several threads begin when U12 is complete.
        """
        one, step = self.update, self.panel.step
        flights = {}
        for first, last in pieces:
            if step.top:
                one.u[first:last, : step.width] = self._solve(first, last, 0)
            message = one.u[first:last].reshape(-1)
            flights[first] = row_broadcast.start(
                one.grid.column, message, step.owner_row, one.bcast
            )
            one.flights.append(flights[first])
        watch.lap("update")
        if one.team.threads > 1:
            for flight in flights.values():
                flight.wait()
            watch.lap("broadcast")

        def multiply(first: int, last: int, thread: int) -> None:
            if one.team.threads == 1:
                flights[first].wait()
                watch.lap("broadcast")
            self._multiply(first, last, one.u[first:last, : step.width])
            if thread == 0:
                watch.lap("update")

        return multiply

    def _solve(self, first: int, last: int, thread: int) -> Matrix:
        """U12 of columns first..last-1, in its place in the matrix."""
        step = self.panel.step
        u = self.update.f[first:last, step.row0 : step.row0 + step.width]
        rows = self.update.scratch[thread][: last - first, : step.width]
        rows[:] = u
        solve_lower(self.panel.top, self.update.inverse, rows, u)
        return u

    def _multiply(self, first: int, last: int, u: Matrix) -> None:
        step = self.panel.step
        rows = self.update.f[first:last, step.row0 + step.top : step.row0 + step.rows]
        gemm(-1.0, self.panel.below, u, 1.0, rows)
