"""How well a kernel uses more ranks: speed-up and efficiency, launch by launch beside the base.

With r times the ranks, a rate should be r times as high, whether the work stays the same (strong
scaling: Amdahl 1967) or grows as they do (weak: Gustafson 1988). So should 1 / time of the same
work; the time of r times the work should stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.judge.ratio import ratio
from harness.measure.interval import Interval
from harness.plan.case import Kind


@dataclass(frozen=True)
class Scaled:
    """The median speed-up, and the efficiency with its interval."""

    speedup: float
    efficiency: Interval


def scaled(
    member: Sequence[float], base: Sequence[float], better: str, kind: Kind, factor: float
) -> Scaled | None:
    """A member of a series beside its base; None without a launch of both.

    member, base : the primary metric, one value a launch; factor : how many times the ranks.
    """
    found = ratio(member, base, better)
    if found is None:
        return None
    ideal = 1.0 if kind == "weak" and better == "lower" else factor
    efficiency = replace(
        found, median=found.median / ideal, low=found.low / ideal, high=found.high / ideal
    )
    return Scaled(found.median, efficiency)
