"""HPL on CPUs: memory of one rank, and the way through the steps, each a module of this folder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.block_cyclic import Grid
from kernels._support.leading import leading_dimension
from kernels._support.memory import aligned
from kernels.dense.hpl import generate, residual
from kernels.dense.hpl.factorise import Factorisation
from kernels.dense.hpl.panel import leaf_alone, message_size
from kernels.dense.hpl.pivot import PivotExchange
from kernels.dense.hpl.solve import substitute
from kernels.dense.hpl.swap import RowExchange
from kernels.dense.hpl.update import CHUNK, Update


@dataclass(frozen=True)
class State:
    """One rank's part of the problem."""

    grid: Grid
    seed: int
    a: NDArray[np.float64]  # (local columns of [A | b], lda), indexed [column, row]
    owed: NDArray[np.float64]  # (local rows,), right-hand side less the unknowns found so far
    x: NDArray[np.float64]  # (local columns of A,), the solution, the same on every process row
    factorisation: Factorisation

    def restore(self) -> None:
        """Generate [A | b] anew."""
        generate.matrix(self.a, self.grid, self.seed)

    def solve(self) -> None:
        """Factor A and solve for x; [A | b] is lost."""
        self.factorisation.run()
        substitute(self.grid, self.a, self.owed, self.x)

    def error(self, comm: MPI.Intracomm) -> float:
        """The scaled residual of x, infinite if it is not finite; collective."""
        return residual.scaled_residual(self.grid, self.x, self.seed, comm)


def allocate(comm: MPI.Intracomm, n: int, nb: int, p: int, q: int, seed: int) -> State:
    """Allocate on a communicator of p * q ranks, and generate the matrix."""
    grid = Grid.over(comm, n, nb, p, q)
    lda = leading_dimension(grid.rows)
    a = aligned((grid.columns, lda))
    state = State(
        grid=grid,
        seed=seed,
        a=a,
        owed=np.zeros(grid.rows),
        x=np.zeros(grid.unknowns),
        factorisation=_factorisation(grid, a),
    )
    state.restore()
    return state


def _factorisation(grid: Grid, a: NDArray[np.float64]) -> Factorisation:
    size = message_size(grid.rows, min(grid.nb, grid.n), grid.p)
    return Factorisation(
        grid=grid,
        a=a,
        buffers=(aligned(size), aligned(size)),
        leaf=leaf_alone if grid.p == 1 else PivotExchange.on(grid).leaf,
        update=Update(
            a=a,
            exchange=None if grid.p == 1 else RowExchange.on(grid),
            chunk=max(1, grid.columns) if grid.q == 1 else CHUNK,
        ),
    )
