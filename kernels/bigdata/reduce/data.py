"""The data: element i is a function of the seed and of i alone, whoever owns it.

splitmix64 (Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014) of
the element's index gives 64 random bits; no transcendental function is used, so that the values
have the same bits everywhere.

uniform     float64, float32: multiples of 2^-53, 2^-24 in [0, 1); int64: [-2^31, 2^31)
cancelling  elements i and n - 1 - i cancel but for the lower half of their digits; their
            magnitudes spread over 128 binades (int64: 2^15 .. 2^31). The sum is what is left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from kernels._support.blocks import Block
from kernels._support.splitmix import random_bits

DIGITS = {"float64": 53, "float32": 24, "int64": 0}
"""Significant bits of a data type; 0 stands for integers."""


@njit("f8(u8, i8)", cache=True, error_model="numpy")
def uniform(bits: int, digits: int) -> float:
    """A float in [0, 1), or an integer in [-2^31, 2^31), from 64 random bits."""
    if digits == 0:
        return np.int64(bits >> np.uint64(32)) - 2.0**31
    return math.ldexp(float(bits >> np.uint64(64 - digits)), -digits)


@njit("f8(u8, i8, b1)", cache=True, error_model="numpy")
def cancelling(bits: int, digits: int, mirrored: bool) -> float:
    """A number of random sign and magnitude; mirrored: its negative without its lower digits."""
    low: Any = np.int64(bits & np.uint64(0xFF))
    sign = 1.0 if low < 128 else -1.0
    if digits == 0:
        whole = np.int64(bits >> np.uint64(33)) >> (low & 15)
        return sign * (-float(whole & ~np.int64(0xFF)) if mirrored else float(whole))
    whole = np.int64(bits >> np.uint64(64 - digits)) | (np.int64(1) << (digits - 1))
    if mirrored:
        whole = -((whole >> (digits // 2)) << (digits // 2))
    return math.ldexp(sign * float(whole), (low & 127) - 64 - (digits - 1))


@njit("f8(u8, i8, i8, i8, b1)", cache=True, error_model="numpy")
def element(key: Any, i: int, n: int, digits: int, cancels: bool) -> float:
    """Element i of n, exactly representable in the data type."""
    if not cancels:
        return uniform(random_bits(key, np.uint64(i)), digits)
    mirror = min(i, n - 1 - i)
    return cancelling(random_bits(key, np.uint64(mirror)), digits, mirror != i)


@dataclass(frozen=True)
class Elements:
    """Which elements a rank owns, and how they are generated."""

    keys: tuple[np.uint64, np.uint64]  # of x and y
    start: int
    size: int
    n: int  # over all ranks
    digits: int
    cancels: bool


def elements(own: Block, n: int, dtype: str, distribution: str, seed: int) -> Elements:
    """The elements of a block of n."""
    x, y = (np.uint64(random_bits(np.uint64(0), np.uint64(2 * seed + i))) for i in (0, 1))
    return Elements((x, y), own.start, own.size, n, DIGITS[dtype], distribution == "cancelling")


_SIGNATURES = [f"void({kind}[::1], u8, i8, i8, i8, b1, i8)" for kind in ("f8", "f4", "i8")]


@njit(_SIGNATURES, parallel=True, cache=True, error_model="numpy")
def fill(
    out: NDArray[Any], key: Any, start: int, n: int, digits: int, cancels: bool, threads: int
) -> None:
    """out[j] = element start + j of n; the first touch, in the static split of the reductions."""
    for t in prange(threads):
        for j in range(out.size * t // threads, out.size * (t + 1) // threads):
            out[j] = element(key, start + j, n, digits, cancels)
