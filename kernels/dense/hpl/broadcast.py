"""Broadcast of a packed panel along the process row, in the background of the update."""

from __future__ import annotations

from dataclasses import dataclass

from mpi4py import MPI

from kernels._support.block_cyclic import Grid
from kernels.dense.hpl.panel import Panel


@dataclass(frozen=True)
class Broadcast:
    """One panel on its way; MPI may need to be polled to move it."""

    panel: Panel
    request: MPI.Request

    @classmethod
    def start(cls, panel: Panel, grid: Grid) -> Broadcast:
        """Post the broadcast from the process column that factored the panel."""
        if grid.q == 1:
            return cls(panel, MPI.REQUEST_NULL)
        message = [panel.message, MPI.DOUBLE]
        return cls(panel, grid.row.Ibcast(message, root=panel.step.owner_col))

    def poll(self) -> None:
        """Let MPI make progress."""
        self.request.Test()

    def wait(self) -> Panel:
        """The panel, complete."""
        self.request.Wait()
        return self.panel
