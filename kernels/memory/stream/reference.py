"""STREAM with one number, or one NumPy array, in the place of each array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

START = (1.0, 2.0, 0.0)
"""Initial value of every element of a, b, c."""


def step(phase: str, a: Any, b: Any, c: Any, scalar: float) -> tuple[Any, Any, Any]:
    """a, b, c after one phase; numbers and arrays alike."""
    if phase == "copy":
        return a, b, a
    if phase == "scale":
        return a, scalar * c, c
    if phase == "add":
        return a, b, a + b
    return b + scalar * c, b, c


def replay(calls: Iterable[str], scalar: float) -> tuple[float, float, float]:
    """The value of every element of a, b, c after these phases."""
    a, b, c = START
    for phase in calls:
        a, b, c = step(phase, a, b, c, scalar)
    return a, b, c
