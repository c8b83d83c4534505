"""What a call of the ladder leaves, in NumPy: the obvious version."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def elements(first: int, items: int) -> Array:
    """What is read from place ``first`` on: integers below 2^20, as float64."""
    places = np.arange(first, first + items, dtype=np.uint64)
    return ((places * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(44)).astype(np.float64)


def load(x: Array, passes: int) -> Array:
    """The bits of all elements, summed in so many passes, modulo 2^64: (1,) int64."""
    total: Array = x.view(np.int64).sum(keepdims=True)
    return passes * total


def store(items: int, value: float, passes: int) -> Array:
    """The last pass stores value + passes - 1."""
    return np.full(items, value + passes - 1)


def triad(x: Array, y: Array, scalar: float, passes: int) -> Array:
    """The last pass computes x + (scalar + passes - 1) y."""
    return x + (scalar + passes - 1) * y


def multiply_add(start: Array, steps: int, term: float) -> Array:
    """A chain of x <- 1 x + term, one step after the other."""
    x = start.copy()
    for _ in range(steps):
        x = x * 1 + term
    return x
