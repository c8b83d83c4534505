"""HPL: solve a dense linear system A x = b by LU factorisation with partial pivoting.

A (n x n) and b are HPL's random numbers, bit for bit those of netlib HPL 2.3, in blocks of nb x nb
spread cyclically over a grid of P x Q ranks. Timed is the solution: factorisation, backward
substitution and all communication.

    flop  = n (2/3 n + 3/2) n     2/3 n^3 - 1/2 n^2 for LU, 2 n^2 for the solution, whatever is
                                  really executed (netlib HPL 2.3, testing/ptest/HPL_pdtest.c)
    error = ||Ax - b|| / (eps (||A|| ||x|| + ||b||) n), maximum norms, eps = 2^-53, A and b
            generated anew; netlib's tolerance is 16, values of 0.001 to 1 are usual

No bytes are counted: the benchmark's bound is the flop rate of dgemm (kernel dgemm).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels._support import process_grid
from kernels._support.block_cyclic import local_size
from kernels._support.leading import LINE, leading_dimension
from kernels._support.linpack import LARGEST_COUNT, LARGEST_ORDER, Linpack
from kernels.contract import (
    FLOP_RATE,
    Check,
    IllegalParameter,
    Phase,
    Tuning,
    Value,
    Watch,
    parameter,
)
from kernels.dense.hpl.tuning import tuning

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.dense.hpl.cpu import State

_ITEM_B = 8
_ORDERS = ("left", "crout", "right")
ROWS = 1024
"""Rows of A22 in a piece: a product of fewer is slower, of more hardly faster; on 2 ranks of 55
Gflop/s at n = 10000 it is 36 ms of work between two polls of the broadcast."""
COLUMNS = 256
"""Columns of U in a piece: its rows stay in the second-level cache between the small products."""
BLOCK = 24
"""Order of the diagonal blocks of L that are inverted: the smallest for which a product is fast."""


@dataclass(frozen=True, kw_only=True)
class Hpl(Linpack["State"]):
    """High-Performance Linpack."""

    title: ClassVar[str] = "LU solution of a dense linear system (HPL, TOP500)"
    verification: ClassVar[str] = (
        "scaled residual ||Ax-b||/(eps (||A|| ||x|| + ||b||) n) <= 16, A and b regenerated"
    )
    # `qyran tune hpl` finds the best one for a machine.
    blocks: ClassVar[tuple[tuple[int, int], ...]] = ((64, 1000), (128, 3000), (192, LARGEST_ORDER))
    item_B: ClassVar[int] = _ITEM_B

    seed: int = parameter(
        100, unit="1", help="seed of the matrix (netlib: 100)", minimum=0, maximum=LARGEST_COUNT
    )
    order: str = parameter(
        "row",
        unit="",
        help="how ranks fill the grid: row by row or column by column",
        choices=("row", "column"),
    )
    pfact: str = parameter(
        "left", unit="", help="order of operations inside a leaf of the panel", choices=_ORDERS
    )
    nbmin: int = parameter(
        8, unit="1", help="columns of a leaf of the panel", minimum=1, maximum=LARGEST_COUNT
    )
    rfact: str = parameter(
        "right", unit="", help="order of operations of the panel's recursion", choices=_ORDERS
    )
    ndiv: int = parameter(
        2,
        unit="1",
        help="parts into which the recursion divides columns",
        minimum=2,
        maximum=LARGEST_COUNT,
    )
    bcast: str = parameter(
        "1rM",
        unit="",
        help="broadcast of the panel along a process row (HPL.dat: BCAST)",
        choices=("mpi", "1rg", "1rM", "2rg", "2rM", "Lng", "LnM"),
    )
    depth: int = parameter(
        1, unit="1", help="look-ahead: panels factored before the update ends", minimum=0, maximum=1
    )
    swap: str = parameter(
        "mix",
        unit="",
        help="exchange of rows along a process column",
        choices=("binary", "long", "mix"),
    )
    swap_threshold: int = parameter(
        64,
        unit="1",
        help="columns up to which swap = mix means binary",
        minimum=0,
        maximum=LARGEST_COUNT,
    )

    @classmethod
    def tuning(cls, given: Mapping[str, Value], ranks: int) -> Tuning:
        """Block size, grid, broadcast and look-ahead, at a modest order."""
        return tuning(given, ranks)

    def check_geometry(self, ranks: int) -> None:
        """The grid must have as many places as there are ranks; MPI must be able to count."""
        process_grid.check(self.p, self.q, ranks)
        rows = local_size(self.n, self.nb, 0, self.p)
        columns = local_size(self.n + 1, self.nb, 0, self.q)
        most = LARGEST_COUNT // max(rows, columns)
        if 2 * min(self.nb, self.n) > most:
            known = f"messages of nb x {max(rows, columns)} elements need nb <= {most // 2}"
            raise IllegalParameter("nb", self.nb, known)

    @staticmethod
    def rank_B(n: int, nb: int, p: int, q: int) -> int:
        """Of rank 0 with one thread; each further thread has pieces of its own (see `update`)."""
        rows, columns = local_size(n, nb, 0, p), local_size(n + 1, nb, 0, q)
        width = min(nb, n)
        panels = 2 * width * (rows + width + 1) + width * leading_dimension(rows)
        messages = 3 * columns * width + 2 * (3 + 2 * width) if p > 1 else 0
        pieces = width * (min(COLUMNS, columns) + BLOCK)
        check = 3 * rows + columns
        vectors = rows + columns + check + 12 * LINE
        matrix = rows * leading_dimension(columns)
        return _ITEM_B * (matrix + panels + messages + pieces + vectors)

    def phases(self) -> tuple[Phase[State], ...]:
        """The solution, from the matrix to x."""
        return (Phase("solve", FLOP_RATE, run=lambda state: state.solve(), work=self.work),)

    def setup(self, comm: Intracomm) -> State:
        """Allocate the matrix and the panels, and generate the matrix."""
        from kernels.dense.hpl import cpu

        return cpu.allocate(comm, self)

    def watch(self, state: State, watch: Watch) -> None:
        """Parts: panel, broadcast, swap, update, solve; progress by columns."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """Generate the matrix again: the solution overwrote it."""
        state.restore()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """The scaled residual of netlib HPL; it is infinite for a singular matrix."""
        zero = state.zero_pivot(comm)
        error, what = state.error(comm), "scaled residual"
        if zero is not None:
            what = f"the matrix is singular, column {zero} has no pivot but 0: scaled residual"
        return Check(what=what, error=error, tolerance=16.0)
