"""What messages hold: words that depend on their place, the size, the sender and the repetition.

The obvious versions are in reference.py of the kernels.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Words = NDArray[np.uint64]
_SIZES: Final = np.uint64(0x9E3779B97F4A7C15)
_SENDERS: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_EACH_BYTE: Final = np.uint64(0x0101010101010101)


def of(size: int, sender: int, stamp: int) -> tuple[np.uint64, np.uint64]:
    """Key and change of a message: what `fill` and `differing` take.

    size : B; sender : a rank, or a pair of ranks; stamp : of the repetition, any integer.
    """
    with np.errstate(over="ignore"):
        key = np.uint64(size) * _SIZES + np.uint64(sender) * _SENDERS
    return key, np.uint64(stamp % 256) * _EACH_BYTE


@njit("u8(u8, u8, u8)", cache=True, error_model="numpy", inline="always")
def _word(i: np.uint64, key: np.uint64, change: np.uint64) -> np.uint64:
    mixed = i + key
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX
    return mixed ^ (mixed >> np.uint64(32)) ^ change


@njit("void(u8[::1], u8, u8)", cache=True, error_model="numpy")
def fill(words: Words, key: np.uint64, change: np.uint64) -> None:
    """Write a message, or several one behind another, the rest of cache lines included."""
    for i in range(words.size):
        words[i] = _word(np.uint64(i), key, change)


@njit("i8(u8[::1], i8, i8, u8, u8)", cache=True, error_model="numpy")
def differing(words: Words, first: int, size: int, key: np.uint64, change: np.uint64) -> int:
    """8 B words of a message of ``size`` B that are not what was sent; of the last only its bytes.

    words : from the place of the message on, which is word ``first`` of what `fill` wrote.
    """
    wrong = 0
    whole = size // 8
    for i in range(whole):
        wrong += words[i] != _word(np.uint64(first + i), key, change)
    rest = size - 8 * whole
    if rest > 0:
        kept = (np.uint64(1) << np.uint64(8 * rest)) - np.uint64(1)
        wrong += (
            (words[whole] ^ _word(np.uint64(first + whole), key, change)) & kept
        ) != np.uint64(0)
    return wrong
