"""Counting different values with NumPy, and the registers of HyperLogLog bit by bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def one_form(values: NDArray[Any]) -> NDArray[Any]:
    """Floats of which equal ones have equal bits: no -0.0, one NaN; integers as they are."""
    if values.dtype.kind == "f":
        return np.where(np.isnan(values), np.nan, values + 0.0)
    return values


def distinct(values: NDArray[Any]) -> int:
    """How many different values there are; all NaN are one."""
    return int(np.unique(values, equal_nan=values.dtype.kind == "f").size)


def hashes(values: NDArray[Any]) -> NDArray[np.uint64]:
    """The hash of each value in its one form: the last mixing step of MurmurHash3."""
    x = values.view(np.uint64)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        x = (x ^ (x >> np.uint64(33))) * np.uint64(factor)
    return x ^ (x >> np.uint64(33))


def registers_of(hashed: NDArray[np.uint64], precision: int) -> NDArray[np.uint8]:
    """(2^p,): the largest place of the first 1 behind the first p bits, or 65 - p without any."""
    rest = hashed << np.uint64(precision)
    high, low = rest >> np.uint64(32), rest & np.uint64(0xFFFFFFFF)
    # frexp(x) of an integer x gives how many bits it has, exactly below 2^53.
    bits = np.where(high > 0, 32 + np.frexp(high)[1], np.frexp(low)[1])
    places = np.minimum(65 - bits, 65 - precision)
    registers = np.zeros(2**precision, np.uint8)
    chosen = (hashed >> np.uint64(64 - precision)).astype(np.int64)
    np.maximum.at(registers, chosen, places.astype(np.uint8))
    return registers
