"""The histogram once more: rows generated or read anew, chunk by chunk, and searched among edges.

Nothing is taken from the fast way but the edges' formula: places by binary search, limits by
NumPy's comparisons, and weights in two halves of another width, as floats that hold them exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.dataset.column import Part
from kernels.bigdata.histogram.edges import BEYOND, Floats, edges

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.histogram.cpu import State
    from kernels.bigdata.histogram.kernel import Histogram

CHUNK_ROWS: Final = 2**16
HALF: Final = 2.0**26
"""Upper half of a weight: an integer below this; the lower one is a multiple of 2^-27 below 1."""


def differences(state: State, kernel: Histogram, comm: Intracomm) -> float:
    """Sum of what differs; infinity if there is no result. Collective."""
    result = state.result
    if comm.allreduce(result is None, op=MPI.LOR) or result is None:
        return math.inf
    wanted = [edges(*one, kernel.bins, kernel.scale) for one in limits(state, kernel, comm)]
    counts, low, high = recounted(state, wanted, comm)
    wrong = float(np.abs(result.counts.ravel() - counts).sum())
    wrong += sum(
        float(not np.array_equal(one, other))
        for one, other in zip(result.edges, wanted, strict=True)
    )
    if result.units is not None:
        lower, upper = (one.ravel().astype(object) for one in result.units)
        units = lower + upper * 2**27
        wrong += float(np.count_nonzero(units != low.astype(object) + high.astype(object) * 2**27))
    return float(comm.allreduce(wrong, op=MPI.MAX))


def anew(parts: list[Part]) -> Iterator[list[Floats]]:
    """The own rows of columns, chunk by chunk."""
    own = parts[0].own
    for start in range(own.start, own.stop, CHUNK_ROWS):
        chunks = [np.empty(min(CHUNK_ROWS, own.stop - start)) for _ in parts]
        for part, chunk in zip(parts, chunks, strict=True):
            part.column.read(start, chunk)
        yield chunks


def limits(state: State, kernel: Histogram, comm: Intracomm) -> list[tuple[float, float]]:
    """Of each dimension, over all ranks."""
    if kernel.limits == "given":
        return [(kernel.low, kernel.high)] * kernel.dimensions
    found = []
    for part in state.parts:
        low, high = math.inf, -math.inf
        for (x,) in anew([part]):
            numbers = x[np.isfinite(x) & ((x > 0.0) | (kernel.scale != "log"))]
            low = min(low, float(numbers.min(initial=math.inf)))
            high = max(high, float(numbers.max(initial=-math.inf)))
        low, high = comm.allreduce(low, op=MPI.MIN), comm.allreduce(high, op=MPI.MAX)
        nothing = (1.0, 2.0) if kernel.scale == "log" else (0.0, 1.0)
        found.append((low, high) if low <= high else nothing)
    return found


def recounted(state: State, wanted: list[Floats], comm: Intracomm) -> Any:
    """(3, places): counts of all ranks, lower and upper halves of weights in units of 2^-53."""
    size = math.prod(one.size - 1 + BEYOND for one in wanted)
    found = np.zeros((3, size), np.int64)
    parts = [*state.parts, *([] if state.weights is None else [state.weights])]
    for chunks in anew(parts):
        place: Any = 0
        for x, at in zip(chunks, wanted, strict=False):
            place = place * (at.size - 1 + BEYOND) + places(x, at)
        found[0] += np.bincount(place, minlength=size)
        if state.weights is not None:
            high = np.floor(chunks[-1] * HALF)
            low = (chunks[-1] * HALF - high) * 2.0**27
            found[1] += np.bincount(place, low, size).astype(np.int64)
            found[2] += np.bincount(place, high, size).astype(np.int64)
    comm.Allreduce(MPI.IN_PLACE, found, op=MPI.SUM)
    return found


def places(x: Floats, at: Floats) -> NDArray[np.intp]:
    """0 below the edges, 1 to bins, bins + 1 above them, bins + 2 for NaN."""
    found = np.searchsorted(at, x, side="right")
    found[x == at[-1]] = at.size - 1
    found[np.isnan(x)] = at.size + 1
    return found
