"""What a source of energy is: counters that are read twice, and what was used in between.

A module of this folder with ``meter(tree) -> Meter`` is a source; `sources` finds it. It raises
Unavailable, with the reason, where it cannot be read: energy is then null, never 0.
"""

from __future__ import annotations

import pkgutil
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Final, Literal

from harness.machine.tree import Tree, Unavailable

_UNITS_IN_A_READING: Final = 100
"""So many updates of a counter must lie in a window: it is then known to 2 %, at both ends."""


@dataclass(frozen=True)
class Counter:
    """A counter of energy.

    path : of the file that holds it, in uJ; range_uJ : after which it begins at 0 again; most_W :
    what can be drawn at most; name : what a message calls it.
    """

    name: str
    kind: Literal["package", "dram"]
    path: str
    range_uJ: int
    most_W: float


@dataclass(frozen=True)
class Reading:
    """All counters at one moment, uJ; at_s : of a monotonic clock."""

    at_s: float
    values_uJ: tuple[int, ...]


@dataclass(frozen=True)
class Used:
    """The energy of a node in a window, J. dram_J : None where the memory is not counted apart."""

    window_s: float
    package_J: float
    dram_J: float | None


@dataclass(frozen=True)
class Meter:
    """The counters of a node. update_s : how often they are renewed."""

    source: str
    counters: tuple[Counter, ...]
    update_s: float
    root: Path = field(default=Path("/"))

    def read(self) -> Reading:
        """What they show now; Unavailable if one of them cannot be read any more."""
        tree = Tree(self.root)  # a tree reads a file once
        values = tuple(tree.integer(one.path) for one in self.counters)
        return Reading(time.monotonic(), values)

    def used(self, begin: Reading, end: Reading) -> Used:
        """What was used between two readings.

        Unavailable if the window is so short that a counter was hardly renewed in it, or so long
        that it may have passed its range more than once: then nobody knows how often.
        """
        window_s = end.at_s - begin.at_s
        least_s = _UNITS_IN_A_READING * self.update_s
        if window_s < least_s:
            raise Unavailable(f"repetitions are shorter than {least_s:g} s")
        spent: dict[str, float] = {}
        for one, first, last in zip(self.counters, begin.values_uJ, end.values_uJ, strict=True):
            if window_s * one.most_W >= 1e-6 * one.range_uJ:
                raise Unavailable(f"{one.name} may have wrapped more than once in {window_s:.0f} s")
            spent[one.kind] = spent.get(one.kind, 0.0) + 1e-6 * ((last - first) % one.range_uJ)
        return Used(window_s, spent["package"], spent.get("dram"))


def sources() -> list[str]:
    """Names of the sources, by listing."""
    folder = Path(__file__).parent
    names = (one.name for one in pkgutil.iter_modules([str(folder)]))
    return [name for name in names if name != "contract"]


def meter(root: Path = Path("/")) -> Meter:
    """The first source that can be read; Unavailable, with the reasons of all, if none can."""
    reasons = []
    for name in sources():
        try:
            found = import_module(f"harness.machine.energy.{name}").meter(Tree(root))
            assert isinstance(found, Meter)  # noqa: S101 - for the type checker
            found.read()
        except Unavailable as why:
            reasons.append(f"{name}: {why}")
        else:
            return found
    raise Unavailable("; ".join(reasons))
