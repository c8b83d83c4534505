"""HPL on CPUs: memory of one rank, and the way through the steps, each a module of this folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numba
import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.block_cyclic import Grid, Step
from kernels._support.leading import leading_dimension
from kernels._support.linpack_matrix import by_rows, multiply, right_hand_side
from kernels._support.linpack_residual import scaled_residual
from kernels._support.memory import aligned, touched
from kernels._support.team import Team
from kernels.contract import UNWATCHED, Watch
from kernels.dense.hpl.exchange import RowExchange
from kernels.dense.hpl.factorise import Factorisation
from kernels.dense.hpl.panel import Leaf, Recursion, leaf_alone, message_size, workspace_size
from kernels.dense.hpl.pivot import PivotExchange
from kernels.dense.hpl.solve import substitute
from kernels.dense.hpl.update import Update

if TYPE_CHECKING:
    from kernels.dense.hpl.kernel import Hpl


@dataclass
class State:
    """One rank's part of the problem."""

    grid: Grid
    seed: int
    a: NDArray[np.float64]  # (local rows, ld >= local columns of [A | b]), [row, column]
    owed: NDArray[np.float64]  # (local rows,), right-hand side less the unknowns found so far
    x: NDArray[np.float64]  # (local columns of A,), the solution, the same on every process row
    factorisation: Factorisation
    watch: Watch = field(default=UNWATCHED)

    def restore(self) -> None:
        """Generate [A | b] anew."""
        by_rows(self.a, self.grid, self.seed)

    def solve(self) -> None:
        """Factor A and solve for x; [A | b] is lost."""
        self.factorisation.run(self.watch)
        substitute(self.grid, self.a, self.owed, self.x)
        self.watch.lap("solve")

    def error(self, comm: MPI.Intracomm) -> float:
        """The scaled residual of x, infinite if it is not finite; collective."""
        product = multiply(self.x, self.grid, self.seed)
        b = right_hand_side(self.grid, self.seed)
        return scaled_residual(self.grid, self.x, b, product, comm)

    def zero_pivot(self, comm: MPI.Intracomm) -> int | None:
        """The first column without a pivot other than 0: A is singular; collective."""
        grid = self.grid
        mine = [one for one in grid.steps() if one.top and grid.mycol == one.owner_col]
        zeros = [one.first + i for one in mine for i in np.flatnonzero(self._diagonal(one) == 0.0)]
        first = int(comm.allreduce(min(zeros, default=grid.n), MPI.MIN))
        return first if first < grid.n else None

    def _diagonal(self, step: Step) -> NDArray[np.float64]:
        """The diagonal of U in a block that is mine."""
        block = self.a[step.row0 : step.row0 + step.width, step.col0 : step.col0 + step.width]
        return np.diagonal(block)


def allocate(comm: MPI.Intracomm, kernel: Hpl) -> State:
    """Allocate on a communicator of p * q ranks, and generate the matrix."""
    grid = Grid.over(comm, kernel.n, kernel.nb, kernel.p, kernel.q, kernel.order)
    a = aligned((grid.rows, leading_dimension(grid.columns)))
    state = State(
        grid=grid,
        seed=kernel.seed,
        a=a,
        owed=np.zeros(grid.rows),
        x=np.zeros(grid.unknowns),
        factorisation=_factorisation(grid, a, kernel),
    )
    state.restore()
    return state


def _factorisation(grid: Grid, a: NDArray[np.float64], kernel: Hpl) -> Factorisation:
    width = min(grid.nb, grid.n)
    size = message_size(grid.rows, width)
    several = grid.p > 1
    exchange = RowExchange.on(grid, kernel.swap, kernel.swap_threshold) if several else None
    return Factorisation(
        grid=grid,
        a=a,
        buffers=(touched(size), touched(size)),
        workspace=touched(workspace_size(grid.rows, width)),
        recursion=Recursion(kernel.rfact, kernel.ndiv, kernel.nbmin),
        leaf=_leaf(grid, kernel.pfact),
        update=Update.on(grid, a, exchange, Team(numba.get_num_threads())),
        bcast=kernel.bcast,
        depth=kernel.depth,
    )


def _leaf(grid: Grid, order: str) -> Leaf:
    return PivotExchange.on(grid, order).leaf if grid.p > 1 else leaf_alone(order)
