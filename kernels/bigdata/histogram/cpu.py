"""The histogram of one rank and of all: limits, counters of each thread, one Allreduce of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numba import get_num_threads
from numpy.typing import NDArray

from kernels._support.blocks import Block, block
from kernels._support.dataset.column import Column, Part, StringColumn
from kernels._support.memory import touched
from kernels._support.pinning import Pinned
from kernels.bigdata.histogram import loops
from kernels.bigdata.histogram.edges import BEYOND, Floats, Grid, edges, grid
from kernels.contract import UNWATCHED, CannotRun, IllegalParameter, Watch

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.histogram.kernel import Histogram

CHUNK_ROWS: Final = 2**20
"""Rows of a chunk out of core: more at once makes nothing faster."""
_PIECE: Final = 2**16
_LEAST_ROWS: Final = 64
_NONE: Final = np.empty(0)
Ends = tuple[float, float]


class Widened(Column):
    """The float64 nearest to the integers of another column."""

    def __init__(self, whole: Column) -> None:
        self.rows, self.dtype = whole.rows, np.dtype(np.float64)
        self._whole = whole

    def read(self, start: int, out: NDArray[Any]) -> None:
        """Read piece by piece: the integers are never all in memory."""
        piece = np.empty(min(_PIECE, out.size), np.int64)
        for first in range(0, out.size, _PIECE):
            part = out[first : first + _PIECE]
            self._whole.read(start + first, piece[: part.size])
            part[:] = piece[: part.size]


@dataclass(frozen=True)
class Result:
    """Of all ranks. A place is 0 below the bins, 1 to bins, bins + 1 above them, bins + 2 NaN."""

    edges: tuple[Floats, ...]  # of each dimension: (bins + 1,)
    counts: NDArray[np.int64]  # (places,), or (places of x, places of y)
    units: NDArray[np.int64] | None  # (2, ...): weights in 2^-53, lower and upper halves

    @property
    def inside(self) -> NDArray[np.int64]:
        """Counts of the bins: (bins,) or (bins, bins)."""
        return self.counts[(slice(1, -2),) * self.counts.ndim]

    @property
    def weights(self) -> Floats:
        """Weights of all places, as `counts`, rounded once. ValueError if there are none."""
        if self.units is None:
            raise ValueError("rows have no weights")
        low, high = self.units
        carried = high + (low >> loops.LOW_BITS)
        exact = carried.astype(object) * 2**loops.LOW_BITS + (low & loops.LOW_MASK).astype(object)
        return np.asarray(exact / 2**loops.UNIT_BITS, np.float64)


@dataclass
class State:
    """The rows of one rank, the counters of its threads, and the result, which all ranks have."""

    parts: tuple[Part, ...]  # x, perhaps y
    weights: Part | None
    kernel: Histogram
    comm: Intracomm
    counts: NDArray[np.int32]  # (threads, copies, places)
    sums: NDArray[np.int64]  # (threads, places, 2), or no places
    pinned: Pinned
    result: Result | None = None
    watch: Watch = UNWATCHED

    @property
    def own(self) -> Block:
        """The rows of this rank."""
        return self.parts[0].own

    def run(self) -> None:
        """Find the limits, count, add up over all ranks."""
        grids = self._grids()
        counts, units = self._counted([loops.table(one) for one in grids])
        self.watch.lap("local")
        self.comm.Allreduce(MPI.IN_PLACE, counts, op=MPI.SUM)
        if units is not None:
            self.comm.Allreduce(MPI.IN_PLACE, units, op=MPI.SUM)
        self.watch.lap("exchange")
        shape = tuple(one.bins + BEYOND for one in grids)
        if units is not None:
            units = units.T.reshape(2, *shape)
        self.result = Result(tuple(one.edges for one in grids), counts.reshape(shape), units)
        self.watch.lap("merge")

    def _grids(self) -> list[Grid]:
        kernel = self.kernel
        ends = [(kernel.low, kernel.high)] * kernel.dimensions
        if kernel.limits == "data":
            ends = self._limits()
        return [grid(edges(*one, kernel.bins, kernel.scale), kernel.scale) for one in ends]

    def _limits(self) -> list[Ends]:
        """Smallest and largest number of each dimension, over all ranks."""
        lowest = 1 if self.kernel.scale == "log" else ~loops.INFINITY + 1
        found = np.empty((len(self.parts), len(self.counts), 2), np.int64)
        found[...] = loops.MAGNITUDE, loops.LEAST
        for part, mine in zip(self.parts, found, strict=True):
            for (chunk,) in self._chunks([part]):
                loops.extremes(chunk, lowest, mine)
        low, high = found[:, :, 0].min(axis=1), found[:, :, 1].max(axis=1)
        least = np.concatenate([low, ~high])
        self.watch.lap("local")
        self.comm.Allreduce(MPI.IN_PLACE, least, op=MPI.MIN)
        self.watch.lap("exchange")
        low, high = np.split(least, 2)
        return [self._ends(*one) for one in zip(low, ~high, strict=True)]

    def _ends(self, low: int, high: int) -> Ends:
        if low > high:
            return (1.0, 2.0) if self.kernel.scale == "log" else (0.0, 1.0)
        keys = np.array([low, high])
        bits = keys ^ ((keys >> 63) & loops.MAGNITUDE)
        first, last = bits.view(np.float64).tolist()
        return first, last

    def _counted(self, tables: list[loops.Table]) -> tuple[loops.Words, loops.Words | None]:
        """Counts of this rank's places, and units of their weights: (places, 2)."""
        self.sums[:] = 0
        total = np.zeros(self.counts.shape[2], np.int64)
        parts = [*self.parts, *([] if self.weights is None else [self.weights])]
        for chunks in self._chunks(parts):
            for first in range(0, chunks[0].size, loops.MOST_ROWS):
                rows = [one[first : first + loops.MOST_ROWS] for one in chunks]
                y = rows[1] if len(tables) == 2 else _NONE
                weights = _NONE if self.weights is None else rows[-1]
                self.counts[:] = 0
                loops.count(rows[0], y, weights, tables[0], tables[-1], self.counts, self.sums)
                total += self.counts.sum(axis=(0, 1), dtype=np.int64)
        return total, None if self.weights is None else self.sums.sum(axis=0)

    def _chunks(self, parts: Sequence[Part]) -> Iterator[tuple[Floats, ...]]:
        for chunks in zip(*(one.chunks() for one in parts), strict=True):
            if not parts[0].resident:
                self.watch.lap("read")
            yield chunks
            if not parts[0].resident:
                self.watch.lap("local")


def columns(kernel: Histogram, comm: Intracomm) -> list[Column]:
    """x, of the input if there is one; y and weights, which are generated. All are float64."""
    x = kernel.column("float64", comm=comm)
    if isinstance(x, StringColumn):
        raise IllegalParameter("input", kernel.input, "a column of text: numbers are counted")
    generated = replace(kernel, input="")
    found: list[Any] = [Widened(x) if x.dtype.kind == "i" else x]
    if kernel.dimensions == 2:
        found.append(generated.column("float64", 1))
    if kernel.weights != "none":
        found.append(replace(generated, distribution="uniform").column("float64", 2))
    return found


def allocate(kernel: Histogram, comm: Intracomm) -> State:
    """The data and the counters of one rank. Collective."""
    pinned = Pinned(comm)
    threads = get_num_threads()
    places = (kernel.bins + BEYOND) ** kernel.dimensions
    copies = loops.COPIES if places <= loops.FEW else 1
    weighted = kernel.weights != "none"
    budget_B = kernel.budget_B(comm)
    counts = touched((threads, copies, places), np.int32)
    sums = touched((threads, places if weighted else 0, 2), np.int64)
    chunk = None if budget_B is None else chunk_rows(budget_B, counts, sums, kernel.columns)
    own = block(kernel.rows, comm.size, comm.rank)
    parts = tuple(Part(one, own, chunk) for one in columns(kernel, comm))
    weights = parts[-1] if weighted else None
    return State(parts[: kernel.dimensions], weights, kernel, comm, counts, sums, pinned)


def chunk_rows(
    budget_B: int, counts: NDArray[np.int32], sums: NDArray[np.int64], columns: int
) -> int:
    """Rows of a chunk beside the counters and their totals: a third of what is left.

    Verification needs the rest. CannotRun if the counters leave nothing.
    """
    need_B = counts.nbytes + 3 * sums.nbytes + 48 * counts.shape[2]
    rows = (budget_B - need_B) // (24 * columns)
    if rows < _LEAST_ROWS:
        raise CannotRun(
            f"{counts.shape[2]} bins",
            f"their counters need {need_B} B, a rank may allocate {budget_B} B",
            fix="a larger --set memory= or a smaller --set bins=",
        )
    return min(CHUNK_ROWS, int(rows))
