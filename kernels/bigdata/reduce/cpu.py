"""The reductions: a Numba pass over the rank's elements, one small Allreduce, one rounding.

Sums are exact (see `accumulator`), minimum and maximum are those of integers in the order of the
floats: nothing depends on who owns which element. -0.0 counts as smaller than +0.0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from mpi4py import MPI
from numba import get_num_threads, njit, prange
from numpy.typing import NDArray

from kernels._support.memory import aligned
from kernels.bigdata.reduce import check
from kernels.bigdata.reduce.accumulator import (
    CHUNK,
    LOWEST,
    WORDS,
    Floats,
    Words,
    add_chunk,
    add_integer,
    add_products,
    carry,
    exact,
    load,
    multiply,
    not_finite,
    rounded,
)
from kernels.bigdata.reduce.data import Elements, fill

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

UNIT = 1 << LOWEST
"""1 in units of the accumulator."""


@njit(
    [f"void({x}[::1], i8[:,::1], f8[:,:,::1])" for x in ("f8", "f4")],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def sum_floats(x: NDArray[Any], words: Words, scratch: NDArray[np.float64]) -> None:
    """words[t] = exact sum of the elements of thread t. words: (threads, WORDS)."""
    threads = words.shape[0]
    for t in prange(threads):
        words[t] = 0
        last = x.size * (t + 1) // threads
        for start in range(x.size * t // threads, last, CHUNK):
            part = x[start : min(start + CHUNK, last)]
            values = scratch[t, 0, : part.size]
            add_chunk(values, load(part, values), words[t])
        carry(words[t])


@njit(
    [f"void({x}[::1], {x}[::1], i8[:,::1], f8[:,:,::1])" for x in ("f8", "f4")],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def dot_floats(
    x: NDArray[Any], y: NDArray[Any], words: Words, scratch: NDArray[np.float64]
) -> None:
    """words[t] = exact sum of the products of thread t, each product as two floats."""
    threads = words.shape[0]
    for t in prange(threads):
        words[t] = 0
        last = x.size * (t + 1) // threads
        for start in range(x.size * t // threads, last, CHUNK):
            stop = min(start + CHUNK, last)
            part, other = x[start:stop], y[start:stop]
            products, errors = scratch[t, 0, : part.size], scratch[t, 1, : part.size]
            top = multiply(part, other, products, errors)
            add_products(products, errors, top, words[t])
        carry(words[t])


@njit("void(i8[::1], i8[:,::1])", parallel=True, cache=True, error_model="numpy")
def sum_integers(x: Words, words: Words) -> None:
    """The same for integers of at most 2^31: a chunk of them cannot overflow."""
    threads = words.shape[0]
    for t in prange(threads):
        words[t] = 0
        last = x.size * (t + 1) // threads
        for start in range(x.size * t // threads, last, CHUNK):
            part, total = x[start : min(start + CHUNK, last)], 0
            for i in range(part.size):
                total += part[i]
            add_integer(words[t], total, 0)
        carry(words[t])


@njit("void(i8[::1], i8[::1], i8[:,::1])", parallel=True, cache=True, error_model="numpy")
def dot_integers(x: Words, y: Words, words: Words) -> None:
    """Products of at most 2^62, summed in their lower and upper halves."""
    threads = words.shape[0]
    for t in prange(threads):
        words[t] = 0
        last = x.size * (t + 1) // threads
        for start in range(x.size * t // threads, last, CHUNK):
            stop = min(start + CHUNK, last)
            part, other, low, high = x[start:stop], y[start:stop], 0, 0
            for i in range(part.size):
                product = part[i] * other[i]
                low += product & 0xFFFFFFFF
                high += product >> 32
            add_integer(words[t], low, 0)
            add_integer(words[t], high, 32)
        carry(words[t])


@njit(
    [f"UniTuple(i8, 2)({word}[::1], i8, i8, i8)" for word in ("i8", "i4")],
    cache=True,
    error_model="numpy",
)
def smallest_key(bits: NDArray[Any], magnitude: int, sign: int, reverse: int) -> tuple[int, int]:
    """Smallest key, and largest magnitude as a negative number.

    The key of a float orders its bits as a signed integer: the magnitude of a negative one is
    inverted. magnitude : mask of the bits that are (0 for integers, which are their own keys);
    sign : number of the sign bit. reverse : -1 to take the keys in reverse order, else 0.
    """
    low: Any = np.iinfo(np.int64).max
    top: Any = 0
    for i in range(bits.size):
        word = np.int64(bits[i])
        low = min(low, word ^ ((word >> sign) & magnitude) ^ reverse)
        top = max(top, word & magnitude)
    return low, -top


@njit(
    [f"void({word}[::1], i8, i8, i8, i8[:,::1])" for word in ("i8", "i4")],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def extremes(bits: NDArray[Any], magnitude: int, sign: int, reverse: int, found: Words) -> None:
    """found[t] = `smallest_key` of the elements of thread t. found: (threads, 2)."""
    threads = found.shape[0]
    for t in prange(threads):
        part = bits[bits.size * t // threads : bits.size * (t + 1) // threads]
        found[t, 0], found[t, 1] = smallest_key(part, magnitude, sign, reverse)


@dataclass
class State:
    """The elements of one rank, and the results of the phases, the same on every rank."""

    x: NDArray[Any]  # (size,), float64, float32 or int64
    y: NDArray[Any]  # (size,), the other vector of dot
    own: Elements
    comm: Intracomm
    words: Words  # (threads, WORDS), one exact sum a thread
    scratch: Floats  # (threads, 2, CHUNK)
    results: dict[str, float | int] = field(default_factory=dict)

    @property
    def integer(self) -> bool:
        """The elements are integers."""
        return self.x.dtype.kind == "i"

    def sum(self) -> None:
        """Exact for integers, of any size; else the exact sum, rounded once."""
        self.results["sum"] = self._final(self._sum())

    def mean(self) -> None:
        """The exact sum over n, rounded once, as a float64."""
        words = self._sum()
        self.results["mean"] = _rounded(words, exact(words), self.own.n * UNIT)

    def dot(self) -> None:
        """Dot product x . y, as `sum`."""
        self.results["dot"] = self._final(self._dot(self.x, self.y))

    def variance(self) -> None:
        """(n sum x^2 - (sum x)^2) / n^2, both sums exact, rounded once: the population's."""
        words, squares = self._sum(), self._dot(self.x, self.x)
        square = exact(words) ** 2
        value = self.own.n * exact(squares) * UNIT - square
        self.results["variance"] = _rounded(words + squares, value, (self.own.n * UNIT) ** 2)

    def min(self) -> None:
        """Smallest element; NaN if there is a NaN."""
        self.results["min"] = self._extreme(downwards=False)

    def max(self) -> None:
        """Largest element; NaN if there is a NaN."""
        self.results["max"] = self._extreme(downwards=True)

    def _sum(self) -> Words:
        if self.integer:
            sum_integers(self.x, self.words)
        else:
            sum_floats(self.x, self.words, self.scratch)
        return self._total()

    def _dot(self, x: NDArray[Any], y: NDArray[Any]) -> Words:
        if self.integer:
            dot_integers(x, y, self.words)
        else:
            dot_floats(x, y, self.words, self.scratch)
        return self._total()

    def _total(self) -> Words:
        total: Words = self.words.sum(axis=0)
        self.comm.Allreduce(MPI.IN_PLACE, total, op=MPI.SUM)
        return total

    def _final(self, words: Words) -> float | int:
        return exact(words) // UNIT if self.integer else _rounded(words, exact(words), UNIT)

    def _extreme(self, *, downwards: bool) -> float | int:
        word = np.dtype(f"i{self.x.itemsize}")
        magnitude = 0 if self.integer else int(np.iinfo(word).max)
        found = np.empty((len(self.words), 2), dtype=np.int64)
        extremes(self.x.view(word), magnitude, 8 * word.itemsize - 1, -int(downwards), found)
        least = found.min(axis=0)
        self.comm.Allreduce(MPI.IN_PLACE, least, op=MPI.MIN)
        return _element(~least[:1] if downwards else least[:1], -least[1:], self.x.dtype)


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


def allocate(own: Elements, dtype: str, comm: Intracomm) -> State:
    """The arrays of one rank, filled, and one accumulator for each thread."""
    threads = get_num_threads()
    x, y = aligned(own.size, dtype), aligned(own.size, dtype)
    for array, key in zip((x, y), own.keys, strict=True):
        fill(array, key, own.start, own.n, own.digits, own.cancels, threads)
    return State(
        x=x,
        y=y,
        own=own,
        comm=comm,
        words=aligned((threads, WORDS), np.int64),
        scratch=aligned((threads, 2, CHUNK)),
    )


def worst_error(state: State) -> float:
    """Largest relative error of this rank's results; infinity if one is missing or NaN."""
    wanted = check.expected(state.own, len(state.words), state.integer, state.comm)
    return max(
        check.relative_error(state.results.get(name), value) for name, value in wanted.items()
    )
