"""DGEMM: matrices of its own on every rank, by rank 0 alone, then by all ranks at once.

    C <- alpha A B + beta C         A, B, C of n x n, column-major

    single  rank 0 multiplies, the others wait           (HPCC's SingleDGEMM)
    star    every rank multiplies                        (HPCC's StarDGEMM)
    clock   every rank runs a chain of dependent instructions of known latency (clock.py), in the
            variant numba on every thread, beside the BLAS on the one that called it

    flop  = 2 n^3 a product         (HPCC 1.5, DGEMM), whatever the type of the numbers
    items = cycles of one chain, so that the metric is the frequency of the slowest core
    error = the residual of the product with a vector, scaled (check.py), the largest of all ranks

The star rate in float64 through the BLAS is the bound of hpl; no bytes are counted, since its own
bound is the peak flop rate. The clock is read right after the product: where vector instructions
lower the frequency, the cores still have it, or are about to raise it (Intel: after 0.67 ms). On a
core that is shared with other processes, it is the share of the chain in the frequency.

C is restored to C0 before each repetition. Between single and star it is not: rank 0 multiplies
twice, the check expects just that, and an error of the first product is an error of the second.
Variants: the BLAS of SciPy, or Numba alone (packed.py, _support/microkernel.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from kernels._support.leading import LINE, leading_dimension
from kernels._support.reals import ITEM_B
from kernels.contract import (
    FLOP_RATE,
    Check,
    IllegalParameter,
    Kernel,
    Metric,
    Phase,
    Value,
    Work,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.dense.dgemm.cpu import State

FREQUENCY: Final = Metric("frequency", "Hz", "higher", "items")
CHAIN_STEPS: Final = 5_000_000
"""About 3 ms: the wake-up of threads is below 1 % of it."""
DEEPEST: Final = 512
"""Largest depth of a packed part: what the space for packed operands is counted with."""
_CHAIN_CYCLES = 2 * CHAIN_STEPS
_LARGEST = 2**31 - 1
_PLATEAU = 4000
"""Order beyond which the rate of one socket's BLAS hardly grows."""
_PADDING = 64
"""Rows and columns that packing adds to both operands together, at most."""
_EDGES_B = 2**16
"""One tile of C a thread."""


@dataclass(frozen=True, kw_only=True)
class Dgemm(Kernel["State"]):
    """Matrix multiplication on one rank and on every rank."""

    title: ClassVar[str] = "dense matrix product, one rank and every rank (Single, StarDGEMM)"
    verification: ClassVar[str] = (
        "||Cx - alpha A(Bx) - beta C0 x||/(sqrt(n) (||C|| + ||C0||) ||x|| eps) <= 16 on every rank"
    )
    primary: ClassVar[str] = "star"
    version: ClassVar[int] = 2

    n: int = parameter(
        unit="1",
        help="order of the matrices of a rank",
        minimum=1,
        maximum=_LARGEST - 4 * LINE,
        auto=True,
    )
    dtype: str = parameter(
        "float64", unit="", help="type of the numbers", choices=("float64", "float32")
    )
    variant: str = parameter(
        "blas",
        unit="",
        help="the BLAS, or a packed product in Numba alone",
        choices=("blas", "numba"),
    )
    seed: int = parameter(100, unit="1", help="seed of the matrices", minimum=0, maximum=_LARGEST)

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """The order where the rate is flat, or the largest that fits."""
        if "n" in given:
            return {}
        kept: dict[str, Any] = {one: given[one] for one in ("dtype", "variant") if one in given}

        def needed_B(n: int) -> int:
            return ranks * cls(n=n, **kept).memory_B(ranks)

        most = min(_PLATEAU, math.isqrt(memory_B // ranks // (3 * min(ITEM_B.values()))))
        for n in range(most, 0, -1):
            if needed_B(n) <= memory_B:
                return {"n": n}
        raise IllegalParameter(
            "n", "auto", f"n = 1 needs {needed_B(1)} B, {memory_B} B may be filled"
        )

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """The same: every rank has matrices of its own."""
        return dict(given)

    @property
    def arithmetic(self) -> str:
        """That of the matrices."""
        return self.dtype

    def check_geometry(self, ranks: int) -> None:
        """Any number of ranks will do."""

    def memory_B(self, ranks: int) -> int:
        """Three matrices, the vectors of the check, and packed operands where they are ours."""
        n, item_B = self.n, ITEM_B[self.dtype]
        numbers = 8 // item_B
        matrix_B = 8 * (n * leading_dimension(-(-n // numbers)) + LINE)
        packed_B = item_B * min(n, DEEPEST) * (2 * n + _PADDING) + _EDGES_B
        return 3 * matrix_B + 8 * 7 * n + (packed_B if self.variant == "numba" else 0)

    def phases(self) -> tuple[Phase[State], ...]:
        """One product on rank 0, one on all ranks at once, and the clock of their cores."""
        return (
            Phase(
                "single",
                FLOP_RATE,
                run=lambda state: state.multiply_alone(),
                work=lambda _ranks: self._products(1),
                alone=True,
            ),
            Phase("star", FLOP_RATE, run=lambda state: state.multiply(), work=self._products),
            Phase(
                "clock",
                FREQUENCY,
                run=lambda state: state.run_chains(),
                work=lambda _ranks: Work(items=_CHAIN_CYCLES),
            ),
        )

    def setup(self, comm: Intracomm) -> State:
        """Allocate the matrices and fill them with numbers that differ from rank to rank."""
        from kernels.dense.dgemm import cpu

        return cpu.allocate(self.n, self.seed, comm.rank, self.dtype, self.variant)

    def prepare(self, state: State) -> None:
        """Restore C."""
        state.restore()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """The scaled residual of a product with a vector."""
        return Check(what="scaled residual", error=state.error(comm), tolerance=16.0)

    def _products(self, ranks: int) -> Work:
        return Work(flop=2.0 * self.n**3 * ranks)
