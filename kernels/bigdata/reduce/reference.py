"""The data and the reductions in NumPy and the standard library's exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGITS = {"float64": 53, "float32": 24}


def random_bits(key: int, i: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Elements i of the splitmix64 sequence that starts at key."""
    with np.errstate(over="ignore"):
        z = np.uint64(key) + (i + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(key: int, n: int, dtype: str) -> NDArray[Any]:
    """(n,): elements 0 to n - 1 of the uniform distribution."""
    bits = random_bits(key, np.arange(n, dtype=np.uint64))
    if dtype == "int64":
        return (bits >> np.uint64(32)).astype(np.int64) - 2**31
    digits = DIGITS[dtype]
    values = (bits >> np.uint64(64 - digits)).astype(np.float64) * 2.0**-digits
    return values.astype(dtype)


def reductions(x: NDArray[Any], y: NDArray[Any]) -> dict[str, float | int]:
    """Every phase's result: exact fractions, rounded once. Finite elements only."""
    xs, ys = [Fraction(one.item()) for one in x], [Fraction(one.item()) for one in y]
    n, total, squares = len(xs), sum(xs), sum(one * one for one in xs)
    dot = sum((a * b for a, b in zip(xs, ys, strict=True)), Fraction(0))
    kind = int if x.dtype.kind == "i" else float
    return {
        "sum": kind(total) if kind is int else math.fsum(x.tolist()),
        "min": kind(min(xs)),
        "max": kind(max(xs)),
        "mean": float(total / n),
        "variance": float(squares / n - (total / n) ** 2),
        "dot": kind(dot),
    }
