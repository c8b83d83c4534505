"""HPL-MxP: solve a dense linear system to FP64 accuracy by LU factorisation in FP32.

A (n x n) and b are FP64. Timed is everything from there to x: rounding to FP32, factorisation
without pivoting, solution, refinement in FP64, and all communication.

    flop  = n (2/3 n + 3/2) n     HPL's count, whatever the precision and whatever is executed
    error = ||Ax - b|| / (eps (||A|| ||x|| + ||b||) n), maximum norms, eps = 2^-53, A and b
            generated anew; the tolerance is 16
    steps   at most 50 of refinement

Rules: hpl-mxp.org/rules.md as of June 2025. They ask for a matrix that is not symmetric and can be
factored stably without pivoting, and allow strict diagonal dominance for testing only:

    random       HPL's random numbers, sqrt(n) added to the diagonal ("mild scaling of the
                 diagonal"). The symmetric part of random numbers in [-0.5, 0.5] has its eigenvalues
                 within 0.41 sqrt(n), so that of A is positive definite, and such a matrix needs no
                 pivoting (G. H. Golub, C. F. Van Loan, Matrix Computations, 4.2)
    fasi_higham  A = L U, -alpha below the diagonal of L and -beta above that of U, ones on both;
                 beta = 2.5 / n and alpha = beta / 2 give a condition number of 100 in the maximum
                 norm (M. Fasi, N. J. Higham, Matrices with tunable infinity-norm condition number
                 and no need for pivoting in LU factorization, SIAM J. Matrix Anal. Appl. 42, 2021).
                 Many of its elements are equal, which hides errors and saves power
    dominant     HPL's random numbers, n / 2 added to the diagonal: for testing only

No bytes are counted. The rate of dgemm, in FP64, is no bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels._support import process_grid
from kernels._support.block_cyclic import local_size
from kernels._support.leading import leading_dimension
from kernels._support.linpack import LARGEST_COUNT, LARGEST_ORDER, Linpack
from kernels.contract import (
    FLOP_RATE,
    Check,
    IllegalParameter,
    Phase,
    Watch,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.dense.hpl_mxp.cpu import State

_WIDE_B, _NARROW_B = 8, 4
RESTART = 10
"""Steps of gmres between two restarts."""
PIECE = 1024
"""Columns of the trailing matrix that are updated at a time."""
_LINE = 16
"""Elements of FP32 in a cache line."""
BLOCK = 64
"""Order of the blocks on the diagonal of L and U that are inverted."""


@dataclass(frozen=True, kw_only=True)
class HplMxp(Linpack["State"]):
    """Mixed-precision High-Performance Linpack."""

    title: ClassVar[str] = "LU solution in FP32, refined to FP64 (HPL-MxP)"
    verification: ClassVar[str] = (
        "scaled residual ||Ax-b||/(eps (||A|| ||x|| + ||b||) n) <= 16, A and b regenerated in FP64,"
        " at most 50 refinement steps"
    )
    blocks: ClassVar[tuple[tuple[int, int], ...]] = ((64, 1000), (128, 3000), (256, LARGEST_ORDER))
    item_B: ClassVar[int] = _WIDE_B + _NARROW_B

    seed: int = parameter(
        100, unit="1", help="seed of the matrix and of b", minimum=0, maximum=LARGEST_COUNT
    )
    order: str = parameter(
        "row",
        unit="",
        help="how ranks fill the grid: row by row or column by column",
        choices=("row", "column"),
    )
    matrix: str = parameter(
        "random",
        unit="",
        help="random: sqrt(n) on the diagonal; dominant: for testing only",
        choices=("random", "fasi_higham", "dominant"),
    )
    refine: str = parameter(
        "classic", unit="", help="how the solution is refined", choices=("classic", "gmres")
    )
    bcast: str = parameter(
        "1rM",
        unit="",
        help="broadcast of L along a process row and of U along a process column",
        choices=("mpi", "1rg", "1rM", "2rg", "2rM", "Lng", "LnM"),
    )
    depth: int = parameter(
        1, unit="1", help="look-ahead: panels factored before the update ends", minimum=0, maximum=1
    )

    @property
    def arithmetic(self) -> str:
        """That of the factorisation; the refinement has hardly any flop."""
        return "float32"

    def check_geometry(self, ranks: int) -> None:
        """The grid must have as many places as there are ranks; MPI must be able to count."""
        process_grid.check(self.p, self.q, ranks)
        rows = local_size(self.n, self.nb, 0, self.p)
        columns = local_size(self.n, self.nb, 0, self.q)
        most = LARGEST_COUNT // (max(rows, columns) + _LINE)
        if min(self.nb, self.n) > most:
            known = f"messages of nb x {max(rows, columns)} elements need nb <= {most}"
            raise IllegalParameter("nb", self.nb, known)

    @staticmethod
    def rank_B(n: int, nb: int, p: int, q: int) -> int:
        """Of rank 0 with one thread; each further thread has a piece of its own (see `update`)."""
        rows, columns = local_size(n, nb, 0, p), local_size(n, nb, 0, q)
        width, ldf = min(nb, n), leading_dimension(rows, _NARROW_B)
        panels = width * (2 * ldf + width + 2 * BLOCK)
        pieces = width * (min(PIECE, columns) + (columns if p > 1 else 0))
        narrow = columns * ldf + panels + pieces + rows + columns
        check = 2 * rows
        vectors = (RESTART + 5) * rows + (RESTART + 5) * columns + check
        wide = columns * leading_dimension(rows) + vectors + 16 * _LINE
        return _WIDE_B * wide + _NARROW_B * narrow

    def phases(self) -> tuple[Phase[State], ...]:
        """The solution, from the FP64 matrix to x."""
        return (Phase("solve", FLOP_RATE, run=lambda state: state.solve(), work=self.work),)

    def setup(self, comm: Intracomm) -> State:
        """Allocate the matrix, its factors and the panels, and generate the matrix."""
        from kernels.dense.hpl_mxp import cpu

        return cpu.allocate(comm, self)

    def watch(self, state: State, watch: Watch) -> None:
        """Parts: convert, panel, broadcast, update, solve, residual; series: residual."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """Forget the solution."""
        state.restore()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """The scaled residual; what it is that of tells a refinement that did not converge."""
        return state.refinement.check(state.error(comm))
