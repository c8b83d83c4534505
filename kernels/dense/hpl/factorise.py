"""LU factorisation of the distributed matrix, with a look-ahead of no or one panel.

With look-ahead the columns of the next panel are updated first; its owners factor it and start its
broadcast, and all ranks update the rest of the matrix while it travels. The threads of a rank that
do not factor begin with that rest meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kernels._support import row_broadcast
from kernels._support.block_cyclic import Grid, Step
from kernels._support.linpack import share_done
from kernels._support.row_broadcast import InFlight
from kernels._support.team import ALONE
from kernels.contract import Watch
from kernels.dense.hpl.panel import (
    Columns,
    Leaf,
    Panel,
    Recursion,
    open_columns,
    open_panel,
    pack,
    transpose,
)
from kernels.dense.hpl.swap import Matrix, Vector
from kernels.dense.hpl.update import Applied, Update


@dataclass(frozen=True)
class Coming:
    """A panel and its broadcast."""

    panel: Panel
    flight: InFlight


@dataclass(frozen=True)
class Factorisation:
    """What the factorisation needs: the matrix, a buffer for each of two panels, a workspace."""

    grid: Grid
    a: Matrix  # (local rows, ld), [row, column]
    buffers: tuple[Vector, Vector]
    workspace: Vector
    recursion: Recursion
    leaf: Leaf
    update: Update
    bcast: str
    depth: int
    flights: list[InFlight] = field(default_factory=list)

    def run(self, watch: Watch) -> None:
        """Replace A by U, in and right of the diagonal blocks, and b by L^-1 P b."""
        with self.update.team.calling_blas():
            self._run(watch)
            for flight in self.flights:
                flight.finish()
            self.flights.clear()

    def _run(self, watch: Watch) -> None:
        steps = list(self.grid.steps())
        coming = self._publish(steps[0], 0, watch)
        for k, step in enumerate(steps):
            applied = self._arrived(coming, watch)
            following = steps[k + 1] if k + 1 < len(steps) else None
            if following is None or self.depth == 0:
                applied.finish(step.trailing, self.grid.columns, watch)
                if following is not None:
                    coming = self._publish(following, k + 1, watch)
            else:
                coming = self._look_ahead(applied, following, k + 1, watch)
            self._tell(step, watch)

    def _arrived(self, coming: Coming, watch: Watch) -> Applied:
        coming.flight.wait()
        watch.lap("broadcast")
        return self.update.by(coming.panel)

    def _look_ahead(self, applied: Applied, following: Step, k: int, watch: Watch) -> Coming:
        """Update the next panel's columns, then all others while that panel is on its way.

        The other threads of a rank begin with all others at once, where no exchange of rows with
        other ranks must come first. A rank without such threads sends its panel first.
        """
        start, stop = applied.panel.step.trailing, self.grid.columns
        mine = self.grid.mycol == following.owner_col
        rest_from = following.trailing if mine else start
        team, panel, rest, columns = self.update.team, self._open(following, k, watch), None, None
        at_once = team.threads > 1 and self.grid.p == 1
        if at_once:
            rest = applied.begin(rest_from, stop, watch)
        if mine:
            free = ALONE if at_once else team
            u = applied.rows_of_u(start, rest_from, watch, free)
            columns = self._copied(panel, watch)
            applied.subtract(u, columns.w, watch, free)
        if team.threads > 1 and rest is None:
            rest = applied.begin(rest_from, stop, watch)
        if columns is not None:
            self._factor(columns, panel, watch)
        coming = self._send(panel, watch)
        rest = rest or applied.begin(rest_from, stop, watch)
        rest.join(coming.flight.poll)
        watch.lap("update")
        return coming

    def _publish(self, step: Step, k: int, watch: Watch) -> Coming:
        """Factor the panel of a step if it is ours, and start its broadcast."""
        panel = self._open(step, k, watch)
        if self.grid.mycol == step.owner_col:
            self._factor(self._copied(panel, watch), panel, watch)
        return self._send(panel, watch)

    def _open(self, step: Step, k: int, watch: Watch) -> Panel:
        """The panel of a step, in a buffer that no broadcast uses any more."""
        if len(self.flights) == len(self.buffers):
            self.flights.pop(0).finish()
            watch.lap("broadcast")
        return open_panel(step, self.buffers[k % len(self.buffers)])

    def _send(self, panel: Panel, watch: Watch) -> Coming:
        step = panel.step
        flight = row_broadcast.start(self.grid.row, panel.message, step.owner_col, self.bcast)
        self.flights.append(flight)
        watch.lap("broadcast")
        return Coming(panel, flight)

    def _copied(self, panel: Panel, watch: Watch) -> Columns:
        """The columns of a panel, copied from the matrix."""
        columns = open_columns(panel, self.workspace, self.grid.p)
        transpose(self._rows(panel.step), columns.w)
        watch.lap("panel")
        return columns

    def _factor(self, columns: Columns, panel: Panel, watch: Watch) -> None:
        self.recursion.factor(columns, self.leaf)
        pack(columns, panel)
        if panel.step.top:
            transpose(panel.top, self._rows(panel.step)[: panel.step.width])
        watch.lap("panel")

    def _rows(self, step: Step) -> Matrix:
        """The local rows of a panel, from that of its first diagonal element on."""
        return self.a[step.row0 : step.row0 + step.rows, step.col0 : step.col0 + step.width]

    def _tell(self, step: Step, watch: Watch) -> None:
        """Progress: the columns that are factored."""
        n, done = self.grid.n, step.first + step.width
        watch.progress(done, n, share_done(n, done))
