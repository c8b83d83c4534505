"""DGEMM on CPUs: the matrices of one rank, their product, and the chain that shows the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from mpi4py import MPI
from numba import get_num_threads
from numpy.typing import NDArray

from kernels._support.blas import gemm
from kernels.dense.dgemm import check, clock
from kernels.dense.dgemm.kernel import CHAIN_STEPS
from kernels.dense.dgemm.matrices import empty, fill
from kernels.dense.dgemm.packed import Packed, space

ALPHA = 1.5
BETA = -0.5

Matrix = NDArray[Any]
"""Numbers of float64 or float32, indexed [column, row]."""


@dataclass(frozen=True)
class State:
    """The matrices of one rank, and the ends of its chains."""

    n: int
    seed: int
    rank: int
    a: Matrix  # (n, ld)
    b: Matrix  # (n, ld)
    c: Matrix  # (n, ld)
    packed: Packed | None  # where the BLAS is not used
    ends: NDArray[np.uint64]  # (chains,)

    @property
    def first(self) -> int:
        """Index of the first random number of this rank; ranks draw from disjoint parts."""
        return 1 + self.rank * (3 * self.n * self.n + self.n)

    @property
    def products(self) -> int:
        """How many products a repetition adds to C: `multiply_alone` is the first one of rank 0."""
        return 2 if self.rank == 0 else 1

    def fill(self) -> None:
        """Fill A, B and C."""
        for k, matrix in enumerate((self.c, self.a, self.b)):
            first = self.first + k * self.n * self.n
            fill(matrix, self.n, np.uint64(self.seed), np.uint64(first))

    def restore(self) -> None:
        """Fill C again, and let the chains begin anew."""
        fill(self.c, self.n, np.uint64(self.seed), np.uint64(self.first))
        self.ends[:] = clock.START

    def multiply(self) -> None:
        """C <- alpha A B + beta C."""
        product = gemm if self.packed is None else self.packed.gemm
        a, b, c = (one[:, : self.n] for one in (self.a, self.b, self.c))
        product(ALPHA, a, b, BETA, c)

    def multiply_alone(self) -> None:
        """As `multiply` on rank 0, nothing on the others."""
        if self.rank == 0:
            self.multiply()

    def run_chains(self) -> None:
        """A chain of dependent instructions on every thread that nobody disturbs.

        The BLAS's own threads spin for some 20 ms after a product. A thread of Numba's would share
        a core with one of them, so that only the calling thread, which they spare, runs a chain.
        """
        clock.run(self.ends, CHAIN_STEPS)

    def error(self, comm: MPI.Intracomm) -> float:
        """The largest scaled residual of all ranks, infinite if one is not finite; collective.

        Infinite too where a chain was not run to its end.
        """
        error = check.scaled_residual(
            (self.a, self.b, self.c),
            (ALPHA, BETA),
            self.products,
            self.seed,
            (self.first, self.first + 3 * self.n * self.n),
        )
        valid = np.isfinite(error) and clock.complete(self.ends)
        return float(comm.allreduce(error if valid else float("inf"), MPI.MAX))


def allocate(n: int, seed: int, rank: int, dtype: str = "float64", variant: str = "blas") -> State:
    """Allocate and fill the matrices of a rank."""
    a, b, c = (empty(n, dtype) for _ in range(3))
    packed = space(n, n, n, dtype) if variant == "numba" else None
    ends = np.full(get_num_threads() if packed is not None else 1, clock.START)
    state = State(n=n, seed=seed, rank=rank, a=a, b=b, c=c, packed=packed, ends=ends)
    state.fill()
    return state
