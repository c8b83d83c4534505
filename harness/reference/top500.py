"""The TOP500 lists, June 1993 to November 2025: figures by rank, in base units, without names.

Source of the data: data/PROVENANCE.md. TOP500 counts processors before November 2008, cores after,
and accelerator units (SM, CU, ...) among the cores.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import inf

import numpy as np
from numpy.typing import NDArray

from harness.reference import tables

Floats = NDArray[np.float64]

MONTHS = {6: "June", 11: "November"}


def label(year: int, month: int) -> str:
    """The name of a list: (2016, 6) is 'June 2016'."""
    return f"{MONTHS[month]} {year}"


def key(year: int, month: int) -> str:
    """The short name of a list, which sorts by date: (2016, 6) is '2016-06'."""
    return f"{year}-{month:02}"


@dataclass(frozen=True, eq=False)
class List:
    """One TOP500 list; index 0 of every array is rank 1, NaN means unknown."""

    year: int
    month: int
    """6 or 11."""
    rmax: Floats
    """(500,) float64, flop/s, never rising with rank."""
    rpeak: Floats
    """(500,) float64, flop/s."""
    cores: Floats
    """(500,) float64."""
    power: Floats
    """(500,) float64, W during the HPL run; unknown before June 2008 and for many systems since."""
    number_one: str
    """The name of the system at rank 1."""
    source: str
    """Where the copy of the list was taken from."""

    @property
    def date(self) -> tuple[int, int]:
        """Year and month."""
        return self.year, self.month

    @property
    def label(self) -> str:
        """'June 1993'."""
        return label(self.year, self.month)

    @property
    def key(self) -> str:
        """'1993-06'."""
        return key(self.year, self.month)

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


@cache
def lists() -> tuple[List, ...]:
    """All lists, oldest first; read once, at the first call."""
    about = tables.rows(tables.DATA / "lists.csv")
    with np.load(tables.DATA / "top500.npz", allow_pickle=False) as file:
        figures = {name: file[name] for name in file.files}
    known = {name: _floats(figures[name]) for name in ("rmax", "rpeak", "cores", "power")}
    return tuple(
        List(
            year=int(row["list"][:4]),
            month=int(row["list"][5:]),
            number_one=row["number_one"],
            source=row["source"],
            **{name: values[i] for name, values in known.items()},
        )
        for i, row in enumerate(about)
    )


def _floats(stored: NDArray[np.int64]) -> Floats:
    """Stored whole numbers as float64, read only; a negative number stands for unknown."""
    values = np.where(stored < 0, np.nan, stored.astype(np.float64))
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
