"""DGEMM: every rank multiplies matrices of its own, all at once (HPCC's StarDGEMM).

    C <- alpha A B + beta C         A, B, C of n x n, column-major, through the BLAS of SciPy

    flop  = 2 n^3 a rank            (HPCC 1.5, DGEMM)
    error = ||y|| / (||C|| ||x|| n eps), y = C x - alpha A (B x) - beta C0 x, maximum norms,
            eps = 2^-53, the largest of all ranks; the tolerance is HPL's 16. x is in [0.5, 1.5].

No bytes are counted: the bound is the peak flop rate. The measured rate is the bound of hpl. C is
restored to C0 before each repetition, so that beta C does not grow from one to the next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels._support.leading import LINE, leading_dimension
from kernels.contract import (
    FLOP_RATE,
    Check,
    IllegalParameter,
    Kernel,
    Phase,
    Value,
    Work,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.dense.dgemm.cpu import State

_LARGEST = 2**31 - 1
_PLATEAU = 4000
"""Order beyond which the rate of one socket's BLAS hardly grows."""
_ITEM_B = 8


@dataclass(frozen=True, kw_only=True)
class Dgemm(Kernel["State"]):
    """Matrix multiplication on every rank."""

    title: ClassVar[str] = "dense matrix product on every rank (StarDGEMM)"
    verification: ClassVar[str] = (
        "||Cx - alpha A(Bx) - beta C0 x||/(||C|| ||x|| n eps) <= 16 on every rank"
    )
    primary: ClassVar[str] = "star"

    n: int = parameter(
        unit="1",
        help="order of the matrices of a rank",
        minimum=1,
        maximum=_LARGEST - 2 * LINE,
        auto=True,
    )
    seed: int = parameter(100, unit="1", help="seed of the matrices", minimum=0, maximum=_LARGEST)

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """The order where the rate is flat, or the largest that fits."""
        if "n" in given:
            return {}
        most = min(_PLATEAU, math.isqrt(memory_B // ranks // (3 * _ITEM_B)))
        for n in range(most, 0, -1):
            if ranks * _memory_B(n) <= memory_B:
                return {"n": n}
        least = ranks * _memory_B(1)
        raise IllegalParameter("n", "auto", f"n = 1 needs {least} B, {memory_B} B may be filled")

    def check_geometry(self, ranks: int) -> None:
        """Any number of ranks will do."""

    def memory_B(self, ranks: int) -> int:
        """Three matrices, and the vectors of the check."""
        return _memory_B(self.n)

    def phases(self) -> tuple[Phase[State], ...]:
        """One product, on all ranks at once."""
        return (Phase("star", FLOP_RATE, run=lambda state: state.multiply(), work=self._work),)

    def setup(self, comm: Intracomm) -> State:
        """Allocate the matrices and fill them with numbers that differ from rank to rank."""
        from kernels.dense.dgemm import cpu

        return cpu.allocate(self.n, self.seed, comm.rank)

    def prepare(self, state: State) -> None:
        """Restore C."""
        state.restore()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """The scaled residual of a product with a vector."""
        return Check(what="scaled residual", error=state.error(comm), tolerance=16.0)

    def _work(self, ranks: int) -> Work:
        return Work(flop=2.0 * self.n**3 * ranks)


def _memory_B(n: int) -> int:
    return _ITEM_B * (3 * (n * leading_dimension(n) + LINE) + 5 * n)
