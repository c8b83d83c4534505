"""The HPCG and HPL-MxP lists, and Gflop/s/W among the TOP500: places of a result in each.

HPCG (Dongarra, Heroux, Luszczek: https://www.hpcg-benchmark.org) since June 2014, HPL-MxP
(https://hpl-mxp.org) since November 2019. The Green500 orders the systems of a TOP500 list by
Rmax / power; its own list files are not held here, so it is computed from the TOP500's columns, for
the systems whose power is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from harness.reference import tables, top500
from harness.reference.top500 import Edition, Floats, List

BENCHMARKS: Final = {"hpcg": "HPCG", "hpl_mxp": "HPL-MxP"}


@dataclass(frozen=True, eq=False)
class Ranking(Edition):
    """One list of one benchmark.

    values : (entries,) float64, best first, flop/s, or flop/s/W of the Green500; cores : (entries,)
    float64, NaN where unknown.
    """

    values: Floats
    cores: Floats


@dataclass(frozen=True)
class Among:
    """A result in one ranking; place : 1 + the number of better entries, null below the last."""

    key: str
    place: int | None
    entries: int
    first: float
    last: float


@cache
def rankings(benchmark: str) -> tuple[Ranking, ...]:
    """All lists of a benchmark of BENCHMARKS, oldest first; read once."""
    with np.load(tables.DATA / f"{benchmark}.npz", allow_pickle=False) as file:
        columns = {name: file[name] for name in file.files}
    cores = np.where(columns["cores"] < 0, np.nan, columns["cores"])
    made = []
    for date in np.unique(columns["list"]):
        these = columns["list"] == date
        year, month = divmod(int(date), 100)
        made.append(Ranking(year, month, columns["value"][these], cores[these]))
    return tuple(made)


def green(of: List) -> Ranking | None:
    """Rmax / power of the systems of a TOP500 list whose power is known; None if of none is."""
    known = of.power > 0
    if not known.any():
        return None
    values = of.rmax[known] / of.power[known]
    order = np.argsort(-values, kind="stable")
    return Ranking(of.year, of.month, values[order], of.cores[known][order])


def greens() -> tuple[Ranking, ...]:
    """The rankings by Rmax / power, oldest first."""
    return tuple(made for of in top500.lists() if (made := green(of)) is not None)


def among(value: float, ranking: Ranking) -> Among:
    """The place of a result; ValueError unless it is finite and above 0."""
    if not 0.0 < value < np.inf:
        raise ValueError(f"found {value:g}, but a place needs a finite rate above 0")
    better = int(np.count_nonzero(ranking.values > value))
    entries = int(ranking.values.size)
    place = better + 1 if better < entries else None
    return Among(ranking.key, place, entries, float(ranking.values[0]), float(ranking.values[-1]))
