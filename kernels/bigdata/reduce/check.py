"""The results once more, by a slower way that shares nothing with the fast one but its limbs.

Every element is generated or read anew, chunk by chunk, and added alone, taken apart into the bits
of its float; a product is split by Veltkamp and Dekker's multiplication (Numer. Math. 18, 1971)
instead of a fused multiply-add, where it would over- or underflow that of the fractions; one of
integers into four products of halves. Minimum and maximum
compare numbers, and the root is the decimal library's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numba import njit, prange
from numpy.typing import NDArray

from kernels._support.blocks import Block
from kernels._support.dataset.column import Column
from kernels.bigdata.reduce.accumulator import (
    LOWEST,
    NAN,
    WORDS,
    Floats,
    Words,
    add_float,
    add_integer,
    carry,
    exact,
    not_finite,
    rounded,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

SPLITTER = 2.0**27 + 1.0
_SMALL, _LARGE = 2.0**-900, 2.0**900
"""Factors between these, and their products, are split as they are."""
_NORMAL = 2.0**-1022
CHUNK_ROWS: Final = 2**18
SUM, MAGNITUDES, SQUARES, PRODUCTS = range(4)
SUMS: Final = 4
HALF = 0xFFFFFFFF
_DIGITS: Final = 60
"""Decimal digits of a root before it is rounded."""


@njit("f8(f8, f8)", cache=True, error_model="numpy")
def error_of(x: float, y: float) -> float:
    """The rounding error of the product x y, exactly; nothing may over- or underflow."""
    x_high = SPLITTER * x - (SPLITTER * x - x)
    y_high = SPLITTER * y - (SPLITTER * y - y)
    x_low, y_low = x - x_high, y - y_high
    return x_low * y_low - (((x * y - x_high * y_high) - x_low * y_high) - x_high * y_low)


@njit("f8(f8, f8)", cache=True, error_model="numpy")
def error_of_extremes(x: float, y: float) -> float:
    """The float64 nearest to the rounding error of a finite product, whatever its size.

    Below the smallest normal number that error is at most half a unit of 2^-1074, which rounds to
    0.
    """
    if abs(x * y) < _NORMAL:
        return 0.0
    one, power = math.frexp(x)
    other, more = math.frexp(y)
    return math.ldexp(error_of(one, other), power + more)


@njit("b1(f8)", cache=True, error_model="numpy")
def is_ordinary(x: float) -> bool:
    """Neither so small nor so large that halves of it would leave the range of float64."""
    return _SMALL < abs(x) < _LARGE


@njit("void(i8[::1], f8, f8)", cache=True, error_model="numpy")
def add_product(limbs: Words, x: float, y: float) -> None:
    """Add to limbs: x y, as the float nearest to it and its error, if it is finite."""
    product = x * y
    add_float(limbs, product)
    if is_ordinary(x) and is_ordinary(y) and is_ordinary(product):
        add_float(limbs, error_of(x, y))
    elif math.isfinite(product):
        add_float(limbs, error_of_extremes(x, y))


@njit(
    "void(f8[::1], f8[::1], i8[:,:,::1], f8[:,::1])",
    parallel=True,
    cache=True,
    error_model="numpy",
)
def add_floats(x: Floats, y: Floats, words: NDArray[np.int64], ends: Floats) -> None:
    """words[t] += sums of x, |x|, x^2, x y of thread t: (threads, SUMS, WORDS).

    ends[t] = its minimum, and its maximum negated, if there is no NaN: (threads, 2).
    """
    threads = words.shape[0]
    for t in prange(threads):
        for i in range(x.size * t // threads, x.size * (t + 1) // threads):
            add_float(words[t, SUM], x[i])
            add_float(words[t, MAGNITUDES], abs(x[i]))
            add_product(words[t, SQUARES], x[i], x[i])
            add_product(words[t, PRODUCTS], x[i], y[i])
            ends[t, 0], ends[t, 1] = min(ends[t, 0], x[i]), min(ends[t, 1], -x[i])
        for j in range(SUMS):
            carry(words[t, j])


@njit("void(i8[::1], i8, i8)", cache=True, error_model="numpy")
def add_integer_product(limbs: Words, x: Any, y: Any) -> None:
    """Add to limbs: x y, of the products of their halves; the lower ones have no sign."""
    low, high = x & HALF, x >> 32
    for half, place in ((y & HALF, 0), (y >> 32, 32)):
        product = np.uint64(low) * np.uint64(abs(half))
        sign = -1 if half < 0 else 1
        add_integer(limbs, sign * np.int64(product & np.uint64(HALF)), place)
        add_integer(limbs, sign * np.int64(product >> np.uint64(32)), place + 32)
        add_integer(limbs, high * half, place + 32)


@njit("void(i8[::1], i8[::1], i8[:,:,::1])", parallel=True, cache=True, error_model="numpy")
def add_integers(x: Words, y: Words, words: NDArray[np.int64]) -> None:
    """As `add_floats`, without the ends."""
    threads = words.shape[0]
    for t in prange(threads):
        for i in range(x.size * t // threads, x.size * (t + 1) // threads):
            sign = -1 if x[i] < 0 else 1
            low, high = x[i] & HALF, x[i] >> 32
            add_integer(words[t, SUM], low, 0)
            add_integer(words[t, SUM], high, 32)
            add_integer(words[t, MAGNITUDES], sign * low, 0)
            add_integer(words[t, MAGNITUDES], sign * high, 32)
            add_integer_product(words[t, SQUARES], x[i], x[i])
            add_integer_product(words[t, PRODUCTS], x[i], y[i])
        for j in range(SUMS):
            carry(words[t, j])


def chunks(x: Column, y: Column, own: Block) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """The own rows of both columns, read anew: valid until the next."""
    buffers = [np.empty(min(CHUNK_ROWS, own.size), one.dtype) for one in (x, y)]
    for first in range(0, own.size, CHUNK_ROWS):
        rows = [one[: own.size - first] for one in buffers]
        for column, here in zip((x, y), rows, strict=True):
            column.read(own.start + first, here)
        yield rows[0], rows[1]


@dataclass(frozen=True)
class Totals:
    """Sums over all ranks, and the ends, which mean nothing if there is a NaN."""

    words: NDArray[np.int64]  # (SUMS, WORDS)
    low: float | int
    high: float | int
    rows: int

    def exact(self, which: int) -> int:
        """A sum in units of 2^-1074."""
        return exact(self.words[which])

    def nearest(self, which: int, numerator: int, denominator: int) -> float:
        """A fraction rounded; NaN or infinity if that sum has some."""
        special = not_finite(self.words[which])
        return rounded(numerator, denominator) if special is None else special


def totals(x: Column, y: Column, own: Block, rows: int, threads: int, comm: Intracomm) -> Totals:
    """Collective. rows : over all ranks."""
    words = np.zeros((threads, SUMS, WORDS), dtype=np.int64)
    ends = _integers if x.dtype.kind == "i" else _floats
    low, high = ends(x, y, own, words)
    whole = words.sum(axis=0)
    comm.Allreduce(MPI.IN_PLACE, whole, op=MPI.SUM)
    low, high = comm.allreduce(low, op=MPI.MIN), comm.allreduce(high, op=MPI.MAX)
    return Totals(whole, low, high, rows)


def _floats(x: Column, y: Column, own: Block, words: Words) -> tuple[float | int, float | int]:
    ends = np.full((len(words), 2), np.inf)
    for one, other in chunks(x, y, own):
        add_floats(one.astype(np.float64), other.astype(np.float64), words, ends)
    least = ends.min(axis=0)
    return float(least[0]), float(-least[1])


def _integers(x: Column, y: Column, own: Block, words: Words) -> tuple[float | int, float | int]:
    low, high = 2**63, -(2**63) - 1
    for one, other in chunks(x, y, own):
        add_integers(one, other, words)
        low, high = min(low, int(one.min())), max(high, int(one.max()))
    return low, high


def expected(found: Totals, *, integer: bool) -> dict[str, float | int]:
    """The results of all phases but the plain sum."""
    n, unit = found.rows, 1 << LOWEST
    x, squares = found.exact(SUM), found.exact(SQUARES)
    moment = n * squares * unit - x * x
    special = not_finite(found.words[SQUARES])
    if not_finite(found.words[SUM]) is not None:
        special = math.nan
    results: dict[str, float | int] = {
        "mean": found.nearest(SUM, x, n * unit),
        "variance": rounded(moment, (n * unit) ** 2) if special is None else special,
        "norm_2": _root(found),
    }
    sums = {"sum": SUM, "norm_1": MAGNITUDES, "dot": PRODUCTS}
    for name, which in sums.items():
        value = found.exact(which)
        results[name] = value // unit if integer else found.nearest(which, value, unit)
    if found.words[MAGNITUDES, NAN]:
        return results | dict.fromkeys(("min", "max", "norm_max"), math.nan)
    largest = max(abs(found.low), abs(found.high))
    return results | {"min": found.low, "max": found.high, "norm_max": largest}


def _root(found: Totals) -> float:
    """Square root of the sum of squares."""
    special = not_finite(found.words[SQUARES])
    if special is not None:
        return special
    with localcontext(prec=_DIGITS):
        return float((Decimal(found.exact(SQUARES)) / Decimal(1 << LOWEST)).sqrt())


def plain_error(got: float | int | None, found: Totals, *, integer: bool) -> float:
    """0 if a plain sum is within n eps sum |x| of the exact one, or for integers equal to it."""
    if got is None:
        return math.inf
    value = found.exact(SUM)
    if integer:
        return float((value // (1 << LOWEST) - int(got)) % 2**64 != 0)
    want = found.nearest(SUM, value, 1 << LOWEST)
    magnitude = found.nearest(MAGNITUDES, found.exact(MAGNITUDES), 1 << LOWEST)
    if not_finite(found.words[SUM]) is None and math.isinf(magnitude):
        return 0.0  # it may overflow on the way, to infinities of both signs
    if not math.isfinite(want):
        return relative_error(got, want)
    bound = found.rows * np.finfo(np.float64).eps * magnitude
    return 0.0 if abs(got - want) <= bound else math.inf


def relative_error(got: float | int | None, want: float | int) -> float:
    """0 if equal or both NaN, else a positive number; infinity where one of them is not finite."""
    if got is None:
        return math.inf
    if got == want or (math.isnan(got) and math.isnan(want)):
        return 0.0
    if not (math.isfinite(got) and math.isfinite(want)):
        return math.inf
    return max(float(abs(got - want) / abs(want or 1)), math.ulp(0.0))
