"""splitmix64: 64 random bits of a seed and an index, with no state to carry along.

Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014. Whoever owns row i
computes the same bits, in integer arithmetic, the same on every machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


@njit("u8(u8, u8)", cache=True, error_model="numpy")
def random_bits(key: Any, i: Any) -> Any:
    """Element i of the splitmix64 sequence that starts at key."""
    z = key + (i + np.uint64(1)) * GOLDEN
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))


def stream_key(seed: int, stream: int) -> np.uint64:
    """The key of one of several independent sequences of a seed. stream : 0 to 15."""
    return np.uint64(random_bits(np.uint64(0), np.uint64(16 * seed + stream)))
