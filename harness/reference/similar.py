"""Systems like a given one: how good its efficiency is among them, and which are nearest.

Distance of two systems (no unit; 1 is about as far as a factor 2.7 of Rmax):

    d^2 = ln(Rmax / Rmax')^2 + ln(cores / cores')^2 / 4 + ((e - e') / 0.1)^2 + kind

with e = Rmax / Rpeak, and kind = 4 where one has accelerators and the other has not. A term whose
figures are not known on both sides is left out. Cores count a quarter: a core of a GPU, of a CPU of
today and of one of 1995 are not the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.reference import features, systems, top500
from harness.reference.top500 import Floats, List

OTHER_KIND: Final = 4.0
EFFICIENCY_STEP: Final = 0.1
LEAST: Final = 5
"""Systems that a group must have for a percentile to mean something."""
_ACCELERATED: Final = np.array([features.accelerated(i) for i in range(len(features.CHIPS))])


@dataclass(frozen=True)
class Machine:
    """What is known of the machine that is compared; None where nothing is.

    rmax, rpeak : flop/s; network : a name of features.NETWORKS.
    """

    rmax: float
    rpeak: float | None = None
    cores: float | None = None
    accelerated: bool | None = None
    network: str | None = None

    @property
    def efficiency(self) -> float | None:
        """Rmax / Rpeak."""
        return self.rmax / self.rpeak if self.rpeak else None


@dataclass(frozen=True)
class Group:
    """Rmax / Rpeak of the systems of a list that have something in common.

    quartiles : of the efficiency; below : the fraction of these systems that are less efficient
    than the machine, equal ones counted half; None if its efficiency is not known.
    """

    name: str
    systems: int
    quartiles: tuple[float, float, float]
    below: float | None


@dataclass(frozen=True)
class Near:
    """A system that is near; rmax, rpeak : flop/s; NaN where the list does not say.

    name : of a system that is known by name, '' for others.
    """

    distance: float
    list: List
    rank: int
    name: str

    def figure(self, column: str) -> float:
        """rmax, rpeak, cores, power or nmax of the list entry."""
        return float(getattr(self.list, column)[self.rank - 1])

    @property
    def chip(self) -> str:
        """A name of features.CHIPS."""
        return features.CHIPS[int(self.list.chip[self.rank - 1])]

    @property
    def network(self) -> str:
        """A name of features.NETWORKS."""
        return features.NETWORKS[int(self.list.network[self.rank - 1])]


def accelerated(of: List) -> NDArray[np.bool_]:
    """(places,) bool: whether a system of a list has accelerators."""
    made: NDArray[np.bool_] = _ACCELERATED[of.chip]
    return made


def efficiency(of: List) -> Floats:
    """(places,) float64 Rmax / Rpeak; NaN where that exceeds 1, which tells of a wrong peak."""
    values = of.rmax / of.rpeak
    return np.where(values <= 1.0, values, np.nan)


def groups(machine: Machine, of: List) -> tuple[Group, ...]:
    """All systems, those of each kind, those of each network of the machine's kind.

    A machine of unknown kind is compared with both; groups of fewer than LEAST are left out.
    """
    values = efficiency(of)
    made = (
        _group(name, values[members & ~np.isnan(values)], machine.efficiency)
        for name, members in _members(machine, of)
    )
    return tuple(group for group in made if group is not None)


def _members(machine: Machine, of: List) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    with_them = accelerated(of)
    kinds = {"CPU only": ~with_them, "accelerated": with_them}
    yield "all systems", np.ones(of.rmax.size, np.bool_)
    wanted = (
        ("CPU only", "accelerated")[machine.accelerated] if machine.accelerated is not None else ""
    )
    for kind, members in kinds.items():
        if wanted in ("", kind):
            yield kind, members
            for place in _networks(machine, of):
                name = features.NETWORKS[place]
                yield f"{kind}, {name}", members & (of.network == place)


def _networks(machine: Machine, of: List) -> list[int]:
    """The machine's network, or all that the list has, the most frequent first."""
    if machine.network is not None:
        return [features.NETWORKS.index(machine.network)]
    found, counts = np.unique(of.network[of.network > 0], return_counts=True)
    return [int(one) for one in found[np.argsort(-counts, kind="stable")]]


def _group(name: str, values: Floats, ours: float | None) -> Group | None:
    if values.size < LEAST:
        return None
    low, middle, high = (float(q) for q in np.quantile(values, (0.25, 0.5, 0.75)))
    below = None
    if ours is not None:
        below = float(np.mean(values < ours) + 0.5 * np.mean(values == ours))
    return Group(name, int(values.size), (low, middle, high), below)


def distances(machine: Machine, of: List) -> Floats:
    """(places,) float64: the distance of every system of a list; see the head of this module."""
    square = np.log(machine.rmax / of.rmax) ** 2
    if machine.cores:
        square += np.nan_to_num(np.log(machine.cores / of.cores) ** 2) / 4.0
    if machine.efficiency is not None:
        step = (machine.efficiency - efficiency(of)) / EFFICIENCY_STEP
        square += np.nan_to_num(step**2)
    if machine.accelerated is not None:
        square += OTHER_KIND * (accelerated(of) != machine.accelerated)
    return np.asarray(np.sqrt(square), np.float64)


def nearest(machine: Machine, most: int = 5) -> tuple[Near, ...]:
    """The nearest systems of all lists, each on the first list it was on with these figures."""
    found: dict[tuple[float, float], Near] = {}
    for of in top500.lists():
        away = distances(machine, of)
        for index in np.argsort(away, kind="stable")[: 4 * most]:
            key = (of.rmax[index], of.cores[index])
            found.setdefault(key, Near(float(away[index]), of, int(index) + 1, ""))
    best = sorted(found.values(), key=lambda near: near.distance)[:most]
    return tuple(Near(one.distance, one.list, one.rank, _name(one)) for one in best)


def _name(near: Near) -> str:
    """The name of a system that is known by it."""
    if near.rank == 1:
        return near.list.number_one
    known = (
        one.short
        for one in systems.systems()
        for entry in one.entries
        if entry.listed and (entry.list, entry.rank) == (near.list.date, near.rank)
    )
    return next(known, "")
