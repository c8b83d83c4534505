"""Generated rows: row i is a function of the seed and of i alone, whoever owns it.

    uniform   64 random bits of splitmix64
    zipf      1 + k with probability proportional to (1 + k)^-exponent, k < keys
    sorted    rising evenly from the least to the largest value; reversed: falling
    equal     one value
    nan       uniform, but one row of 64 is not a number (floats only)

A row is a *level* of 64 bits first, which spans the type: a full-range int64, a float64 in [0, 1),
a key in [0, keys). A Zipf row is its k, in every type. Its numbers come from W. Hoermann,
G. Derflinger, Rejection-inversion to generate variates from monotone discrete distributions,
ACM TOMACS 6 (1996), with the logarithm and exponential function of the C library: they are the same
on every machine with the same library.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit, prange, types
from numpy.typing import NDArray

from kernels._support.splitmix import random_bits, stream_key

DISTRIBUTIONS: Final = ("uniform", "zipf", "sorted", "reversed", "equal", "nan")
UNIFORM, ZIPF, SORTED, REVERSED, EQUAL, NAN = range(6)
NAN_EVERY = 64
"""One row of so many is not a number in the distribution nan."""
SIGN = np.uint64(1 << 63)
_PARALLEL: Final[Any] = {"parallel": True, "cache": True, "error_model": "numpy"}
_SEPARATE = np.uint64(0xD1B54A32D192ED03)
"""Keeps the draws of one row apart from those of its neighbours."""


class Law(NamedTuple):
    """How the rows of a column are generated: what compiled code must know.

    The last three belong to rejection-inversion: H(3/2) - 1, H(keys + 1/2), and the distance below
    which a candidate is taken at once; H is the integral of x^-exponent.
    """

    kind: int
    key: np.uint64
    rows: int
    keys: int
    exponent: float
    first: float
    last: float
    sure: float


LAW: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (types.int64, types.uint64, types.int64, types.int64) + (types.float64,) * 4, Law
)


@njit(types.float64(types.float64, types.float64), cache=True, error_model="numpy")
def integral(x: float, exponent: float) -> float:
    """H(x): the integral of t^-exponent from 1 to x."""
    log = math.log(x)
    rest = (1.0 - exponent) * log
    if abs(rest) < 1e-8:
        return log * (1.0 + rest / 2.0)
    return math.expm1(rest) / rest * log


@njit(types.float64(types.float64, types.float64), cache=True, error_model="numpy")
def inverse(y: float, exponent: float) -> float:
    """The x with H(x) = y."""
    rest = max(y * (1.0 - exponent), -1.0)
    if abs(rest) < 1e-8:
        return math.exp(y * (1.0 - rest / 2.0))
    return math.exp(math.log1p(rest) / rest * y)


@njit(types.int64(LAW, types.uint64), cache=True, error_model="numpy")
def zipf(law: Any, i: Any) -> Any:
    """The k of row i, 0 the most frequent."""
    key, draw = random_bits(law.key, i) ^ _SEPARATE, np.uint64(0)
    while True:
        unit = float(random_bits(key, draw) >> np.uint64(11)) * 2.0**-53
        draw += np.uint64(1)
        y = law.last + unit * (law.first - law.last)
        x = inverse(y, law.exponent)
        k = min(max(np.int64(x + 0.5), 1), law.keys)
        if k - x <= law.sure:
            return k - 1
        if y >= integral(k + 0.5, law.exponent) - math.exp(-law.exponent * math.log(float(k))):
            return k - 1


@njit(types.uint64(types.uint64, types.uint64), cache=True, error_model="numpy")
def scaled(level: Any, size: Any) -> Any:
    """floor(level size / 2^64): a level as an integer in [0, size)."""
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    middle = (level & low) * (size >> half) + (((level & low) * (size & low)) >> half)
    other = (level >> half) * (size & low) + (middle & low)
    return (level >> half) * (size >> half) + (middle >> half) + (other >> half)


@njit(types.uint64(LAW, types.uint64), cache=True, error_model="numpy")
def level(law: Any, i: Any) -> Any:
    """64 bits that span the type; of any distribution but zipf."""
    if law.kind in (SORTED, REVERSED):
        step = ~np.uint64(0) // np.uint64(law.rows)
        place = i if law.kind == SORTED else np.uint64(law.rows) - np.uint64(1) - i
        return place * step + step // np.uint64(2)
    if law.kind == EQUAL:
        return random_bits(law.key, np.uint64(0))
    return random_bits(law.key, i)


@njit(types.int64(LAW, types.uint64), cache=True, error_model="numpy")
def integer(law: Any, i: Any) -> Any:
    """Row i as an int64 of full range."""
    if law.kind == ZIPF:
        return zipf(law, i)
    return np.int64(level(law, i) ^ SIGN)


@njit(types.int64(LAW, types.uint64), cache=True, error_model="numpy")
def key(law: Any, i: Any) -> Any:
    """Row i as a key in [0, keys)."""
    if law.kind == ZIPF:
        return zipf(law, i)
    return np.int64(scaled(level(law, i), np.uint64(law.keys)))


@njit(types.float64(LAW, types.uint64), cache=True, error_model="numpy")
def real(law: Any, i: Any) -> Any:
    """Row i as a float64: a multiple of 2^-53 in [0, 1), the k of zipf, or NaN."""
    if law.kind == ZIPF:
        return float(zipf(law, i))
    bits = level(law, i)
    if law.kind == NAN and bits % np.uint64(NAN_EVERY) == np.uint64(0):
        return np.nan
    return float(bits >> np.uint64(11)) * 2.0**-53


@njit(types.void(types.int64[::1], LAW, types.int64, types.int64), **_PARALLEL)
def fill_integers(out: NDArray[np.int64], law: Law, start: int, threads: int) -> None:
    """out[j] = `integer` of row start + j; first touched in the static split over the threads."""
    for t in prange(threads):
        for j in range(out.size * t // threads, out.size * (t + 1) // threads):
            out[j] = integer(law, np.uint64(start + j))


@njit(types.void(types.int64[::1], LAW, types.int64, types.int64), **_PARALLEL)
def fill_keys(out: NDArray[np.int64], law: Law, start: int, threads: int) -> None:
    """out[j] = `key` of row start + j."""
    for t in prange(threads):
        for j in range(out.size * t // threads, out.size * (t + 1) // threads):
            out[j] = key(law, np.uint64(start + j))


@njit(types.void(types.float64[::1], LAW, types.int64, types.int64), **_PARALLEL)
def fill_floats(out: NDArray[np.float64], law: Law, start: int, threads: int) -> None:
    """out[j] = `real` of row start + j."""
    for t in prange(threads):
        for j in range(out.size * t // threads, out.size * (t + 1) // threads):
            out[j] = real(law, np.uint64(start + j))


def law(
    distribution: str,
    rows: int,
    *,
    keys: int = 2**62,
    exponent: float = 1.2,
    seed: int,
    stream: int,
) -> Law:
    """The law of a column. stream : columns of the same seed with different streams differ.

    keys : how many values zipf and `fill_keys` have.
    """
    first = last = sure = 0.0
    if distribution == "zipf":
        first = integral(1.5, exponent) - 1.0
        last = integral(keys + 0.5, exponent)
        sure = 2.0 - inverse(integral(2.5, exponent) - 2.0**-exponent, exponent)
    kind = DISTRIBUTIONS.index(distribution)
    return Law(kind, stream_key(seed, stream), rows, keys, exponent, first, last, sure)
