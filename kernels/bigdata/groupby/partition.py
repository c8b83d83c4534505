"""Which partition a key belongs to, and so which rank.

A partition is taken from the upper half of the hash of the key, and its place in a table from the
lower end, so that the keys of one partition still spread over a table. (One folded product instead
of the two multiplications of that hash splits rows a sixth faster, but puts up to twice as many
keys that are a multiple of a power of two apart into some partitions as into others.)
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.hashing import mix, part_of


@njit("void(i8[::1], i8, i8[::1])", cache=True, error_model="numpy")
def parts_of(keys: NDArray[np.int64], parts: int, out: NDArray[np.int64]) -> None:
    """out[i] = partition of keys[i]."""
    for i in range(keys.size):
        out[i] = part_of(mix(np.uint64(keys[i])), parts)
