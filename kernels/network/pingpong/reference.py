"""What a message holds, byte by byte, and who has whom as a partner: the obvious version."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.network.pingpong import plan

_MASK = 2**64 - 1


def message(size: int, place: int, pair: int, stamp: int) -> NDArray[np.uint8]:
    """(size,): the bytes of the message in a place of its window.

    Each 8 B word is a hash of its place, the size and the pair, in little-endian order; every byte
    of it is changed by the stamp.
    """
    first = place * plan.slot_B(size) // 8
    words = [word(first + i, size, pair, stamp) for i in range(-(-size // 8))]
    content = b"".join(one.to_bytes(8, "little") for one in words)
    return np.frombuffer(content[:size], dtype=np.uint8)


def word(i: int, size: int, pair: int, stamp: int) -> int:
    """The i-th word of all the places of a size."""
    mixed = (i + size * 0x9E3779B97F4A7C15 + pair * 0xC2B2AE3D27D4EB4F) & _MASK
    mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9 & _MASK
    mixed ^= mixed >> 32
    return mixed ^ (stamp % 256) * 0x0101010101010101


def stamp(repetition: int, *, leads: bool) -> int:
    """What tells the directions apart, and a repetition from the one before."""
    return 2 * repetition + leads


def partner(rank: int, ranks: int, pairs: str) -> int | None:
    """The rank that a rank talks to, if any."""
    half = ranks // 2
    couples = {0: ranks - 1} if pairs == "one" else {i: i + half for i in range(half)}
    both = couples | {second: first for first, second in couples.items()}
    return both.get(rank)
