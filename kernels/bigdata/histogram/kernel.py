"""Histogram: how many rows lie in each of many bins, in one or two dimensions, and what they weigh.

The bins are those of `numpy.histogram`: edges of `numpy.linspace` (scale = linear) or
`numpy.geomspace` (log); a bin holds its lower edge, the last one its upper edge too. Every row is
counted exactly, in 64 bits: those below the bins, above them and NaN apart; with two dimensions so
is each combination. Integers of an input are counted as the nearest float64.

limits = data: from the smallest to the largest finite number (log: positive number) of the data,
which costs a pass of its own; infinities then are below or above. Equal limits are moved apart by
1/2 (log: a factor of 2), and data without such a number get the limits 0 and 1 (log: 1 and 2).
limits = given: from low to high.

weights = float64: a generated column of multiples of 2^-53 in [0, 1). Their sums are exact, as
integers of two halves in that unit, and rounded once. x is the column of the input, or generated;
y and weights are always generated (streams 1 and 2 of the seed). Nothing depends on the number of
ranks and threads.

Counting: 8 B a row and column, weights included; x and y twice where the limits are those of the
data. Rows count once. The counters are not counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from operator import methodcaller
from typing import TYPE_CHECKING, ClassVar, Final

from kernels._support.dataset.declaration import Dataset
from kernels.contract import (
    BANDWIDTH,
    ROW_RATE,
    Check,
    IllegalParameter,
    Phase,
    Value,
    Watch,
    Work,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.histogram.cpu import State

ITEM_B: Final = 8
MOST_BINS: Final = 2**20
MOST_COUNTERS: Final = 2**24


@dataclass(frozen=True, kw_only=True)
class Histogram(Dataset["State"]):
    """Counts and weights of a distributed column by bins."""

    title: ClassVar[str] = "histogram of one or two columns, linear or logarithmic, weighted or not"
    verification: ClassVar[str] = (
        "no count and no weight of a bin differs from that of rows generated or read anew and"
        " placed by binary search among the edges"
    )
    primary: ClassVar[str] = "histogram"

    bins: int = parameter(
        1000, unit="1", help="bins of each dimension", minimum=1, maximum=MOST_BINS
    )
    dimensions: int = parameter(1, unit="1", help="1, or 2: x and y", minimum=1, maximum=2)
    scale: str = parameter("linear", unit="", help="of the edges", choices=("linear", "log"))
    limits: str = parameter(
        "data",
        unit="",
        help="of the bins: those of the data, or given as low and high",
        choices=("data", "given"),
    )
    low: float = parameter(0.0, unit="1", help="lowest edge, if the limits are given")
    high: float = parameter(1.0, unit="1", help="highest edge, if the limits are given")
    weights: str = parameter(
        "none", unit="", help="of the rows: none, or a column", choices=("none", "float64")
    )

    @property
    def columns(self) -> int:
        """Columns of data."""
        return self.dimensions + (self.weights != "none")

    @classmethod
    def row_B(cls, given: Mapping[str, Value]) -> int:
        """A number of each column."""
        weighted = given.get("weights", "none") != "none"
        return ITEM_B * (int(given.get("dimensions", 1)) + weighted)

    def check_geometry(self, ranks: int) -> None:
        """Limits that rise, positive ones for log; not more bins than counters can be had for."""
        counters = self.bins**self.dimensions
        if counters > MOST_COUNTERS:
            known = f"{counters} bins in all, at most {MOST_COUNTERS}"
            raise IllegalParameter("bins", self.bins, known)
        if self.limits == "data":
            return
        if not (math.isfinite(self.high - self.low) and self.low <= self.high):
            raise IllegalParameter("low", self.low, f"a finite number not above high = {self.high}")
        if self.scale == "log" and self.low <= 0.0:
            raise IllegalParameter("low", self.low, "above 0, as the scale is log")

    def phases(self) -> tuple[Phase[State], ...]:
        """One: the whole of it."""
        run = methodcaller("run")
        return (Phase("histogram", ROW_RATE, run, self._work, also=(BANDWIDTH,)),)

    def setup(self, comm: Intracomm) -> State:
        """The columns, in memory or ready to be read, and the counters."""
        from kernels.bigdata.histogram.cpu import allocate

        return allocate(self, comm)

    def watch(self, state: State, watch: Watch) -> None:
        """Laps of the phase."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """Forget the result."""
        state.result = None

    def verify(self, state: State, comm: Intracomm) -> Check:
        """The result against that of `check`."""
        from kernels.bigdata.histogram.check import differences

        found = differences(state, self, comm)
        return Check("rows counted wrongly, and weights and limits that differ", found, 0.0)

    def _work(self, ranks: int) -> Work:
        passes = self.columns + self.dimensions * (self.limits == "data")
        return Work(bytes_read=float(ITEM_B * passes * self.rows), items=float(self.rows))
