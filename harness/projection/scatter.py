"""From the sustained parts of similar systems to a typical one, and intervals around it.

Similar are systems of the same generation of processors whose nodes are joined by the same class of
network (Ethernet, or what is built for MPI). Where there are enough of them for a level, 2 / (1 -
level), which is 10 for 80 % and 40 for 95 %, the interval holds the middle of their own scatter, so
many ranks on either side that a further system of the group is inside with the stated probability
(order statistics: of n exchangeable values, the next one is below the k-th smallest with
probability k / (n + 1)). A smaller group keeps its median, and has the scatter of all groups about
their medians. What is stated is true over all groups together, not for each of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from harness.projection.evidence import Sustained

LEVELS: Final = (0.80, 0.95)
FEWEST: Final = 3
"""Systems from which on a group has a median of its own."""


@dataclass(frozen=True)
class Typical:
    """The part of the peak that similar nodes sustain.

    own, pooled : sorted factors, of single systems of the group to the part, and, where those are
    few, of all systems to the parts of their groups; basis : in words, whose median it is; kin : of
    the group that was asked for, not of all there are.
    """

    part: float
    own: tuple[float, ...]
    pooled: tuple[float, ...]
    basis: str
    kin: bool

    def factors(self, level: float) -> tuple[float, ...]:
        """Those of its own, if they are enough for the level."""
        enough = len(self.own) >= _enough(level)
        return self.own if enough or not self.pooled else self.pooled

    def interval(self, level: float) -> tuple[float, float]:
        """The two factors between which a further system is with this probability."""
        found = self.factors(level)
        n = len(found)
        k = max(1, math.floor((n + 1) * (1.0 - level) / 2.0))
        return found[k - 1], found[n - k]

    @property
    def scatter(self) -> str:
        """Whose scatter the narrowest interval shows, in words."""
        if self.factors(LEVELS[0]) is self.own:
            return f"the {len(self.own)}"
        return f"{len(self.pooled)}, each about the median of its generation"


def _enough(level: float) -> int:
    """Systems from which on order statistics reach a level: 1 / (n + 1) is outside on each side."""
    return round(2.0 / (1.0 - level))


def typical(
    evidence: Sequence[Sustained], group: str | None, *, ethernet: bool, without: str = ""
) -> Typical:
    """What is known of a group; group None: of processors that nobody names.

    without : a site whose systems are left out, in order to be predicted.
    """
    known = [one for one in evidence if one.run.site != without and one.run.ethernet == ethernet]
    wires = "Ethernet" if ethernet else "networks for MPI"
    mine = [one for one in known if one.run.group == group]
    kin = len(mine) >= FEWEST
    parts = [one.part for one in (mine if kin else known)]
    middle = median(parts)
    own = tuple(sorted(part / middle for part in parts))
    whose = f"systems with {group}, {wires}" if kin else f"systems with {wires}"
    basis = f"{len(parts)} {whose}" if kin else f"all {len(parts)} {whose}"
    borrows = kin and len(own) < _enough(max(LEVELS))
    pooled = tuple(sorted(_about_their_medians(known))) if borrows else ()
    return Typical(middle, own, pooled, basis, kin)


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
