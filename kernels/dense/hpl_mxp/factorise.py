"""LU factorisation in FP32 without pivoting, with a look-ahead of no or one panel.

With look-ahead the columns of the next panel are updated first; its owners factor it and start its
broadcast, and all ranks update the rest of the matrix while it travels. L stays in the matrix: the
refinement needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support import row_broadcast
from kernels._support.block_cyclic import Grid, Step
from kernels._support.linpack import share_done
from kernels._support.memory import aligned
from kernels._support.row_broadcast import InFlight
from kernels._support.team import Team
from kernels.contract import Watch
from kernels.dense.hpl_mxp.kernel import BLOCK
from kernels.dense.hpl_mxp.panel import (
    Matrix,
    Panel,
    factor_diagonal,
    invert_upper,
    message_size,
    open_panel,
    solve_upper,
)
from kernels.dense.hpl_mxp.update import Applied, Update


@dataclass(frozen=True)
class Coming:
    """A panel and its broadcast."""

    panel: Panel
    flight: InFlight


@dataclass(frozen=True)
class Factorisation:
    """What the factorisation needs: the matrix, two panels' buffers, a diagonal block."""

    grid: Grid
    f: Matrix  # (local columns, ldf), [column, row]
    update: Update
    bcast: str
    depth: int
    buffers: tuple[NDArray[np.float32], NDArray[np.float32]]
    diagonal: NDArray[np.float32]  # (nb * nb,), the diagonal block on all of its process column
    inverse: Matrix  # (nb, BLOCK)
    flights: list[InFlight] = field(default_factory=list)

    @classmethod
    def on(cls, grid: Grid, f: Matrix, team: Team, bcast: str, depth: int) -> Factorisation:
        """Allocate the buffers."""
        width = min(grid.nb, grid.n)
        size = message_size(grid.rows, width)
        return cls(
            grid,
            f,
            Update.on(grid, f, team, bcast),
            bcast,
            depth,
            buffers=(aligned(size, f.dtype), aligned(size, f.dtype)),
            diagonal=aligned(width * width, f.dtype),
            inverse=aligned((width, BLOCK), f.dtype),
        )

    def run(self, watch: Watch) -> None:
        """Replace A by L, below the diagonal, and U."""
        with self.update.team.calling_blas():
            self._run(watch)
        self.update.finish()
        for flight in self.flights:
            flight.finish()
        self.flights.clear()

    def _run(self, watch: Watch) -> None:
        steps = list(self.grid.steps())
        coming = self._publish(steps[0], 0, watch)
        for k, step in enumerate(steps):
            coming.flight.wait()
            watch.lap("broadcast")
            applied = self.update.by(coming.panel)
            following = steps[k + 1] if k + 1 < len(steps) else None
            if following is None or self.depth == 0:
                applied.finish(step.trailing, len(self.f), watch)
                if following is not None:
                    coming = self._publish(following, k + 1, watch)
            else:
                coming = self._look_ahead(applied, following, k + 1, watch)
            self._tell(step, watch)

    def _look_ahead(self, applied: Applied, following: Step, k: int, watch: Watch) -> Coming:
        """Update the next panel's columns, then all others while that panel is on its way."""
        start, stop = applied.panel.step.trailing, len(self.f)
        if self.grid.mycol == following.owner_col:
            applied.finish(start, following.trailing, watch)
            start = following.trailing
        if self.update.team.threads > 1:
            rest = applied.begin(start, stop, watch)
            coming = self._publish(following, k, watch)
        else:
            coming = self._publish(following, k, watch)
            rest = applied.begin(start, stop, watch)
        rest.join(coming.flight.poll)
        watch.lap("update")
        return coming

    def _publish(self, step: Step, k: int, watch: Watch) -> Coming:
        """Factor the panel of a step if it is ours, and start its broadcast."""
        if len(self.flights) == len(self.buffers):
            self.flights.pop(0).finish()  # it read or filled the buffer that is used again
            watch.lap("broadcast")
        panel = open_panel(step, self.buffers[k % len(self.buffers)])
        if self.grid.mycol == step.owner_col:
            self.factor_panel(panel)
            watch.lap("panel")
        flight = row_broadcast.start(self.grid.row, panel.message, step.owner_col, self.bcast)
        self.flights.append(flight)
        watch.lap("broadcast")
        return Coming(panel, flight)

    def factor_panel(self, panel: Panel) -> None:
        """The diagonal block on its owner, then L below it on the whole process column."""
        step = panel.step
        columns = self.f[step.col0 : step.col0 + step.width, step.row0 : step.row0 + step.rows]
        diagonal = self.diagonal[: step.width**2].reshape(step.width, step.width)
        if step.top:
            diagonal[:] = columns[:, : step.top]
            factor_diagonal(diagonal)
            columns[:, : step.top] = panel.top[:] = diagonal
        if self.grid.p > 1:
            self.grid.column.Bcast([diagonal, MPI.FLOAT], root=step.owner_row)
        invert_upper(diagonal, self.inverse)
        solve_upper(diagonal, self.inverse, columns[:, step.top :], panel.below)

    def _tell(self, step: Step, watch: Watch) -> None:
        """Progress: the columns that are factored."""
        n, done = self.grid.n, step.first + step.width
        watch.progress(done, n, share_done(n, done))
