"""A hash of 64-bit integers: mixed so well that any of its bits choose ranks, partitions, slots.

The mixing step of MurmurHash3 (A. Appleby, fmix64, public domain). It is a bijection: different
values have different hashes, so that a table of hashes is a table of values. Its constants are not
those of splitmix64: data of that generator hashed by its own mixing step would be no test of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_SHIFT = np.uint64(33)
_FIRST = np.uint64(0xFF51AFD7ED558CCD)
_SECOND = np.uint64(0xC4CEB9FE1A85EC53)
_HALF = np.uint64(32)
_OWNER_SHIFT, _OWNER_BITS = np.uint64(32), np.uint64(24)
_OWNER_MASK = np.uint64(2**24 - 1)


@njit("u8(u8)", cache=True, error_model="numpy")
def mix(x: Any) -> Any:
    """The hash of a 64-bit integer; that of 0 is 0. Loops over it become vector code."""
    x ^= x >> _SHIFT
    x *= _FIRST
    x ^= x >> _SHIFT
    x *= _SECOND
    return x ^ (x >> _SHIFT)


@njit("u8(u8, i8)", cache=True, error_model="numpy")
def part_of(hashed: Any, parts: int) -> Any:
    """The part, of at most 2^32, that a hash belongs to, by its upper half; no division.

    A table takes slots from the lower end: the hashes of a part still spread over it.
    """
    return ((hashed >> _HALF) * np.uint64(parts)) >> _HALF


@njit("i8(u8, i8)", cache=True, error_model="numpy")
def owner(hashed: Any, parts: int) -> int:
    """The part, of at most 2^24, that a hash belongs to, by its bits 32 to 55.

    The bits below are left for slots of a table, the 8 above for partitions.
    """
    chosen = (hashed >> _OWNER_SHIFT) & _OWNER_MASK
    return np.int64((chosen * np.uint64(parts)) >> _OWNER_BITS)  # type: ignore[return-value]
