"""Where a result would have stood in every TOP500 list, and how it compares with a named system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, floor, log

import numpy as np

from harness.reference import top500
from harness.reference.systems import Figure, System
from harness.reference.top500 import Edition

WINDOW = 10
"""Lists (five years) that the growth of the last place is fitted over."""
HORIZON = 10.0
"""Years past the newest list beyond which no projection is made."""


@dataclass(frozen=True)
class Place(Edition):
    """A result in one list; Rmax in flop/s."""

    place: int | None
    """The rank it would take, None if it would not be on the list."""
    first: float
    """Rmax of the first place."""
    tenth: float
    """Rmax of place 10."""
    hundredth: float
    """Rmax of place 100."""
    last: float
    """Rmax of the last place."""
    total: float
    """Sum of Rmax over the list."""


@dataclass(frozen=True)
class Projection:
    """The last place of the list carried forward at its recent growth: an estimate, no fact."""

    growth: float
    """Factor a year, from a straight line through log(Rmax of the last place)."""
    lists: int
    """How many of the newest lists the line goes through."""
    leaves: tuple[int, int] | None
    """Year and month of the first list without the result; None if it is off the newest list
    already, or would stay beyond HORIZON years."""


@dataclass(frozen=True)
class Standing:
    """A result of `rmax` flop/s in all lists, oldest first."""

    rmax: float
    places: tuple[Place, ...]
    projection: Projection

    @property
    def last_led(self) -> Place | None:
        """The last list in which it would have been no. 1, None if it never was."""
        return next((p for p in reversed(self.places) if p.place == 1), None)

    @property
    def last_listed(self) -> Place | None:
        """The last list in which it would have had a place, None if it never had."""
        return next((p for p in reversed(self.places) if p.place), None)

    @property
    def first_led(self) -> Place | None:
        """The first list in which it would have been no. 1: that of 1993, None if never."""
        return next((p for p in self.places if p.place == 1), None)

    @property
    def first_listed(self) -> Place | None:
        """The first list in which it would have had a place, None if it never had."""
        return next((p for p in self.places if p.place), None)

    @property
    def left(self) -> Place | None:
        """The first list that it is no longer on, None if it is on the newest or never was."""
        if self.last_listed is None or self.last_listed is self.newest:
            return None
        return self.places[self.places.index(self.last_listed) + 1]

    @property
    def best(self) -> Place | None:
        """The list with its best place, the earliest of equals; None if it never had one."""
        listed = [p for p in self.places if p.place]
        return min(listed, key=lambda p: p.place or 0, default=None)

    @property
    def oldest(self) -> Place:
        """The first list."""
        return self.places[0]

    @property
    def newest(self) -> Place:
        """The newest list held here."""
        return self.places[-1]

    @property
    def factor_to_enter(self) -> float | None:
        """Rmax of the last place of the newest list / `rmax`; None if it is on that list."""
        return None if self.newest.place else self.newest.last / self.rmax


def standing(rmax: float) -> Standing:
    """The places of a result of `rmax` flop/s; ValueError as in top500.positive."""
    rmax = top500.positive(rmax)
    places = tuple(
        Place(in_list.year, in_list.month, top500.place(rmax, in_list),
              in_list.first, float(in_list.rmax[9]), float(in_list.rmax[99]), in_list.last,
              in_list.total)
        for in_list in top500.lists()
    )  # fmt: skip
    return Standing(rmax, places, _projection(rmax, places))


def _projection(rmax: float, places: Sequence[Place]) -> Projection:
    """Growth of the last place over the newest lists, and when it passes `rmax`."""
    recent, newest = places[-WINDOW:], places[-1]
    years = np.array([_years(p) for p in recent])
    slope = float(np.polyfit(years - years[-1], np.log([p.last for p in recent]), 1)[0])
    leaves = None
    if newest.place and slope > 0:
        ahead = log(rmax / newest.last) / slope
        leaves = _list_after(newest, ahead) if ahead <= HORIZON else None
    return Projection(exp(slope), len(recent), leaves)


def _years(place: Place) -> float:
    """The date of a list in years; lists are half a year apart."""
    return place.year + (0.5 if place.month == 11 else 0.0)


def _list_after(newest: Place, years: float) -> tuple[int, int]:
    """Year and month of the first list more than `years` after the newest one."""
    halves = round(2 * _years(newest)) + floor(2 * years) + 1
    return halves // 2, 11 if halves % 2 else 6


@dataclass(frozen=True)
class Versus:
    """A result of `rmax` flop/s beside a named system."""

    rmax: float
    system: System
    theirs: Figure
    """Rmax of the system in flop/s, with the doubt to print beside it."""

    @property
    def ratio(self) -> float | None:
        """Ours / theirs; None if no Rmax of the system is known."""
        return self.rmax / self.theirs.value if self.theirs.value else None

    @property
    def phrase(self) -> str:
        """'1/930,000 of Sunway TaihuLight', with the doubt about their figure in parentheses."""
        if self.ratio is None:
            return f"no Rmax of {self.system.short} is known ({self.system.latest.status})"
        doubt = f" ({self.theirs.doubt})" if self.theirs.doubt else ""
        return f"{share(self.ratio)} {self.system.short}{doubt}"


def versus(rmax: float, system: System) -> Versus:
    """Compare `rmax` flop/s with a system's best Rmax; ValueError as in top500.positive."""
    return Versus(top500.positive(rmax), system, system.figure("rmax"))


def share(ratio: float) -> str:
    """A ratio in words, to two digits: '1/930,000 of', '83% of', 'equal to', '3.2 times'."""
    if round(ratio, 2) == 1:
        return "equal to"
    if ratio > 1:
        return f"{rounded(ratio)} times"
    return f"{100 * round(ratio, 2):.0f}% of" if ratio >= 0.1 else f"1/{rounded(1 / ratio)} of"


def rounded(value: float) -> str:
    """A number of at least 1 to two significant digits, three next to 1: 1.05, 3.2, 47, 930,000."""
    if value < 1.1:
        return f"{value:.2f}"
    short = float(f"{value:.2g}")
    return f"{short:,.0f}" if short >= 10 else f"{short:.1f}"


def sentence(of: Standing) -> str:
    """The standing in one line: 'no. 1 until November 1996, last on the list in June 2004'."""
    if of.last_listed is None:
        first = of.oldest
        below = rounded(first.last / of.rmax)
        return f"on no list: {below}x below the last place of the first list ({first.label})"
    if of.newest.place == 1:
        return f"no. 1 on every list, {of.oldest.label} to {of.newest.label}"
    return f"{_top(of)}, {_end(of, of.last_listed)}"


def _top(of: Standing) -> str:
    """'no. 1 until ...', or the best place for a result that never led."""
    if of.last_led is None:
        best = of.best or of.oldest
        return f"never no. 1, best place {best.place} in {best.label}"
    if of.last_led is of.oldest:
        return f"no. 1 in {of.oldest.label} only"
    return f"no. 1 until {of.last_led.label}"


def _end(of: Standing, last_listed: Place) -> str:
    """The place in the newest list, or the last list it was on."""
    if of.newest.place:
        return f"place {of.newest.place} on the newest list ({of.newest.label})"
    return f"last on the list in {last_listed.label}"


def milestones(of: Standing, every: int = 4) -> tuple[Place, ...]:
    """The lists to show: a June every `every` years from the first, every change, and the newest.

    A change is the last list it led, the last list it was on, and the list after each of the two.
    """
    chosen = {0, len(of.places) - 1} | set(range(0, len(of.places), 2 * every))
    for turn in (of.last_led, of.last_listed):
        if turn is not None:
            index = of.places.index(turn)
            chosen |= {index, min(index + 1, len(of.places) - 1)}
    return tuple(of.places[i] for i in sorted(chosen))
