"""Everything that `qyran rank` says beside the places in the TOP500, gathered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from harness.reference import other_lists, similar, top500
from harness.reference.other_lists import Among
from harness.reference.similar import Group, Machine, Near


@dataclass(frozen=True)
class Other:
    """A result in the lists of another benchmark; value None: none is known."""

    benchmark: str
    value: float | None
    unit: str
    source: str
    lists: tuple[Among, ...]


@dataclass(frozen=True)
class Asked:
    """What was measured or given beside Rmax: results and where they come from. flop/s, W."""

    machine: Machine
    power: float | None = None
    hpcg: tuple[float, str] | None = None
    hpl_mxp: tuple[float, str] | None = None


@dataclass(frozen=True)
class More:
    """Other lists, lists of which only the top is held, efficiency and neighbours."""

    asked: Asked
    newest: top500.List
    age_months: int
    missing: int
    others: tuple[Other, ...]
    partial: tuple[Among, ...]
    groups: tuple[Group, ...]
    nearest: tuple[Near, ...]


def more(asked: Asked, today: date) -> More:
    """All of it; ValueError as in other_lists.among."""
    newest = top500.lists()[-1]
    return More(
        asked,
        newest,
        top500.age_months(newest, today),
        top500.published_since(newest, today),
        _others(asked),
        _partial(asked.machine.rmax, newest),
        similar.groups(asked.machine, newest),
        similar.nearest(asked.machine),
    )


def _others(asked: Asked) -> tuple[Other, ...]:
    results = {"hpcg": asked.hpcg, "hpl_mxp": asked.hpl_mxp}
    made = []
    for name, title in other_lists.BENCHMARKS.items():
        value, source = results[name] or (None, "")
        lists = other_lists.rankings(name)
        made.append(Other(title, value, "flop/s", source, _among(value, lists)))
    green = asked.machine.rmax / asked.power if asked.power else None
    ranked = _among(green, other_lists.greens())
    made.append(Other("Green500", green, "flop/s/W", "Rmax / power" if green else "", ranked))
    return tuple(made)


def _among(value: float | None, lists: tuple[other_lists.Ranking, ...]) -> tuple[Among, ...]:
    """The places in all lists; without a result the lists alone are of no use."""
    return () if value is None else tuple(other_lists.among(value, one) for one in lists)


def _partial(rmax: float, newest: top500.List) -> tuple[Among, ...]:
    """The places in newer lists of which only the top is held."""
    parts = (of for of in top500.added_lists() if not of.complete and of.date > newest.date)
    return tuple(
        other_lists.among(rmax, other_lists.Ranking(of.year, of.month, of.rmax, of.cores))
        for of in parts
    )
