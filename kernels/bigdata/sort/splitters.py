"""Where the rows are cut: bounds between buckets, from a sample.

A bound is a pair of words that compares with rows: (key, place), where the place is the number of a
row over all ranks (of a record: below the rest of its key). The run of one key may so be cut
anywhere, and rows that are all equal are shared out as evenly as any. Bounds between the buckets of
one rank are moved to the beginning of a cell (see `cells`), so that no cell but those with a bound
between ranks needs a search.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.splitmix import random_bits
from kernels.bigdata.sort.cells import (
    MOST_DIVIDED,
    Pairs,
    Plan,
    Table,
    below,
    distance_of,
    divide_cells,
    empty_table,
    leaf,
    tabulate,
)
from kernels.bigdata.sort.order import IMAGE, RECORD_WORDS, first, image, key_of, pair

Words = NDArray[np.uint64]
Firsts = NDArray[np.int64]
_FAST: Final[Any] = {"cache": True, "error_model": "numpy", "nogil": True}
_PAIRS: Final = types.complex128[::1]


@njit("i8(c16[::1], i8, i8, u8, u8, u2[::1], c16[::1], i8[::1])", **_FAST)
def cut(
    sample: Pairs,
    ranks: int,
    each: int,
    low: Any,
    fraction: Any,
    table: Table,
    bounds: Pairs,
    firsts: Firsts,
) -> int:
    """Write the bounds, and the first bucket of each rank and one past the last; their number.

    sample : sorted, not empty. each : buckets of a rank, fewer where two would be the same. Without
    a table, bounds between buckets of one rank stay where they are too.
    """
    found = 0
    firsts[0] = 0
    for one in range(1, ranks * each):
        bound = sample[one * sample.size // (ranks * each)]
        between_ranks = one % each == 0
        if between_ranks:
            firsts[one // each] = found + 1
        elif table.size:
            distance = distance_of(first(bound), low)
            width, _ = leaf(distance, fraction, table)
            bound = pair(low + ((distance >> width) << width), np.uint64(0))
        if between_ranks or found == 0 or below(bounds[found - 1], bound):
            bounds[found] = bound
            found += 1
    firsts[ranks] = found + 1
    return found


def plan(sample: Pairs, ranks: int, each: int, *, exact: bool = False) -> tuple[Plan, Firsts]:
    """The buckets by a sorted sample, and the first of each rank and one past the last.

    each : buckets of a rank, at most. exact : all bounds divide the sample evenly; else only those
    between ranks do, and the bucket of a row is found faster.
    """
    buckets = ranks * each
    fraction = np.uint64(buckets.bit_length())
    table = empty_table(int(fraction))
    bounds, firsts = np.empty(buckets, np.complex128), np.zeros(ranks + 1, np.int64)
    pieces = np.empty((MOST_DIVIDED, 4), np.uint64)
    least = sample[:1].view(np.uint64)[0] if sample.size else np.uint64(0)
    low = np.uint64(max(int(least) - 1, 0))
    divided = found = 0
    if sample.size:
        most = -(-sample.size // buckets)
        divided = divide_cells(sample, low, fraction, most, table, pieces)
        cells = table[:0] if exact else table
        found = cut(sample, ranks, each, low, fraction, cells, bounds, firsts)
    else:
        firsts[1:] = 1
    tabulate(bounds[:found], table, low, fraction, pieces[:divided])
    return Plan(bounds[:found], table, low, fraction), firsts


@njit("i8(i8, i8, u8, i8, i8)", **_FAST)
def drawn(one: int, draws: int, key: Any, start: int, rows: int) -> Any:
    """A random row of the one-th of so many equal parts of the rows."""
    low, high = one * rows // draws, (one + 1) * rows // draws
    bits = random_bits(key, np.uint64(start + low))
    return low + np.int64(bits % np.uint64(high - low))


@njit(types.void(types.uint64[::1], IMAGE, types.uint64, types.int64, _PAIRS), **_FAST)
def draw_keys(words: Words, how: Any, key: Any, start: int, out: Pairs) -> None:
    """A sample of numbers: as many as fit into out, at most all of them. start : of the first."""
    for one in range(out.size):
        row = drawn(one, out.size, key, start, words.size)
        out[one] = pair(image(words[row], how), np.uint64(start + row))


@njit(types.void(types.uint32[::1], types.uint64, types.int64, _PAIRS), **_FAST)
def draw_records(words: NDArray[np.uint32], key: Any, start: int, out: Pairs) -> None:
    """The same of records."""
    rows = words.size // RECORD_WORDS
    for one in range(out.size):
        row = drawn(one, out.size, key, start, rows)
        out[one] = key_of(words, np.uint64(row), np.uint64(start + row))
