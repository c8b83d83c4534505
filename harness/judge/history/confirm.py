"""Whether new launches lie with a suspicious level, or with the old one.

A sign test about the middle between both levels: if at least four fifths of the launches lie beyond
it, the change is confirmed, if at most one fifth does, refuted. A suspicion is at least some three
standard deviations away, so that a launch of the old level lies beyond the middle with probability
0.07, and four of five do with 1e-4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

Verdict = Literal["confirmed", "refuted", "undecided"]
LEAST: Final = 3
"""Launches that decide at least."""


def judged(launches: Sequence[float], before: float, after: float) -> Verdict:
    """The verdict of launches on a change of the level from ``before`` to ``after``."""
    n = len(launches)
    middle = (before + after) / 2.0
    beyond = sum(one > middle if after > before else one < middle for one in launches)
    if n >= LEAST and beyond >= n - n // 5:
        return "confirmed"
    if n >= LEAST and beyond <= n // 5:
        return "refuted"
    return "undecided"
