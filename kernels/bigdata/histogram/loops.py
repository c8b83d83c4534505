"""The loops: cells of a block in vectors, then one increment for each row.

Increments of one counter wait for each other, some 5 cycles each: rows in turn go to several copies
of the counters, of 32 bits so that more of them fit the first cache, which are added up at the end.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from kernels._support.simd import INT64, VECTOR, WIDTH, broadcast, counted_loop, load, store
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
_BITS: Final = ir.VectorType(INT64, WIDTH)
_CELLS: Final = ir.VectorType(ir.IntType(32), WIDTH)


def _cells(kind: Any, emit: Any) -> Any:
    """An intrinsic: cells of so many rows, a multiple of `WIDTH`; NaN goes to cell ``last``."""

    @intrinsic
    def cells(
        _context: Any, x: Any, to: Any, count: Any, first: Any, second: Any, last: Any
    ) -> Any:
        def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            x, to, count, first, second, last = arguments
            highest = builder.sub(last, INT64(1))
            nan = broadcast(builder, builder.trunc(last, _CELLS.element), _CELLS)
            found = emit(builder, first, second, highest)

            def body(i: Any, carried: list[Any]) -> list[Any]:
                value = load(builder, builder.add(x, builder.mul(i, INT64(8 * WIDTH))))
                cell = builder.select(
                    builder.fcmp_unordered("uno", value, value), nan, found(value)
                )
                store(builder, cell, builder.add(to, builder.mul(i, INT64(4 * WIDTH))))
                return carried

            counted_loop(builder, builder.sdiv(count, INT64(WIDTH)), [], body)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 3, kind, kind, types.int64), code

    return cells


def _linear(builder: Any, origin: Any, scale: Any, highest: Any) -> Any:
    """(x - origin) scale, held within the cells before it becomes an integer."""
    top = builder.sitofp(highest, ir.DoubleType())
    first, by, most = (broadcast(builder, one) for one in (origin, scale, top))
    zero = VECTOR(None)

    def found(value: Any) -> Any:
        at = builder.fmul(builder.fsub(value, first), by)
        at = builder.select(builder.fcmp_ordered(">", at, zero), at, zero)
        at = builder.select(builder.fcmp_ordered("<", at, most), at, most)
        return builder.fptosi(at, _CELLS)

    return found


def _logarithmic(builder: Any, shift: Any, base: Any, highest: Any) -> Any:
    """The bits of x over 2^shift, minus base; negative numbers are below all cells."""
    by, first, most = (broadcast(builder, one, _BITS) for one in (shift, base, highest))
    zero = _BITS(None)

    def found(value: Any) -> Any:
        at = builder.sub(builder.ashr(builder.bitcast(value, _BITS), by), first)
        at = builder.select(builder.icmp_signed(">", at, zero), at, zero)
        at = builder.select(builder.icmp_signed("<", at, most), at, most)
        return builder.trunc(at, _CELLS)

    return found


linear_cells: Any = _cells(types.float64, _linear)
logarithmic_cells: Any = _cells(types.int64, _logarithmic)


class Table(NamedTuple):
    """A `Grid` as compiled code takes it; last : number of the cell of NaN."""

    origin: float
    scale: float
    shift: int
    base: int
    last: int
    pivots: Floats
    places: Places


TABLE: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (*(types.float64,) * 2, *(types.int64,) * 3, types.float64[::1], types.int32[::1]), Table
)


def table(grid: Grid) -> Table:
    """The table of a grid."""
    return Table(
        grid.origin,
        grid.scale,
        grid.shift,
        grid.base,
        grid.pivots.size - 1,
        grid.pivots,
        grid.places,
    )


@njit(types.void(*[types.int64] * 3, TABLE), cache=True, error_model="numpy")
def find_cells(x: int, to: int, count: int, table: Any) -> None:
    """Cells of so many rows, a multiple of `WIDTH`. x, to : addresses."""
    if table.shift < 0:
        linear_cells(x, to, count, table.origin, table.scale, table.last)
    else:
        logarithmic_cells(x, to, count, table.shift, table.base, table.last)


@njit(types.void(types.float64[::1], TABLE, types.int32[::1]), cache=True, error_model="numpy")
def find_places(x: Floats, table: Any, places: Places) -> None:
    """The place of each row of a block. places: (BLOCK,)."""
    whole = x.size // WIDTH * WIDTH
    find_cells(x.ctypes.data, places.ctypes.data, whole, table)
    if whole < x.size:
        rest = np.zeros(WIDTH)
        rest[: x.size - whole] = x[whole:]
        find_cells(rest.ctypes.data, places.ctypes.data + 4 * whole, WIDTH, table)
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
