"""The distributed system A x = b in FP64, and what the refinement needs of it.

Vectors of the size of b are spread over process rows, with copies on process columns; vectors of
the size of x are spread over process columns, with copies on process rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from mpi4py import MPI
from numba import njit, prange
from numpy.typing import NDArray

from kernels._support.blas import gemv
from kernels._support.block_cyclic import Grid
from kernels._support.linpack_residual import EPSILON, norm
from kernels.contract import UNWATCHED, Watch
from kernels.dense.hpl_mxp.panel import Matrix
from kernels.dense.hpl_mxp.solve import Substitution

STRIP = 2048
"""Rows that a thread converts at a time: their sums stay in the first-level cache."""
Vector = NDArray[np.float64]


@njit(
    "void(float64[:, :], float32[:, :], float64[::1])",
    cache=True,
    error_model="numpy",
    parallel=True,
)
def convert(a: NDArray[np.float64], f: Matrix, sums: Vector) -> None:
    """Round A to FP32, and sum |A| over each row."""
    rows = sums.size
    for strip in prange(-(-rows // STRIP)):
        start = strip * STRIP
        stop = min(start + STRIP, rows)
        part = sums[start:stop]
        part[:] = 0.0
        for j in range(a.shape[0]):
            wide, narrow = a[j, start:stop], f[j, start:stop]
            for i in range(part.size):
                narrow[i] = wide[i]
                part[i] += abs(wide[i])


@dataclass
class System:
    """A x = b on one rank."""

    grid: Grid
    comm: MPI.Intracomm
    a: NDArray[np.float64]  # (local columns, lda), [column, row]
    b: Vector  # (local rows,)
    x: Vector  # (local columns,), the solution so far
    factors: Substitution
    norm_a: float = math.nan
    watch: Watch = field(default=UNWATCHED)

    def convert(self) -> None:
        """Round A into the place of the factors, and find its norm."""
        sums = np.empty(self.grid.rows)
        convert(self.a[:, : sums.size], self.factors.f[:, : sums.size], sums)
        self.grid.row.Allreduce(MPI.IN_PLACE, sums)
        self.norm_a = float(self._largest(sums)[0])
        self.watch.lap("convert")

    def solve(self, r: Vector) -> Vector:
        """(LU)^-1 r by the FP32 factors, (local columns,)."""
        z = self.factors.solve(r)
        self.watch.lap("solve")
        return z

    def multiply(self, z: Vector) -> Vector:
        """A z, (local rows,)."""
        product = np.zeros(self.grid.rows)
        gemv(1.0, self.a[:, : product.size], z, 0.0, product)
        self.grid.row.Allreduce(MPI.IN_PLACE, product)
        self.watch.lap("residual")
        return product

    def residual(self) -> Vector:
        """The residual b - A x of the solution so far, (local rows,)."""
        return self.b - self.multiply(self.x)

    def scaled(self, r: Vector, x: Vector) -> float:
        """HPL's ||r|| / (eps (||A|| ||x|| + ||b||) n), maximum norms, the same on every rank."""
        norm_r, norm_x, norm_b = self._largest(r, x, self.b)
        return float(norm_r / (EPSILON * (self.norm_a * norm_x + norm_b) * self.grid.n))

    def orthogonalise(self, w: Vector, v: NDArray[np.float64]) -> Vector:
        """Make w orthogonal to the rows of v, which are orthonormal.

        Returns what w had of each, and the norm of what is left, (len(v) + 1,). Classical
        Gram-Schmidt, twice, which is enough.
        """
        parts = np.zeros(len(v))
        for _ in range(2):
            share = self._sum(v @ w)
            w -= share @ v
            parts += share
        return np.append(parts, self.norm(w))

    def norm(self, r: Vector) -> float:
        """Euclidean norm."""
        return math.sqrt(self._sum(np.array([r @ r]))[0])

    def _sum(self, parts: Vector) -> Vector:
        self.grid.column.Allreduce(MPI.IN_PLACE, parts)
        return parts

    def _largest(self, *vectors: Vector) -> Vector:
        """Maximum norms; infinite where an element is not finite, which MPI.MAX keeps."""
        norms = np.array([norm(one) for one in vectors])
        self.comm.Allreduce(MPI.IN_PLACE, norms, MPI.MAX)
        return norms
