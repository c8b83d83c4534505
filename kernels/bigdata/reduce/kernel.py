"""Reduce: global reductions over block-distributed arrays, the same to the last bit everywhere.

    sum, min, max, mean, variance = sum (x - mean)^2 / n, dot = sum x y

The results do not depend on the number of ranks and threads, as sums are exact integers of some
2200 bits (R. M. Neal, arXiv:1505.05571; see `accumulator`) that are rounded once: sum, mean,
variance and dot are the correctly rounded values for the data as stored. float32 data give
float64 results. Products whose error term lies below 2^-1074, i.e. |x y| < 2^-968, are summed
as rounded; the data contain none.
int64: every element is at most 2^31 in magnitude, sum and dot are integers of any size that never
wrap, mean and variance are float64. The variance of a single element is 0.
NaN in the data makes every result NaN; infinities sum as in IEEE 754 (both signs: NaN).

Counting: the bytes of the elements read. dot reads two arrays; variance reads its array twice,
once for the sum and once for the sum of squares. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels._support.blocks import block, largest
from kernels.contract import (
    BANDWIDTH,
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

    from kernels.bigdata.reduce.cpu import State

ELEMENT_B = {"float64": 8, "float32": 4, "int64": 8}
ARRAYS = 2
CACHES = 4
"""An array is at least this many times the sum of the last-level caches, as in STREAM."""
SMALLEST_AUTO = 2**25
"""Elements where the caches are smaller or unknown."""


@dataclass(frozen=True, kw_only=True)
class Reduce(Kernel["State"]):
    """Sum, extremes, moments and dot product of a distributed array."""

    title: ClassVar[str] = "reproducible global sum, min, max, mean, variance, dot"
    verification: ClassVar[str] = (
        "every result equals, bit for bit, the one computed from regenerated elements by a"
        " different exact algorithm"
    )
    primary: ClassVar[str] = "sum"

    n: int = parameter(unit="1", help="elements of each array over all ranks", minimum=1)
    dtype: str = parameter(
        "float64", unit="", help="type of an element", choices=("float64", "float32", "int64")
    )
    distribution: str = parameter(
        "uniform",
        unit="",
        help="uniform, or cancelling: an ill-conditioned sum of wide range",
        choices=("uniform", "cancelling"),
    )
    seed: int = parameter(0, unit="1", help="of the data", minimum=0, maximum=2**62)

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """Four times the caches for each array, or what the memory holds if that is less."""
        if "n" in given:
            return {}
        element_B = ELEMENT_B[str(given.get("dtype", "float64"))]
        share = memory_B // ranks // (ARRAYS * element_B)
        n = min(max(CACHES * llc_B // element_B, SMALLEST_AUTO), share * ranks)
        if n < 1:
            need = ARRAYS * element_B * ranks
            raise IllegalParameter(
                "n", "auto", f"{memory_B} B may be filled, one element a rank needs {need} B"
            )
        return {"n": n}

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """As many elements on each rank."""
        return {**given, "n": int(given["n"]) * factor}

    def check_geometry(self, ranks: int) -> None:
        """Any number of elements on any number of ranks."""

    def memory_B(self, ranks: int) -> int:
        """The two arrays."""
        return ARRAYS * ELEMENT_B[self.dtype] * largest(self.n, ranks)

    def phases(self) -> tuple[Phase[State], ...]:
        """One for each reduction."""
        return (
            Phase("sum", BANDWIDTH, lambda state: state.sum(), self._work(passes=1, flop=1)),
            Phase("min", BANDWIDTH, lambda state: state.min(), self._work(passes=1, flop=0)),
            Phase("max", BANDWIDTH, lambda state: state.max(), self._work(passes=1, flop=0)),
            Phase("mean", BANDWIDTH, lambda state: state.mean(), self._work(passes=1, flop=1)),
            Phase(
                "variance", BANDWIDTH, lambda state: state.variance(), self._work(passes=2, flop=3)
            ),
            Phase("dot", BANDWIDTH, lambda state: state.dot(), self._work(passes=2, flop=2)),
        )

    def setup(self, comm: Intracomm) -> State:
        """Both arrays from their generators."""
        from kernels.bigdata.reduce.cpu import allocate
        from kernels.bigdata.reduce.data import elements

        part = block(self.n, comm.size, comm.rank)
        own = elements(part, self.n, self.dtype, self.distribution, self.seed)
        return allocate(own, self.dtype, comm)

    def prepare(self, state: State) -> None:
        """Forget the results."""
        state.results.clear()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """All results against those of `check`."""
        from mpi4py import MPI

        from kernels.bigdata.reduce.cpu import worst_error

        error = comm.allreduce(worst_error(state), op=MPI.MAX)
        return Check("largest relative error of a result", error, 0.0)

    def _work(self, passes: int, flop: int) -> Callable[[int], Work]:
        def work(ranks: int) -> Work:
            read_B = float(passes * self.n * ELEMENT_B[self.dtype])
            return Work(flop=float(flop * self.n), bytes_read=read_B, items=float(self.n))

        return work
