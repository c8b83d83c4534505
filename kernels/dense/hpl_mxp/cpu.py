"""HPL-MxP on CPUs: memory of one rank, and the way through the steps, each a module here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np
from mpi4py import MPI

from kernels._support.block_cyclic import Grid
from kernels._support.leading import leading_dimension
from kernels._support.linpack_matrix import right_hand_side
from kernels._support.linpack_residual import scaled_residual
from kernels._support.memory import aligned
from kernels._support.team import Team
from kernels.contract import UNWATCHED, Watch
from kernels.dense.hpl_mxp import generate
from kernels.dense.hpl_mxp.factorise import Factorisation
from kernels.dense.hpl_mxp.panel import ITEM_B
from kernels.dense.hpl_mxp.refine import METHODS, Progress
from kernels.dense.hpl_mxp.solve import Substitution
from kernels.dense.hpl_mxp.system import System

if TYPE_CHECKING:
    from kernels.dense.hpl_mxp.kernel import HplMxp


@dataclass
class State:
    """One rank's part of the problem."""

    kernel: HplMxp
    system: System
    factorisation: Factorisation
    refinement: Progress
    watch: Watch = UNWATCHED

    def restore(self) -> None:
        """Forget the solution; A and b are as they were."""
        self.system.x[:] = 0.0

    def solve(self) -> None:
        """Solve for x."""
        self.system.watch = self.watch
        self.factor()
        self.refine()

    def factor(self) -> None:
        """Round A to FP32 and factor it."""
        self.system.convert()
        self.factorisation.run(self.watch)

    def refine(self) -> None:
        """Solve for x in FP32 and refine it."""
        self.system.x[:] = self.system.solve(self.system.b)
        self.refinement = Progress(self.kernel.n, self.watch)
        METHODS[self.kernel.refine](self.system, self.refinement)

    def error(self, comm: MPI.Intracomm) -> float:
        """The scaled residual of x, infinite if it is not finite; collective."""
        system, kernel = self.system, self.kernel
        product = generate.multiply(system.x, system.grid, kernel.matrix, kernel.seed)
        b = right_hand_side(system.grid, kernel.seed)
        return scaled_residual(system.grid, system.x, b, product, comm)


def allocate(comm: MPI.Intracomm, kernel: HplMxp) -> State:
    """Allocate on a communicator of p * q ranks, and generate the matrix."""
    grid = Grid.over(comm, kernel.n, kernel.nb, kernel.p, kernel.q, kernel.order)
    a = aligned((grid.unknowns, leading_dimension(grid.rows)))
    f = aligned((grid.unknowns, leading_dimension(grid.rows, ITEM_B)), np.float32)
    f.fill(0.0)  # its pages are touched here, not inside the clock
    generate.fill(a, grid, kernel.matrix, kernel.seed)
    system = System(
        grid=grid,
        comm=comm,
        a=a,
        b=right_hand_side(grid, kernel.seed),
        x=np.zeros(grid.unknowns),
        factors=Substitution.on(grid, f),
    )
    team = Team(numba.get_num_threads())
    factorisation = Factorisation.on(grid, f, team, kernel.bcast, kernel.depth)
    return State(kernel, system, factorisation, Progress(kernel.n, UNWATCHED))
