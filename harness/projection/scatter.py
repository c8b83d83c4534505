"""From the sustained parts of similar systems to a typical one, and intervals around it.

Similar are systems of the same generation of processors whose nodes are joined by the same class of
network (Ethernet, or what is built for MPI). With OWN of them or more, the interval holds the
middle of their own scatter, so many ranks on either side that a further system of the group is
inside with the stated probability (order statistics: of n exchangeable values, the next one is
below the k-th smallest with probability k / (n + 1)). A smaller group keeps its median, and has the
scatter of all groups about their medians.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from harness.projection.evidence import Sustained

LEVELS: Final = (0.80, 0.95)
OWN: Final = 40
"""Systems from which on a group has a scatter of its own: 2 / 0.05, the least for 95 %."""
FEWEST: Final = 3
"""Systems from which on a group has a median of its own."""


@dataclass(frozen=True)
class Typical:
    """The part of the peak that similar nodes sustain. factors : sorted, of single systems to it.

    basis : in words, whose median it is; systems : how many of them; scatter : whose factors.
    """

    part: float
    factors: tuple[float, ...]
    basis: str
    systems: int
    scatter: str

    def interval(self, level: float) -> tuple[float, float]:
        """The two factors between which a further system is with this probability."""
        n = len(self.factors)
        k = max(1, math.floor((n + 1) * (1.0 - level) / 2.0))
        return self.factors[k - 1], self.factors[n - k]


def typical(
    evidence: Sequence[Sustained], group: str | None, *, ethernet: bool, without: str = ""
) -> Typical:
    """What is known of a group; group None: of processors that nobody names.

    without : a site whose systems are left out, in order to be predicted.
    """
    known = [one for one in evidence if one.run.site != without and one.run.ethernet == ethernet]
    kin = "Ethernet" if ethernet else "networks for MPI"
    mine = [one for one in known if one.run.group == group]
    if len(mine) < FEWEST:
        parts = [one.part for one in known]
        basis = f"all {len(parts)} systems with {kin}"
        return _made(median(parts), parts, basis, len(parts), basis)
    middle = median(one.part for one in mine)
    basis = f"{len(mine)} systems with {group}, {kin}"
    if len(mine) >= OWN:
        return _made(middle, [one.part for one in mine], basis, len(mine), basis)
    pooled = _about_their_medians(known)
    scatter = f"{len(pooled)} systems with {kin}, each about the median of its generation"
    factors = tuple(sorted(pooled))
    return Typical(middle, factors, basis, len(mine), scatter)


def _made(middle: float, parts: Iterable[float], basis: str, systems: int, scatter: str) -> Typical:
    return Typical(middle, tuple(sorted(part / middle for part in parts)), basis, systems, scatter)


def _about_their_medians(known: Sequence[Sustained]) -> list[float]:
    """Each system's part / the median of the others of its group, in groups of FEWEST + 1."""
    groups: dict[str, list[Sustained]] = {}
    for one in known:
        groups.setdefault(one.run.group, []).append(one)
    found = []
    for members in groups.values():
        for one in members:
            others = [other.part for other in members if other.run.site != one.run.site]
            if len(others) >= FEWEST:
                found.append(one.part / median(others))
    return found
