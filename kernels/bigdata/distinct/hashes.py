"""Rows as hashes: equal values, and no others, have the same.

The hash is a bijection of the 64 bits of a value (`kernels._support.hashing.mix`). A float is
brought to one form first: -0.0 equals +0.0, and all NaN are one value.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.hashing import mix

Hashes = NDArray[np.uint64]
READY, INTEGER, REAL = range(3)
"""What 64-bit words are: hashes already, an int64, a float64."""
BLOCK: Final = 512
"""Rows hashed together: their hashes stay in the cache of level 1."""
_ONE, _ZERO = np.uint64(1), np.uint64(0)
_INFINITY_2 = np.uint64(0x7FF0000000000000 << 1)
_NAN = np.uint64(0x7FF8000000000000)


@njit("u8(u8)", cache=True, error_model="numpy")
def one_form(bits: Any) -> Any:
    """The bits of a float64 that stands for all floats that count as equal to it."""
    shifted = bits << _ONE  # without the sign
    if shifted == _ZERO:
        return _ZERO
    return _NAN if shifted > _INFINITY_2 else bits


@njit("void(u8[::1], i8, u8[::1])", cache=True, error_model="numpy")
def hash_block(words: Hashes, kind: int, out: Hashes) -> None:
    """out[i] = hash of words[i]; both (size,)."""
    if kind == INTEGER:
        for i in range(words.size):
            out[i] = mix(words[i])
    elif kind == REAL:
        for i in range(words.size):
            out[i] = mix(one_form(words[i]))
    else:
        for i in range(words.size):
            out[i] = words[i]


def kind_of(dtype: np.dtype[Any]) -> int:
    """What the 64-bit words of a column are."""
    return REAL if dtype.kind == "f" else INTEGER
