"""The TOP500 lists since June 1993: figures by rank, in base units, without names.

June 1993 to November 2025 are packaged (data/PROVENANCE.md); newer ones are the user's, added by
`qyran reference import` (`harness.reference.imported`). TOP500 counts processors before November
2008, cores after, and accelerator units (SM, CU, ...) among the cores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.reference import imported, tables

Floats = NDArray[np.float64]
Places = NDArray[np.int8]

MONTHS = {6: "June", 11: "November"}
SIZE = 500
"""Places of a complete list."""


def label(year: int, month: int) -> str:
    """The name of a list: (2016, 6) is 'June 2016'."""
    return f"{MONTHS[month]} {year}"


def key(year: int, month: int) -> str:
    """The short name of a list, which sorts by date: (2016, 6) is '2016-06'."""
    return f"{year}-{month:02}"


@dataclass(frozen=True, eq=False)
class Edition:
    """A list that comes out twice a year, by its date."""

    year: int
    month: int
    """6 or 11."""

    @property
    def label(self) -> str:
        """'June 1993'."""
        return label(self.year, self.month)

    @property
    def key(self) -> str:
        """'1993-06'."""
        return key(self.year, self.month)


@dataclass(frozen=True, eq=False)
class List(Edition):
    """One TOP500 list; index 0 of every array is rank 1, NaN means unknown."""

    rmax: Floats
    """(500,) float64, flop/s, never rising with rank."""
    rpeak: Floats
    """(500,) float64, flop/s."""
    cores: Floats
    """(500,) float64."""
    power: Floats
    """(500,) float64, W during the HPL run; unknown before June 2008 and for many systems since."""
    nmax: Floats
    """(500,) float64, order of the matrix; unknown for many systems."""
    network: Places
    """(500,) int8, places in features.NETWORKS."""
    chip: Places
    """(500,) int8, places in features.CHIPS."""
    number_one: str
    """The name of the system at rank 1."""
    source: str
    """Where the copy of the list was taken from."""

    @property
    def complete(self) -> bool:
        """Whether all 500 places are here; a list can be added as its first places alone."""
        return self.rmax.size >= SIZE

    @property
    def date(self) -> tuple[int, int]:
        """Year and month."""
        return self.year, self.month

    @property
    def first(self) -> float:
        """Rmax of the first place in flop/s."""
        return float(self.rmax[0])

    @property
    def last(self) -> float:
        """Rmax of the last place in flop/s."""
        return float(self.rmax[-1])

    @property
    def total(self) -> float:
        """Sum of Rmax over the list in flop/s."""
        return float(self.rmax.sum())


def age_months(of: List, today: date) -> int:
    """Whole months since a list was published: in the middle of its month, to half a month."""
    published = date(of.year, of.month, 15)
    months = 12 * (today.year - published.year) + today.month - published.month
    return months - (today.day < published.day)


def published_since(of: List, today: date) -> int:
    """How many newer lists there should be: one each June and November, out by the 20th."""
    halves = 2 * today.year
    halves += (today >= date(today.year, 6, 20)) + (today >= date(today.year, 11, 20)) - 1
    return max(0, halves - (2 * of.year + (of.month == 11)))


@cache
def lists() -> tuple[List, ...]:
    """All complete lists, oldest first; read once, at the first call.

    A list that the user has added counts instead of a packaged one of the same date.
    """
    added = {of.date: of for of in added_lists() if of.complete}
    known = {of.date: of for of in packaged()} | added
    return tuple(known[date] for date in sorted(known))


def added_lists() -> tuple[List, ...]:
    """The lists that the user has added, parts of lists among them, oldest first."""
    return tuple(
        _list(one.date, one.number_one, one.source, one.figures) for one in imported.stored()
    )


@cache
def packaged() -> tuple[List, ...]:
    """The lists that come with qyran, oldest first; read once."""
    about = tables.rows(tables.DATA / "lists.csv")
    with np.load(tables.DATA / "top500.npz", allow_pickle=False) as file:
        figures = {name: file[name] for name in file.files}
    return tuple(
        _list(
            (int(row["list"][:4]), int(row["list"][5:])),
            row["number_one"],
            row["source"],
            {name: values[i] for name, values in figures.items()},
        )
        for i, row in enumerate(about)
    )


def _list(dated: tuple[int, int], number_one: str, source: str, figures: Mapping[str, Any]) -> List:
    """A list of stored whole numbers."""
    floats = ("rmax", "rpeak", "cores", "power", "nmax")
    return List(
        dated[0],
        dated[1],
        number_one=number_one,
        source=source,
        **{name: _floats(np.asarray(figures[name])) for name in floats},
        network=_places(figures["network"]),
        chip=_places(figures["chip"]),
    )


def _floats(stored: NDArray[np.int64]) -> Floats:
    """Stored whole numbers as float64, read only; a negative number stands for unknown."""
    values = np.where(stored < 0, np.nan, stored.astype(np.float64))
    values.flags.writeable = False
    return values


def _places(stored: Any) -> Places:
    """Stored places as int8, read only."""
    values = np.asarray(stored, np.int8)
    values.flags.writeable = False
    return values


def place(rmax: float, in_list: List) -> int | None:
    """The rank a result of `rmax` flop/s would take: 1 + the number of systems with a greater Rmax.

    None if it would not be on the list. ValueError unless `rmax` is finite and at least 1 flop/s.
    """
    rank = 1 + int(np.count_nonzero(in_list.rmax > positive(rmax)))
    return rank if rank <= in_list.rmax.size else None


def positive(rmax: float) -> float:
    """`rmax` itself; ValueError unless it is finite and at least 1 flop/s."""
    if not 1 <= rmax < inf:  # also false for NaN
        raise ValueError(
            f"Rmax is {rmax:g} flop/s, but a place among the TOP500 needs a finite rate of at "
            "least 1 flop/s; give the HPL result, for example 9.3e13 flop/s"
        )
    return float(rmax)
