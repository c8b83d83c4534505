"""Named systems: their entries by list, their figures in base units, and how sure each one is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Final

from harness.errors import ConfigError, did_you_mean
from harness.reference import tables, top500

STATUS: Final = {
    "listed": "an entry of a TOP500 list held here",
    "published": "published by its makers, on no list",
    "press report": "press reports of a list that is not held here",
    "press figure": "never submitted to a list; the performance figures are those of the press",
    "rumoured": "never submitted to a list; the figures are rumours in the press",
    "unverified": "no source was found for the figures",
    "not found": "on no list held here; no figure was found",
}
"""Every status word, and what it says about the figures of an entry."""

SOURCED: Final = ("listed", "published")

UNITS: Final = {
    "rmax": "flop/s",
    "rpeak": "flop/s",
    "cores": "1",
    "nodes": "1",
    "memory": "B",
    "power": "W",
    "hpcg": "flop/s",
    "hpl_mxp": "flop/s",
}
"""The figures of a system and their units."""


class UnknownSystem(ConfigError):
    """No system, or more than one, goes by a name; the message says which, and what to type."""


@dataclass(frozen=True)
class Figure:
    """A number in its base unit (None: unknown), and the doubt to print beside it ('': none)."""

    value: float | None
    doubt: str = ""


@dataclass(frozen=True)
class Entry:
    """A system as one list saw it, or as others reported it (`list` is None)."""

    list: tuple[int, int] | None
    """Year and month of the list."""
    rank: int | None
    values: dict[str, float]
    """Known figures in base units: the names of UNITS, with nodes_derived and nodes_installed."""
    unverified: tuple[str, ...]
    """Names of the figures (or 'node') whose source is not verified."""
    status: str
    """A word of STATUS."""
    computer: str
    node: str
    """What one node is made of."""
    sources: tuple[str, ...]
    note: str

    @property
    def label(self) -> str:
        """'June 2016', or '' for an entry of no list."""
        return top500.label(*self.list) if self.list else ""

    @property
    def key(self) -> str:
        """'2016-06', or '' for an entry of no list."""
        return top500.key(*self.list) if self.list else ""

    @property
    def listed(self) -> bool:
        """Whether this is an entry of a list held here."""
        return self.status == "listed"

    @property
    def standing(self) -> str:
        """The status word, with the names of the figures that are not verified."""
        fields = ", ".join(self.unverified)
        return f"{self.status}; unverified: {fields}" if fields else self.status

    def figure(self, field: str) -> Figure:
        """The figure named in UNITS with its doubt; KeyError for another name."""
        if field not in UNITS:
            raise KeyError(f"no figure {field!r}; known: {', '.join(UNITS)}")
        value = self.values.get(field)
        return Figure(value, "" if value is None else self._doubt(field))

    def _doubt(self, field: str) -> str:
        """The words to print beside a figure: its status, 'unverified', 'derived'."""
        doubts = [] if self.status in SOURCED else [self.status]
        if field in self.unverified and "unverified" not in doubts:
            doubts.append("unverified")
        if field in ("nodes", "memory") and _nodes_are_derived(field, self.values):
            doubts.append("derived")
        return ", ".join(doubts)


@dataclass(frozen=True)
class System:
    """A named system with at least one entry, oldest first."""

    name: str
    site: str
    country: str
    manufacturer: str
    entries: tuple[Entry, ...]

    @property
    def short(self) -> str:
        """The name without what stands in parentheses."""
        return re.sub(r"\s*\(.*?\)", "", self.name).strip()

    @property
    def best(self) -> Entry:
        """The entry with the greatest Rmax, the earliest of equals."""
        return max(self.entries, key=lambda entry: entry.values.get("rmax", 0.0))

    @property
    def latest(self) -> Entry:
        """The newest entry."""
        return self.entries[-1]

    def figure(self, field: str) -> Figure:
        """A figure of the best entry, or of the newest other one that has it.

        HPCG and HPL-MxP are submitted on their own, so theirs is the newest.
        """
        newest_first = tuple(reversed(self.entries))
        own = field in ("hpcg", "hpl_mxp")
        for entry in newest_first if own else (self.best, *newest_first):
            figure = entry.figure(field)
            if figure.value is not None:
                return figure
        return Figure(None)


@cache
def systems() -> tuple[System, ...]:
    """All named systems, in the order of the table; read once."""
    rows = tables.rows(tables.DATA / "systems.csv")
    return tuple(_system(name, list(group)) for name, group in groupby(rows, lambda r: r["system"]))


def _system(name: str, rows: Sequence[dict[str, str]]) -> System:
    last = rows[-1]
    return System(
        name, last["site"], last["country"], last["manufacturer"], tuple(_entry(r) for r in rows)
    )


def _entry(row: dict[str, str]) -> Entry:
    date = (int(row["list"][:4]), int(row["list"][5:])) if row["list"] else None
    return Entry(
        list=date,
        rank=tables.count(row["rank"]),
        values=_values(row),
        unverified=_unverified(row),
        status=row["status"],
        computer=row["computer"],
        node=row["node"],
        sources=tuple(row[k] for k in ("list_source", "node_source", "other_source") if row[k]),
        note=row["note"],
    )


def _values(row: dict[str, str]) -> dict[str, float]:
    """The known figures of a row; nodes as the cores of the list give them, else as installed."""
    columns = {
        "rmax": "rmax_flop_s", "rpeak": "rpeak_flop_s", "cores": "cores", "power": "power_W",
        "hpcg": "hpcg_flop_s", "hpl_mxp": "hpl_mxp_flop_s",
        "nodes_derived": "nodes_derived", "nodes_installed": "nodes_installed",
        "memory_per_node": "memory_per_node_B",
    }  # fmt: skip
    read = {name: tables.number(row[column]) for name, column in columns.items()}
    known = {name: value for name, value in read.items() if value is not None}
    nodes = known.get("nodes_derived", known.get("nodes_installed"))
    if nodes is not None:
        known["nodes"] = nodes
    installed = known.get("nodes_installed", nodes)
    if installed is not None and "memory_per_node" in known:
        known["memory"] = installed * known["memory_per_node"]
    return known


def _nodes_are_derived(field: str, values: dict[str, float]) -> bool:
    """Whether the nodes behind a figure are no published count but list cores / cores a node."""
    derived, installed = values.get("nodes_derived"), values.get("nodes_installed")
    if field == "memory":
        return installed is None
    return derived is not None and derived != installed


def _unverified(row: dict[str, str]) -> tuple[str, ...]:
    """The figures of a row in doubt; a doubtful node count makes nodes and memory doubtful."""
    short = {"rmax_flop_s": "rmax", "rpeak_flop_s": "rpeak", "power_W": "power"}
    fields = [short.get(field, field) for field in tables.words(row["unverified"])]
    if "nodes_installed" in fields:
        fields += [] if row["nodes_derived"] else ["nodes"]
        fields += ["memory"] if row["memory_per_node_B"] else []
    return tuple(fields)


def find(name: str) -> System:
    """The system that goes by `name`; case and punctuation do not matter.

    Taken in turn: the full name, the name without its parentheses or what stands in them, a part of
    one name only, words of one name only. UnknownSystem if nothing or more than one system fits.
    """
    wanted = _plain(name)
    found = [s for s in systems() if wanted in _exact(s)] if wanted else []
    if wanted and not found:
        found = [s for s in systems() if wanted in _plain(s.name)]
    if wanted and not found:
        found = [s for s in systems() if all(w in _plain(s.name) for w in _split(name))]
    if len(found) == 1:
        return found[0]
    raise _ambiguous(name, found) if found else _unknown(name)


def _plain(name: str) -> str:
    """Letters and digits only, in one case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _split(name: str) -> list[str]:
    return [plain for word in name.split() if (plain := _plain(word))]


def _exact(system: System) -> set[str]:
    """The plain names a system goes by: 'Tianhe-2 (MilkyWay-2)' also by either half."""
    aliases = re.findall(r"\((.*?)\)", system.name)
    return {_plain(name) for name in (system.name, system.short, *aliases)}


def _ambiguous(name: str, found: Sequence[System]) -> UnknownSystem:
    return UnknownSystem(
        "named systems",
        f"{name!r} fits {len(found)} of them",
        known=", ".join(system.name for system in found),
        fix=f"type more of one name, for example {found[0].short!r}",
    )


def _unknown(name: str) -> UnknownSystem:
    names = [system.short for system in systems()]
    return UnknownSystem(
        "named systems",
        f"none is called {name!r}{did_you_mean(name, names)}",
        known=", ".join(names),
        fix="type one of these names, or a part that only one of them has",
    )
