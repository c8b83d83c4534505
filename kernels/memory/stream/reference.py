"""STREAM with one number, or one NumPy array, in the place of each array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

START = (1.0, 2.0, 0.0)
"""Initial value of every element of a, b, c."""


def step(phase: str, a: Any, b: Any, c: Any, scalar: float) -> tuple[Any, Any, Any]:
    """a, b, c after one phase; numbers and arrays alike. The dot product changes none of them."""
    if phase == "dot":
        return a, b, c
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


def replay_dot(calls: Sequence[str], scalar: float) -> float:
    """The term a b of the last dot product among these phases, 0 if there is none."""
    if "dot" not in calls:
        return 0.0
    last = len(calls) - 1 - calls[::-1].index("dot")
    a, b, _ = replay(calls[:last], scalar)
    return a * b
