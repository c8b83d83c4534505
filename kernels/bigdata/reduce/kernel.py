"""Reduce: global reductions over block-distributed rows, the same to the last bit everywhere.

    sum, min, max, mean, variance = sum (x - mean)^2 / n, dot = sum x y,
    norm_1 = sum |x|, norm_2 = sqrt(sum x^2), norm_max = max |x|, plain_sum

The results but plain_sum do not depend on the number of ranks and threads, as sums are exact
integers of some 2200 bits (R. M. Neal, arXiv:1505.05571; see `accumulator`) that are rounded once:
sum, mean, variance, dot and norms are the correctly rounded values for the data as stored. float32
data give float64 results. Products whose error term lies below 2^-1074, i.e. |x y| < 2^-968, are
summed as rounded; the data contain none. plain_sum rounds at each addition: it is what a sum
costs that is not reproducible, within n eps sum |x| of the exact one (N. J. Higham, Accuracy and
Stability of Numerical Algorithms, 4.2).
int64: elements of any size; sum, dot and norm_1 are integers that never wrap, plain_sum is the sum
modulo 2^64, mean, variance and norm_2 are float64. The variance of a single element is 0.
NaN in the data makes every result NaN; infinities sum as in IEEE 754 (both signs: NaN), and the
variance of data that hold one is NaN.

x is the column of the input, or generated; y, the other vector of dot, is always generated. With a
limit of memory both are read or generated chunk by chunk inside the phases.

Counting: the bytes of the elements read. dot reads two arrays; variance reads its array twice,
once for the sum and once for the sum of squares. Nothing is written. Rows are those of the result,
once, however often they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import methodcaller
from typing import TYPE_CHECKING, ClassVar, Final

from kernels._support.dataset.declaration import Dataset
from kernels.contract import (
    BANDWIDTH,
    ROW_RATE,
    Check,
    Phase,
    Value,
    Watch,
    Work,
    parameter,
    values,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.reduce.cpu import State

ELEMENT_B: Final = {"float64": 8, "float32": 4, "int64": 8}
PASSES: Final = {
    "sum": (1, 1),
    "plain_sum": (1, 1),
    "min": (1, 0),
    "max": (1, 0),
    "mean": (1, 1),
    "variance": (2, 3),
    "dot": (2, 2),
    "norm_1": (1, 1),
    "norm_2": (1, 2),
    "norm_max": (1, 0),
}
"""Of each phase: columns read, and flop an element."""


@dataclass(frozen=True, kw_only=True)
class Reduce(Dataset["State"]):
    """Sum, extremes, moments, norms and dot product of a distributed column."""

    title: ClassVar[str] = "reproducible global sum, min, max, mean, variance, dot, norms"
    verification: ClassVar[str] = (
        "every result equals, bit for bit, the one computed from regenerated elements by a"
        " different exact algorithm; the plain sum within n eps sum |x| of the exact one"
    )
    primary: ClassVar[str] = "sum"
    version: ClassVar[int] = 2
    copies: ClassVar[float] = 2.0

    dtype: str = parameter(
        "float64",
        unit="",
        help="type of a generated element; an input has its own",
        choices=("float64", "float32", "int64"),
    )
    distribution: str = parameter(
        "uniform",
        unit="",
        help="of the generated rows; cancelling: an ill-conditioned sum of wide range",
        choices=("uniform", "zipf", "sorted", "reversed", "equal", "nan", "cancelling"),
    )

    @classmethod
    def row_B(cls, given: Mapping[str, Value]) -> int:
        """An element of x; y is as large."""
        return 8 if given.get("input") else ELEMENT_B[str(given.get("dtype", "float64"))]

    def phases(self) -> tuple[Phase[State], ...]:
        """One for each reduction."""
        return tuple(
            Phase(name, ROW_RATE, methodcaller(name), self._work(*counts), also=(BANDWIDTH,))
            for name, counts in PASSES.items()
        )

    def setup(self, comm: Intracomm) -> State:
        """Both columns, in memory or ready to be read."""
        from kernels.bigdata.reduce.cpu import allocate

        return allocate(self, comm)

    def watch(self, state: State, watch: Watch) -> None:
        """Laps of every phase."""
        state.watch = watch

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
            read_B = float(passes * self.rows * self.row_B(values(self)))
            return Work(flop=float(flop * self.rows), bytes_read=read_B, items=float(self.rows))

        return work
