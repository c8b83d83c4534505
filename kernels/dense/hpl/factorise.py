"""LU factorisation of the distributed matrix with a look-ahead of one panel.

The columns of the next panel are updated first; its owners factor it and start its broadcast, and
all ranks update the rest of the matrix while it travels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels._support.block_cyclic import Grid, Step
from kernels.dense.hpl.broadcast import Broadcast
from kernels.dense.hpl.panel import Leaf, Panel, factor, open_panel
from kernels.dense.hpl.update import Update


@dataclass(frozen=True)
class Factorisation:
    """What the factorisation needs: the matrix and, for each of two panels, a buffer."""

    grid: Grid
    a: NDArray[np.float64]  # (local columns, lda), [column, row]
    buffers: tuple[NDArray[np.float64], NDArray[np.float64]]
    leaf: Leaf
    update: Update

    def run(self) -> None:
        """Replace A by U, in and right of the diagonal blocks, and b by L^-1 P b."""
        steps = list(self.grid.steps())
        coming = self._publish(steps[0], 0)
        for k in range(1, len(steps)):
            panel = coming.wait()
            start = self._update_next(panel, steps[k])
            coming = self._publish(steps[k], k)
            self.update.apply(panel, start, self.grid.columns, coming.poll)
        last = coming.wait()
        self.update.apply(last, last.step.trailing, self.grid.columns, _nothing)

    def _update_next(self, panel: Panel, step: Step) -> int:
        """Update the columns of the next panel; returns the first column that is still to do."""
        start = panel.step.trailing
        if self.grid.mycol != step.owner_col:
            return start
        self.update.apply(panel, start, step.trailing, _nothing)
        return step.trailing

    def _publish(self, step: Step, k: int) -> Broadcast:
        """Factor the panel of a step if it is ours, and start its broadcast."""
        panel = open_panel(step, self.buffers[k % 2], self.grid.p)
        if self.grid.mycol == step.owner_col:
            self._factor(panel)
        return Broadcast.start(panel, self.grid)

    def _factor(self, panel: Panel) -> None:
        step = panel.step
        columns = self.a[step.col0 : step.col0 + step.width]
        rows = slice(step.row0, step.row0 + step.rows)
        panel.w[:, : step.rows] = columns[:, rows]
        factor(panel, self.leaf)
        if step.top:
            columns[:, step.row0 : step.row0 + step.width] = panel.top[:, : step.width]


def _nothing() -> None:
    """There is no broadcast to poll."""
