"""Two sides measured in turns: the median of their ratios, launch by launch, with its interval.

What disturbs a machine for minutes disturbs both launches of a pair; in their ratio it cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from harness.measure.interval import Interval, median_interval

Verdict = Literal["faster", "slower", "undecided"]
LEAST_LEVEL: Final = 0.9
"""Coverage that an interval needs to decide: five pairs have 0.9375, four 0.875."""


def ratio(first: Sequence[float], second: Sequence[float], better: str) -> Interval | None:
    """The median ratio of the pairs, above 1 where ``first`` is better; None without a pair.

    first, second : one value a launch, in the order of the launches; what has no partner is left.
    """
    pairs = zip(first, second, strict=False)
    ratios = [one / other if better == "higher" else other / one for one, other in pairs]
    return median_interval(ratios) if ratios else None


def verdict(found: Interval) -> Verdict:
    """Whether the interval excludes 1, if it covers enough to say so."""
    if found.level >= LEAST_LEVEL and found.low > 1.0:
        return "faster"
    if found.level >= LEAST_LEVEL and found.high < 1.0:
        return "slower"
    return "undecided"
