"""The reductions: Numba passes over the rank's elements, one small Allreduce, one rounding.

Sums are exact (see `accumulator`), minimum and maximum are those of integers in the order of the
floats: nothing depends on who owns which element. -0.0 counts as smaller than +0.0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numba import get_num_threads
from numpy.typing import NDArray

from kernels._support.blocks import block
from kernels._support.dataset.column import Part
from kernels._support.memory import aligned
from kernels._support.pinning import Pinned
from kernels.bigdata.reduce import check
from kernels.bigdata.reduce.accumulator import (
    CHUNK,
    LOWEST,
    MAGNITUDE,
    WORDS,
    Floats,
    Words,
    exact,
    not_finite,
    rounded,
    rounded_root,
)
from kernels.bigdata.reduce.data import columns
from kernels.bigdata.reduce.loops import (
    ALL_BITS,
    dot_floats,
    dot_integers,
    extremes,
    sum_floats,
    sum_integers,
    sum_plainly,
)
from kernels.contract import UNWATCHED, Watch

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.reduce.kernel import Reduce

UNIT = 1 << LOWEST
"""1 in units of the accumulator."""
MOST_ROWS: Final = 2**20
"""Rows of a chunk out of core: more at once makes nothing faster."""
_WORD: Final = np.iinfo(np.int64)


@dataclass
class State:
    """The elements of one rank, and the results of the phases, the same on every rank."""

    x: Part  # float64, float32 or int64
    y: Part  # the other vector of dot
    rows: int  # over all ranks
    comm: Intracomm
    words: Words  # (threads, WORDS), one exact sum a thread
    scratch: Floats  # (threads, 2, CHUNK)
    pinned: Pinned
    results: dict[str, float | int] = field(default_factory=dict)
    watch: Watch = UNWATCHED

    @property
    def integer(self) -> bool:
        """The elements are integers."""
        return self.x.column.dtype.kind == "i"

    def sum(self) -> None:
        """Exact for integers, of any size; else the exact sum, rounded once."""
        self._keep("sum", self._final(self._sum()))

    def plain_sum(self) -> None:
        """Rounded at every addition, in an order that depends on ranks and threads."""
        sums = np.zeros(len(self.words), np.int64 if self.integer else np.float64)
        for part in self._chunks():
            sum_plainly(part, sums)
        self.watch.lap("local")
        with np.errstate(invalid="ignore"):  # infinities of both signs
            total = np.array([sums.sum()])
        self.comm.Allreduce(MPI.IN_PLACE, total, op=MPI.SUM)
        self.watch.lap("exchange")
        self._keep("plain_sum", total.item())

    def mean(self) -> None:
        """The exact sum over n, rounded once, as a float64."""
        words = self._sum()
        self._keep("mean", _rounded(words, exact(words), self.rows * UNIT))

    def dot(self) -> None:
        """Dot product x . y, as `sum`."""
        self._keep("dot", self._final(self._dot(squares=False)))

    def variance(self) -> None:
        """(n sum x^2 - (sum x)^2) / n^2, both sums exact, rounded once: the population's."""
        words, squares = self._sum(), self._dot(squares=True)
        square = exact(words) ** 2
        value = self.rows * exact(squares) * UNIT - square
        if not_finite(words) is not None:  # no element is at a distance from such a mean
            self._keep("variance", math.nan)
            return
        self._keep("variance", _rounded(squares, value, (self.rows * UNIT) ** 2))

    def norm_1(self) -> None:
        """Sum of the magnitudes, as `sum`."""
        self._keep("norm_1", self._final(self._sum(absolute=True)))

    def norm_2(self) -> None:
        """The root of the exact sum of squares, rounded once, as a float64."""
        words = self._dot(squares=True)
        special = not_finite(words)
        value = rounded_root(exact(words), UNIT) if special is None else special
        self._keep("norm_2", value)

    def norm_max(self) -> None:
        """Largest magnitude; NaN if there is a NaN."""
        low, high = self._extremes()
        self._keep("norm_max", max(abs(low), abs(high)))

    def min(self) -> None:
        """Smallest element; NaN if there is a NaN."""
        self._keep("min", self._extremes()[0])

    def max(self) -> None:
        """Largest element; NaN if there is a NaN."""
        self._keep("max", self._extremes()[1])

    def _chunks(self) -> Iterator[NDArray[Any]]:
        for chunk in self.x.chunks():
            if not self.x.resident:
                self.watch.lap("read")
            yield chunk
            if not self.x.resident:
                self.watch.lap("local")

    def _keep(self, name: str, value: float | int) -> None:
        self.results[name] = value
        self.watch.lap("merge")

    def _sum(self, *, absolute: bool = False) -> Words:
        self.words[:] = 0
        for part in self._chunks():
            if self.integer:
                sum_integers(part, absolute, self.words)
            else:
                sum_floats(part, MAGNITUDE if absolute else ALL_BITS, self.words, self.scratch)
        return self._total()

    def _dot(self, *, squares: bool) -> Words:
        self.words[:] = 0
        others = self._chunks() if squares else self.y.chunks()
        pairs = (
            ((one, one) for one in others) if squares else zip(self._chunks(), others, strict=True)
        )
        for x, y in pairs:
            if self.integer:
                dot_integers(x, y, self.words)
            else:
                dot_floats(x, y, self.words, self.scratch)
        return self._total()

    def _total(self) -> Words:
        total: Words = self.words.sum(axis=0)
        self.watch.lap("local")
        self.comm.Allreduce(MPI.IN_PLACE, total, op=MPI.SUM)
        self.watch.lap("exchange")
        return total

    def _final(self, words: Words) -> float | int:
        return exact(words) // UNIT if self.integer else _rounded(words, exact(words), UNIT)

    def _extremes(self) -> tuple[float | int, float | int]:
        dtype = self.x.column.dtype
        word = np.dtype(f"i{dtype.itemsize}")
        magnitude = 0 if self.integer else int(np.iinfo(word).max)
        found = np.tile(np.array([_WORD.max, _WORD.min, 0]), (len(self.words), 1))
        for part in self._chunks():
            extremes(part.view(word), magnitude, 8 * word.itemsize - 1, found)
        # The smallest of three: the complement turns an order around, and nothing overflows.
        least = np.minimum.reduce([found[:, 0], ~found[:, 1], ~found[:, 2]], axis=1)
        self.watch.lap("local")
        self.comm.Allreduce(MPI.IN_PLACE, least, op=MPI.MIN)
        self.watch.lap("exchange")
        low, high, top = least[:1], ~least[1:2], ~least[2:]
        return _element(low, top, dtype), _element(high, top, dtype)


def _element(key: Words, top: Words, dtype: np.dtype[Any]) -> float | int:
    """The element with that key; NaN if the largest magnitude is above infinity's."""
    if dtype.kind == "i":
        return int(key[0])
    word = np.dtype(f"i{dtype.itemsize}")
    if np.isnan(top.astype(word).view(dtype)[0]):
        return float("nan")
    bits = key ^ ((key >> 63) & np.iinfo(word).max)
    return float(bits.astype(word).view(dtype)[0])


def _rounded(words: Words, numerator: int, denominator: int) -> float:
    special = not_finite(words)
    return rounded(numerator, denominator) if special is None else special


def allocate(kernel: Reduce, comm: Intracomm) -> State:
    """The data of one rank, and one accumulator for each thread. Collective."""
    pinned = Pinned(comm)
    threads = get_num_threads()
    x, y = columns(kernel, comm)
    own = block(kernel.rows, comm.size, comm.rank)
    words, scratch = aligned((threads, WORDS), np.int64), aligned((threads, 2, CHUNK))
    chunk = chunk_rows(kernel.budget_B(comm), x.dtype.itemsize)
    return State(
        Part(x, own, chunk), Part(y, own, chunk), kernel.rows, comm, words, scratch, pinned
    )


def chunk_rows(budget_B: int | None, item_B: int) -> int | None:
    """Rows of two columns that take half of what may be allocated: verification needs some too."""
    if budget_B is None:
        return None
    return min(MOST_ROWS, budget_B // (4 * item_B))


def worst_error(state: State) -> float:
    """Largest relative error of this rank's results; infinity if one is missing."""
    x, y = state.x.column, state.y.column
    found = check.totals(x, y, state.x.own, state.rows, len(state.words), state.comm)
    wanted = check.expected(found, integer=state.integer)
    errors = [check.relative_error(state.results.get(name), want) for name, want in wanted.items()]
    plain = state.results.get("plain_sum")
    return max(*errors, check.plain_error(plain, found, integer=state.integer))
