"""Distinct: how many different values a column has, exactly and by HyperLogLog.

exact        every rank finds the different values among its rows, in 256 partitions by their hash,
             sends each to the rank that owns its hash, and counts what it owns. Duplicates are
             removed before anything is sent: no frequent value makes a rank slower than others.
hyperloglog  2^precision registers see every row once (hyperloglog.py): an estimate with a standard
             error of 1.04 / sqrt(2^precision), from the estimator of O. Ertl, arXiv:1702.01284,
             which needs no correction of its bias.

Both results, and all registers, are the same for any number of ranks and threads and any order of
the rows. The hash of 64-bit values is a bijection, so that the exact result is no matter of chance.
int64: any values. float64: -0.0 equals +0.0, and all NaN together are one value, as SQL counts no
NULL but a NaN; infinities are values. Integers have no NaN: their distribution "nan" is uniform.

With a limit of the memory, rows are read chunk by chunk; different values that do not fit are
spilled, one file for each partition, and the partitions are then counted in groups.

Counting: rows, and the 8 B of each once. What partitions, tables and messages move is not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from kernels._support.dataset.declaration import Dataset
from kernels.contract import (
    BANDWIDTH,
    ROW_RATE,
    Check,
    IllegalParameter,
    Phase,
    Watch,
    Work,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels._support.dataset.column import Column
    from kernels.bigdata.distinct.cpu import State

ROW_B = 8
STANDARD_ERRORS = 5.0


@dataclass(frozen=True, kw_only=True)
class Distinct(Dataset["State"]):
    """Number of different values of a column."""

    title: ClassVar[str] = "different values of a column, exact and by HyperLogLog"
    verification: ClassVar[str] = (
        "the exact number equals that of the sorted rows, read anew; the registers equal recomputed"
        " ones, bit for bit; the logarithm of the estimate is within 5 standard errors"
    )
    primary: ClassVar[str] = "exact"
    copies: ClassVar[float] = 10.5  # in the verification, of rows that all differ

    dtype: str = parameter(
        "int64", unit="", help="type of generated rows", choices=("int64", "float64")
    )
    keys: int = parameter(
        10**6,
        unit="1",
        help="values that int64 and zipf rows are drawn from",
        minimum=1,
        maximum=2**62,
    )
    precision: int = parameter(
        14, unit="1", help="HyperLogLog has 2^precision registers", minimum=4, maximum=18
    )

    def phases(self) -> tuple[Phase[State], ...]:
        """The exact number, then the estimate."""
        return (
            Phase("exact", ROW_RATE, lambda state: state.exact(), self._work(), also=(BANDWIDTH,)),
            Phase(
                "hyperloglog",
                ROW_RATE,
                lambda state: state.hyperloglog(),
                self._work(),
                also=(BANDWIDTH,),
            ),
        )

    def data(self, comm: Intracomm) -> Column:
        """The column to count. Collective."""
        from kernels._support.dataset.column import Column

        kind = "key" if self.dtype == "int64" else self.dtype
        found = self.column(kind, keys=self.keys, comm=comm)
        if not isinstance(found, Column):
            raise IllegalParameter("input", self.input, "a column of numbers")
        return found

    def setup(self, comm: Intracomm) -> State:
        """The rows of every rank, in memory if it is not limited."""
        from kernels.bigdata.distinct.cpu import allocate

        return allocate(self, comm)

    def watch(self, state: State, watch: Watch) -> None:
        """The collector tells its parts too."""
        state.watch = state.collector.watch = watch

    def prepare(self, state: State) -> None:
        """Forget the results."""
        state.results = replace(state.results, distinct=None, registers=None, estimate=None)

    def verify(self, state: State, comm: Intracomm) -> Check:
        """Both results against rows that are read anew."""
        from kernels.bigdata.distinct.cpu import disagreement

        what = "standard errors of the estimate; infinite if exact number or registers are wrong"
        return Check(what, disagreement(state), STANDARD_ERRORS)

    def _work(self) -> Callable[[int], Work]:
        return lambda ranks: Work(bytes_read=float(ROW_B * self.rows), items=float(self.rows))
