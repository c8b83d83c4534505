"""A TOP500 list as the site publishes it, checked and made a table of the user's.

Names of columns differ through the years: processors became cores and total cores, RMax became
Rmax [TFlop/s]. Without a unit in its name a rate is in Gflop/s, as in all sheets up to 2016 and in
every XML file; power is in kW. A power that the TOP500 derived itself is left out, as in the
packaged lists.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Final

from harness.errors import ConfigError
from harness.reference import features, top500
from harness.reference.imported import Table
from harness.reference.published_files import Row, Sheet, read

_NAMES: Final = {
    "rank": r"rank",
    "rmax": r"r-?max\b.*",
    "rpeak": r"r-?peak\b.*",
    "cores": r"(?:total )?cores|processors|number-of-processors|proc(?:s|\.)?",
    "power": r"power(?: \(kw\))?(?: *\[kw\])?",
    "power_source": r"power source",
    "nmax": r"n-?max",
    "name": r"name|system-name",
    "computer": r"computer|system",
}
"""Pattern of a column's name, in lower case, for each of our columns."""
_NEEDED: Final = ("rank", "rmax", "rpeak", "cores", "computer")
_RATES: Final = {"g": 10**9, "t": 10**12, "p": 10**15}
_KILO: Final = 1000
# Copies of a list differ in up to 3 % of the entries; a wrong unit or edition is far off.
_SLACK: Final = 0.02
_LARGEST_STEP: Final = 8.0


@dataclass(frozen=True)
class Published:
    """A checked list, and what should be known about it."""

    table: Table
    notes: tuple[str, ...]


def checked(path: Path, edition: str | None, *, partial: bool, added: str) -> Published:
    """Read and check a list; ConfigError names the row and the reason.

    edition : '202611', or None for what the file says; partial : the top of a list alone is good
    enough; added : the time to write down.
    """
    sheet = read(path)
    columns = _columns(path, sheet)
    date = _date(path, sheet, edition)
    _check_ranks(path, sheet.rows, columns, partial=partial)
    figures = _figures(path, sheet.rows, columns)
    _check_order(path, sheet.rows, figures["rmax"])
    if len(sheet.rows) == top500.SIZE:
        _check_neighbours(path, date, figures["rmax"])
    first = sheet.rows[0].cells
    name = first.get(columns.get("name", ""), "") or first[columns["computer"]]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    table = Table(date, name, f"{path.name} (SHA-256 {digest})", added, figures)
    return Published(table, tuple(_notes(table)))


def _columns(path: Path, sheet: Sheet) -> dict[str, str]:
    """Our name -> the column's name; ConfigError if one that is needed is not there."""
    found: dict[str, str] = {}
    for name, pattern in _NAMES.items():
        for column in sheet.columns:
            if re.fullmatch(pattern, column.strip().lower()):
                found.setdefault(name, column)
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        raise ConfigError(
            str(path),
            f"has no column for {', '.join(missing)}",
            known="columns " + ", ".join(sheet.columns),
            fix="give the list as top500.org publishes it",
        )
    return found


def _date(path: Path, sheet: Sheet, edition: str | None) -> tuple[int, int]:
    """Year and month of the list; ConfigError if nothing, or not the same thing, says so."""
    if edition is not None:
        return parse_edition(edition, "--edition")
    said = dict(sheet.dates)
    named = re.search(r"((?:199|20\d)\d)[-_]?(06|11)(?!\d)", path.stem)
    if named:
        said["its name"] = (int(named[1]), int(named[2]))
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    told = "; ".join(f"{where} means {top500.label(*date)}" for where, date in said.items())
    raise ConfigError(
        str(path),
        f"its edition is not clear: {told or 'nothing in it says so'}",
        fix="say it: --edition 202611",
    )


def parse_edition(text: str, where: str) -> tuple[int, int]:
    """'202611' or '2026-11' as year and month; ConfigError for anything else."""
    match = re.fullmatch(r"(\d{4})-?(06|11)", text)
    if match is None or int(match[1]) < 1993:
        known = "a June or November from 199306 on, such as 202611"
        raise ConfigError(where, f"found {text!r}", known=known)
    return int(match[1]), int(match[2])


def _check_ranks(
    path: Path, rows: Sequence[Row], columns: Mapping[str, str], *, partial: bool
) -> None:
    for rank, row in enumerate(rows, start=1):
        found = row.cells.get(columns["rank"], "")
        if found != str(rank):
            raise _damaged(path, row, f"rank {rank} should stand here, found {found!r}")
    if len(rows) > top500.SIZE:
        raise _damaged(path, rows[top500.SIZE], f"a list ends with rank {top500.SIZE}")
    if len(rows) < top500.SIZE and not partial:
        raise ConfigError(
            str(path),
            f"ends with rank {len(rows)}, a list has {top500.SIZE}",
            fix="--partial keeps the top of a list alone, and says so wherever it is shown",
        )


def _figures(path: Path, rows: Sequence[Row], columns: Mapping[str, str]) -> dict[str, list[int]]:
    """The columns that are stored, in base units, -1 for unknown."""
    scales = {
        "rmax": _scale(columns["rmax"]),
        "rpeak": _scale(columns["rpeak"]),
        "cores": 1,
        "power": _KILO,
        "nmax": 1,
    }
    figures = {
        name: [_number(path, row, columns.get(name), scale, name) for row in rows]
        for name, scale in scales.items()
    }
    for place, row in enumerate(rows):
        if row.cells.get(columns.get("power_source", ""), "").lower() == "derived":
            figures["power"][place] = -1
    lines = [_line(row, columns) for row in rows]
    figures["network"] = [features.network(line) for line in lines]
    figures["chip"] = [features.chip(line) for line in lines]
    return figures


def _scale(column: str) -> int:
    """The unit of a rate, as the name of its column says; Gflop/s where it says nothing."""
    said = re.search(r"([gtp])flop", column.lower())
    return _RATES[said[1]] if said else _RATES["g"]


def _line(row: Row, columns: Mapping[str, str]) -> str:
    name = row.cells.get(columns.get("name", ""), "")
    return f"{name} - {row.cells.get(columns['computer'], '')}"


def _number(path: Path, row: Row, column: str | None, scale: int, name: str) -> int:
    """A cell in the base unit; -1 where power or Nmax is empty or 0."""
    text = row.cells.get(column or "", "").replace(",", "")
    needed = name in _NEEDED
    try:
        value = Decimal(text) if text or needed else Decimal(-1)
    except InvalidOperation:
        raise _damaged(path, row, f"{name} is {text!r}, which is no number") from None
    if not value.is_finite() or (needed and value <= 0):
        raise _damaged(path, row, f"{name} is {text!r}, it must be above 0")
    return round(value * scale) if value > 0 else -1


def _check_order(path: Path, rows: Sequence[Row], rmax: Sequence[int]) -> None:
    for row, (above, here) in zip(rows[1:], pairwise(rmax), strict=True):
        if here > above:
            raise _damaged(path, row, f"Rmax rises from {above:.6g} to {here:.6g} flop/s")


def _damaged(path: Path, row: Row, reason: str) -> ConfigError:
    rank = row.cells.get("Rank") or row.cells.get("rank") or "?"
    return ConfigError(f"{path}: {row.where} (rank {rank})", reason)


def _check_neighbours(path: Path, date: tuple[int, int], rmax: Sequence[int]) -> None:
    """No. 1, no. 500 and the sum never fell from list to list: a wrong unit or edition shows."""
    values = {"no. 1": rmax[0], f"no. {top500.SIZE}": rmax[-1], "the sum of Rmax": sum(rmax)}
    known = [of for of in top500.lists() if of.date != date]
    before = max((of for of in known if of.date < date), key=lambda of: of.date, default=None)
    after = min((of for of in known if of.date > date), key=lambda of: of.date, default=None)
    for name, value in values.items():
        if before is not None and not 1 - _SLACK <= value / _same(before, name) <= _LARGEST_STEP:
            raise _unlikely(path, date, name, value, before)
        if after is not None and not 1 / _LARGEST_STEP <= value / _same(after, name) <= 1 + _SLACK:
            raise _unlikely(path, date, name, value, after)


def _same(of: top500.List, name: str) -> float:
    return {"no. 1": of.first, "the sum of Rmax": of.total}.get(name, of.last)


def _unlikely(
    path: Path, date: tuple[int, int], name: str, value: int, other: top500.List
) -> ConfigError:
    return ConfigError(
        str(path),
        f"{name} is {value:.4g} flop/s in {top500.label(*date)}, "
        f"but {_same(other, name):.4g} in {other.label}: a wrong unit, or another edition",
        fix="--edition says which list it is",
    )


def _notes(table: Table) -> list[str]:
    """What is unusual, and not wrong enough to refuse."""
    rmax, rpeak = table.figures["rmax"], table.figures["rpeak"]
    above = [
        rank for rank, pair in enumerate(zip(rmax, rpeak, strict=True), 1) if pair[0] > pair[1]
    ]
    notes = [f"Rmax is above Rpeak at rank {', '.join(map(str, above))}"] if above else []
    if table.places < top500.SIZE:
        notes.append(
            f"only the first {table.places} places: no place below them, no sum and no plot "
            "of this list"
        )
    same = next((of for of in top500.packaged() if of.date == table.date), None)
    if same is not None and table.places == top500.SIZE:
        other = sum(a != b for a, b in zip(rmax, (int(one) for one in same.rmax), strict=True))
        notes.append(f"counts instead of the packaged list; Rmax differs at {other} ranks")
    return notes
