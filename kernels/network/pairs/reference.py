"""What a message holds, byte by byte: the obvious version."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MASK = 2**64 - 1


def message(size: int, sender: int, stamp: int) -> NDArray[np.uint8]:
    """(size,): the bytes that a rank sends.

    Each 8 B word is a hash of its place, the size and the sender, in little-endian order; every
    byte of it is changed by the stamp.
    """
    content = b"".join(
        word(i, size, sender, stamp).to_bytes(8, "little") for i in range(-(-size // 8))
    )
    return np.frombuffer(content[:size], dtype=np.uint8)


def word(i: int, size: int, sender: int, stamp: int) -> int:
    """The i-th word of a message."""
    mixed = (i + size * 0x9E3779B97F4A7C15 + sender * 0xC2B2AE3D27D4EB4F) & _MASK
    mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9 & _MASK
    mixed ^= mixed >> 32
    return mixed ^ (stamp % 256) * 0x0101010101010101
