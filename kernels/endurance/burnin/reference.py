"""What a burn-in computes, the obvious way: integers of Python, one word at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALL = 2**64 - 1


def random_bits(key: int, i: int) -> int:
    """Element i of the splitmix64 sequence of a key."""
    z = (key + (i + 1) * 0x9E3779B97F4A7C15) & _ALL
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _ALL
    z = (z ^ z >> 27) * 0x94D049BB133111EB & _ALL
    return z ^ z >> 31


def integers(key: int, count: int, bits: int) -> list[int]:
    """Random integers from -2^bits to 2^bits - 1."""
    return [(random_bits(key, i) >> 63 - bits) - 2**bits for i in range(count)]


def product(n: int, a: list[int], b: list[int]) -> list[list[int]]:
    """[column][row] of the product of two n x n matrices of integers, given by columns."""
    return [
        [sum(a[k * n + i] * b[j * n + k] for k in range(n)) for i in range(n)] for j in range(n)
    ]


def transform(x: NDArray[Any]) -> NDArray[Any]:
    """The Fourier transform of (2, n) parts, by its definition, as (2, n) parts."""
    n = x.shape[1]
    k = np.arange(n)
    y = np.exp(-2j * np.pi * (np.outer(k, k) % n) / n) @ (x[0] + 1j * x[1])
    return np.array([y.real, y.imag])


def pattern(kind: str, key: int, count: int, *, flipped: bool = False) -> list[int]:
    """The words of a pattern: "constant", "walking", "address" or "random"."""

    def word(i: int) -> int:
        if kind == "walking":
            return 1 << (i + key) % 64
        if kind == "address":
            return key + 8 * i & _ALL
        return random_bits(key, i) if kind == "random" else key

    return [word(i) ^ (_ALL if flipped else 0) for i in range(count)]
