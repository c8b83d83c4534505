"""The answer once more, from rows that are read or generated anew, by sums instead of tables.

Every key belongs to a class, by a hash that the fast path does not know. Counts, sums, minimum and
maximum of the values of each class are formed from all rows, in chunks, and from all results; they
must be the same numbers. With few keys that is nearly one class a key. The set of keys is compared
bit by bit: generated keys have a bit each, others share some 2^26. A key that a rank does not own,
or that it has twice, is found by the formula of the owner and by sorting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numba import njit
from numpy.typing import NDArray

from kernels._support.splitmix import random_bits
from kernels.bigdata.groupby.anew import results_of, rows_anew
from kernels.bigdata.groupby.parted import Words
from kernels.bigdata.groupby.table import ALL, COUNT, HIGH, KEY, LEAST, LOW, MOST

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.groupby.cpu import State

MOST_CLASSES: Final = 2**18
CLASSES_WITHIN_LIMIT: Final = 2**14
MOST_OWN_BITS: Final = 2**28
"""With a limit, a bit for each of its bytes: both sets of bits take a quarter of it."""
SHARED_BITS: Final = 2**26
"""For keys of an input, which may be any integers."""
_OF_CLASSES, _OF_BITS = np.uint64(0x5851F42D4C957F2D), np.uint64(0x14057B7EF767814F)
_HALF = 32
_MASK = 0xFFFFFFFF


@njit("i8(i8, i8, b1)", cache=True, error_model="numpy")
def place(key: int, size: int, own: bool) -> Any:
    """The bit of a key, among ``size``: one of its own, or one that it may share."""
    if own:
        return min(max(key, 0), size - 1)
    return random_bits(_OF_BITS, np.uint64(key)) % np.uint64(size)


@njit("void(i8[::1], i8[::1], i8[:,::1], u1[::1], i8, b1)", cache=True, error_model="numpy")
def add_rows(
    keys: Words, values: Words, classes: Words, seen: NDArray[np.uint8], size: int, own: bool
) -> None:
    """Count rows in their classes, a table as of aggregates, and set the bits of their keys."""
    for i in range(keys.size):
        one = classes[random_bits(_OF_CLASSES, np.uint64(keys[i])) % np.uint64(len(classes))]
        one[COUNT] += 1
        one[LOW] += values[i] & _MASK
        one[HIGH] += values[i] >> _HALF
        one[LEAST] = min(one[LEAST], values[i])
        one[MOST] = max(one[MOST], values[i])
        bit = place(keys[i], size, own)
        seen[bit >> 3] |= np.uint8(1 << (bit & 7))


@njit("void(i8[:,::1], i8[:,::1], u1[::1], i8, b1)", cache=True, error_model="numpy")
def add_results(
    results: Words, classes: Words, seen: NDArray[np.uint8], size: int, own: bool
) -> None:
    """The same with aggregates."""
    for i in range(len(results)):
        one = classes[
            random_bits(_OF_CLASSES, np.uint64(results[i, KEY])) % np.uint64(len(classes))
        ]
        one[COUNT] += results[i, COUNT]
        one[LOW] += results[i, LOW]
        one[HIGH] += results[i, HIGH]
        if results.shape[1] == ALL:
            one[LEAST] = min(one[LEAST], results[i, LEAST])
            one[MOST] = max(one[MOST], results[i, MOST])
        bit = place(results[i, KEY], size, own)
        seen[bit >> 3] |= np.uint8(1 << (bit & 7))


class Classes:
    """Counts, sums and extremes of classes of keys, and the bits of the keys."""

    def __init__(self, classes: int, bits: int, own: bool) -> None:
        """Own : each key has a bit of its own."""
        self.table = np.zeros((classes, ALL), np.int64)
        self.table[:, LEAST], self.table[:, MOST] = np.iinfo("i8").max, np.iinfo("i8").min
        self.seen = np.zeros(-(-bits // 8), np.uint8)
        self._bits, self._own = bits, own

    def rows(self, keys: Words, values: Words) -> None:
        """Some more rows."""
        add_rows(keys, values, self.table, self.seen, self._bits, self._own)
        self._settle()

    def results(self, some: Words) -> None:
        """Some more results."""
        add_results(some, self.table, self.seen, self._bits, self._own)
        self._settle()

    def of_all(self, comm: Intracomm) -> None:
        """Make them those of all ranks together. Collective."""
        for words, how in (([COUNT, LOW, HIGH], MPI.SUM), ([LEAST], MPI.MIN), ([MOST], MPI.MAX)):
            some = np.ascontiguousarray(self.table[:, words])
            comm.Allreduce(MPI.IN_PLACE, some, op=how)
            self.table[:, words] = some
        comm.Allreduce(MPI.IN_PLACE, self.seen, op=MPI.BOR)
        self._settle()

    def _settle(self) -> None:
        self.table[:, HIGH] += self.table[:, LOW] >> _HALF
        self.table[:, LOW] &= _MASK


def mistakes(state: State, keys: int) -> int:
    """How many classes, keys and bits are wrong; 0 if all is well. Collective.

    keys : generated ones lie in [0, keys); 0 if they may be anything.
    """
    state.give_back()
    classes, bits = MOST_CLASSES, MOST_OWN_BITS
    if state.limit is not None:
        classes, bits = CLASSES_WITHIN_LIMIT, min(bits, state.limit.budget_B)
    own = 0 < keys <= bits
    sizes = (min(classes, 4 * (keys or classes)), keys if own else min(bits, SHARED_BITS), own)
    wanted, found = Classes(*sizes), Classes(*sizes)
    for rows in rows_anew(state.data, generated=keys > 0):
        wanted.rows(*rows)
    wrong = size = 0
    for results, misplaced in results_of(state, generated=keys > 0):
        found.results(results)
        wrong += misplaced + int(np.sum(results[:, COUNT] < 1))
        size += len(results)
    for sums in (wanted, found):
        sums.of_all(state.comm)
    wrong = state.comm.allreduce(wrong) + _differences(wanted, found, state.width)
    size = state.comm.allreduce(size)
    distinct = int(np.bitwise_count(wanted.seen).sum(dtype=np.int64))
    return int(wrong + (abs(distinct - size) if own else max(0, distinct - size)))


def _differences(wanted: Classes, found: Classes, width: int) -> int:
    """Classes whose sums or extremes differ, and bytes of bits."""
    unlike = (wanted.table != found.table)[:, LOW:width].any(axis=1)
    return int(unlike.sum() + (wanted.seen != found.seen).sum())
