"""The loops: cells of a block in vectors, then one increment for each row.

Increments of one counter wait for each other, some 5 cycles each: rows in turn go to several copies
of the counters, of 32 bits so that more of them fit the first cache, which are added up at the end.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit, prange, types
from numpy.typing import NDArray

from kernels._support.simd import WIDTH
from kernels.bigdata.histogram.cells import linear_cells, logarithmic_cells
from kernels.bigdata.histogram.edges import Floats, Grid

Words = NDArray[np.int64]
Places = NDArray[np.int32]
PARALLEL: Final[Any] = {"parallel": True, "cache": True, "error_model": "numpy"}
BLOCK: Final = 512
"""Rows whose cells are computed at once; they stay in the first cache."""
COPIES: Final = 4
"""Of the counters, where they are few."""
FEW: Final = 2**13
"""Counters that fit the first cache, all copies together."""
MOST_ROWS: Final = 2**30
"""Rows that are counted at once: more would not fit 32 bits."""
UNIT_BITS: Final = 53
"""Weights are multiples of 2^-53 below 1: their sums are exact integers, in two halves."""
LOW_BITS: Final = 27
LOW_MASK: Final = (1 << LOW_BITS) - 1
MAGNITUDE: Final = 2**63 - 1
INFINITY: Final = 0x7FF0000000000000
LEAST: Final = -(2**63)


class Table(NamedTuple):
    """A `Grid` as compiled code takes it; last : number of the cell of NaN."""

    origin: float
    scale: float
    margin: float
    shift: int
    base: int
    last: int
    pivots: Floats
    places: Places


TABLE: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (*(types.float64,) * 3, *(types.int64,) * 3, types.float64[::1], types.int32[::1]), Table
)


def table(grid: Grid) -> Table:
    """The table of a grid."""
    return Table(
        grid.origin,
        grid.scale,
        grid.margin,
        grid.shift,
        grid.base,
        grid.pivots.size - 1,
        grid.pivots,
        grid.places,
    )


@njit(types.int64(*[types.int64] * 3, TABLE), cache=True, error_model="numpy")
def find_cells(x: int, to: int, count: int, table: Any) -> Any:
    """Cells of so many rows, a multiple of `WIDTH`; 0 if all places are the cells plus 1.

    x, to : addresses.
    """
    if table.shift < 0:
        return linear_cells(x, to, count, table.last, table.origin, table.scale, table.margin)
    return logarithmic_cells(x, to, count, table.last, table.shift, table.base)


@njit(types.void(types.float64[::1], TABLE, types.int32[::1]), cache=True, error_model="numpy")
def find_places(x: Floats, table: Any, places: Places) -> None:
    """The place of each row of a block. places: (BLOCK,)."""
    whole = x.size // WIDTH * WIDTH
    doubt = find_cells(x.ctypes.data, places.ctypes.data, whole, table)
    if whole < x.size:
        rest = np.zeros(WIDTH)
        rest[: x.size - whole] = x[whole:]
        doubt |= find_cells(rest.ctypes.data, places.ctypes.data + 4 * whole, WIDTH, table)
    if not doubt:
        for i in range(x.size):
            places[i] += 1
        return
    for i in range(x.size):
        cell = np.uintp(places[i])
        places[i] = table.places[np.uintp(2) * cell + np.uintp(x[i] >= table.pivots[cell])]


@njit("void(i4[::1], i8, i4[:,::1])", cache=True, error_model="numpy")
def add_counts(places: Places, size: int, counts: NDArray[np.int32]) -> None:
    """Count the first so many places of a block: (copies, places)."""
    copies = len(counts)
    whole = size // COPIES * COPIES if copies == COPIES else 0
    for i in range(0, whole, COPIES):
        a, b = np.uintp(places[i]), np.uintp(places[i + 1])
        c, d = np.uintp(places[i + 2]), np.uintp(places[i + 3])
        counts[0, a] += 1
        counts[1, b] += 1
        counts[2, c] += 1
        counts[3, d] += 1
    for i in range(whole, size):
        counts[0, np.uintp(places[i])] += 1


@njit("void(i4[::1], f8[::1], i8[:,::1])", cache=True, error_model="numpy")
def add_weights(places: Places, weights: Floats, sums: Words) -> None:
    """Add the weights of a block in units of 2^-53, their lower and upper halves: (places, 2)."""
    for i in range(weights.size):
        units, place = np.int64(weights[i] * 2.0**UNIT_BITS), np.uintp(places[i])
        sums[place, 0] += units & LOW_MASK
        sums[place, 1] += units >> LOW_BITS


_ROWS = types.float64[::1]
_COUNTS = types.int32[:, :, ::1]
_SUMS = types.int64[:, :, ::1]


@njit(types.void(_ROWS, _ROWS, _ROWS, TABLE, TABLE, _COUNTS, _SUMS), **PARALLEL)
def count(
    x: Floats,
    y: Floats,
    weights: Floats,
    of_x: Any,
    of_y: Any,
    counts: NDArray[np.int32],
    sums: NDArray[np.int64],
) -> None:
    """Add rows to the counters of each thread: (threads, copies, places).

    y : of two dimensions, or empty; a place is then that of x times those of y, plus that of y.
    weights : or empty; sums: (threads, places, 2).
    """
    threads = len(counts)
    plane = of_y.places[-1] + 1
    for t in prange(threads):
        places, others = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
        last = x.size * (t + 1) // threads
        for start in range(x.size * t // threads, last, BLOCK):
            stop = min(start + BLOCK, last)
            find_places(x[start:stop], of_x, places)
            if y.size:
                find_places(y[start:stop], of_y, others)
                for i in range(stop - start):
                    places[i] = places[i] * plane + others[i]
            add_counts(places, stop - start, counts[t])
            if weights.size:
                add_weights(places, weights[start:stop], sums[t])


@njit("void(f8[::1], i8, i8[:,::1])", **PARALLEL)
def extremes(x: Floats, lowest: int, ends: Words) -> None:
    """ends[t] = smallest and largest key of finite numbers of thread t, and of what stood there.

    Keys order the bits of floats as integers; lowest : keys from here on count. ends: (threads, 2).
    """
    threads = len(ends)
    for t in prange(threads):
        low, high = ends[t, 0], ends[t, 1]
        words = x[x.size * t // threads : x.size * (t + 1) // threads].view(np.int64)
        for i in range(words.size):
            key = words[i] ^ ((words[i] >> 63) & MAGNITUDE)
            valid = (key >= lowest) & (key < INFINITY)
            low = min(low, key if valid else MAGNITUDE)
            high = max(high, key if valid else LEAST)
        ends[t, 0], ends[t, 1] = low, high
