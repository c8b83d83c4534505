"""`qyran rank` on the terminal and as JSON: the place in the lists, and named systems beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.reference import systems, top500
from harness.reference.standing import (
    Place,
    Projection,
    Standing,
    Versus,
    milestones,
    rounded,
    sentence,
)
from harness.report.units import si

SCHEMA: Final = "qyran.rank/1"

ABREAST: Final = 4
"""Systems in one table; more of them continue in a table below."""

NAMES: Final = {
    "rmax": "Rmax",
    "rpeak": "Rpeak",
    "cores": "cores",
    "nodes": "nodes",
    "memory": "memory",
    "power": "power",
    "hpcg": "HPCG",
    "hpl_mxp": "HPL-MxP",
}


def table(of: Standing, versus: Sequence[Versus] = ()) -> RenderableType:
    """The sentence, the milestone lists, and the comparison with each system of `versus`."""
    parts: list[RenderableType] = [
        Text(f"HPL {si(of.rmax, 'flop/s')}: {sentence(of)}"),
        Text("; ".join(v.phrase for v in versus)) if versus else Text(""),
        _lists(of),
        Text(outlook(of)),
    ]
    parts += [_comparison(versus[i : i + ABREAST]) for i in range(0, len(versus), ABREAST)]
    parts += [Text(line) for line in _remarks(versus)]
    return Group(*(part for part in parts if not isinstance(part, Text) or part.plain))


def _lists(of: Standing) -> Table:
    """One row a milestone list: the place, the first and last of the list, ours / no. 500."""
    result = Table(title="TOP500")
    result.add_column("list")
    for heading in ("place", "no. 1", "no. 500", "ours / no. 500"):
        result.add_column(heading, justify="right")
    for at in milestones(of):
        result.add_row(
            at.label,
            str(at.place) if at.place else "-",
            si(at.first, "flop/s"),
            si(at.last, "flop/s"),
            times(of.rmax / at.last),
        )
    return result


def times(ratio: float) -> str:
    """'3.2x' for a ratio of one or more, '1/27' below."""
    return f"{rounded(ratio)}x" if ratio >= 1 else f"1/{rounded(1 / ratio)}"


def outlook(of: Standing) -> str:
    """What the newest list asks for, or until when the result may stay on it."""
    growth = f"no. 500 grew {of.projection.growth - 1:.0%} a year over the last {_window(of)}"
    newest = of.newest.label
    if of.factor_to_enter is not None:
        return f"To enter the list of {newest}: {rounded(of.factor_to_enter)}x this Rmax; {growth}."
    if of.projection.leaves is None:
        return f"On the list of {newest}; {growth}."
    leaves = top500.label(*of.projection.leaves)
    return f"On the list of {newest}; {growth}: at that pace off the list in {leaves} (estimate)."


def _window(of: Standing) -> str:
    return f"{of.projection.lists} lists"


def _comparison(versus: Sequence[Versus]) -> Table:
    """One column a system, one row a figure, each with its doubt."""
    result = Table(title="against named systems")
    result.add_column("")
    for v in versus:
        result.add_column(Text(v.system.short), justify="right")
    result.add_row("list", *(_entry_name(v) for v in versus))
    for field, name in NAMES.items():
        result.add_row(name, *(figure(v.system.figure(field), field) for v in versus))
    result.add_row("ours / theirs", *(_ratio(v) for v in versus))
    result.add_row("status", *(v.system.best.standing for v in versus))
    return result


def _entry_name(v: Versus) -> str:
    """'no. 1, June 2016', with the status of a list that is not held here, or 'on no list'."""
    entry = v.system.best
    if entry.list is None:
        return "on no list"
    name = f"no. {entry.rank}, {entry.label}"
    return name if entry.listed else f"{name} ({entry.status})"


def figure(of: systems.Figure, field: str) -> str:
    """A figure in scaled units with its doubt in parentheses, '-' where unknown."""
    if of.value is None:
        return "-"
    unit = systems.UNITS[field]
    text = f"{of.value:,.0f}" if unit == "1" else si(of.value, unit)
    return f"{text} ({of.doubt})" if of.doubt else text


def _ratio(v: Versus) -> str:
    if v.ratio is None:
        return "-"
    return f"{times(v.ratio)} ({v.theirs.doubt})" if v.theirs.doubt else times(v.ratio)


def _remarks(versus: Sequence[Versus]) -> Iterator[str]:
    """A line for every system whose figures need a word: what its status means, and the note."""
    for v in versus:
        entry = v.system.best
        meaning = "" if entry.listed else f"{systems.STATUS[entry.status]}. "
        if meaning or entry.unverified:
            yield f"{v.system.short}: {meaning}{entry.note}".rstrip()


def document(of: Standing, versus: Sequence[Versus] = ()) -> dict[str, Any]:
    """The same as one JSON-ready document in base units: full precision, stable order."""
    return {
        "schema": SCHEMA,
        "rmax": of.rmax,
        "unit": "flop/s",
        "sentence": sentence(of),
        "last_led": of.last_led.key if of.last_led else None,
        "last_listed": of.last_listed.key if of.last_listed else None,
        "best": {"list": of.best.key, "place": of.best.place} if of.best else None,
        "newest": {**_place(of.newest), "factor_to_enter": of.factor_to_enter},
        "projection": _projection(of.projection),
        "lists": [_place(at) for at in of.places],
        "against": [_against(v) for v in versus],
    }


def _place(at: Place) -> dict[str, Any]:
    return {
        "list": at.key,
        "place": at.place,
        "first": at.first,
        "tenth": at.tenth,
        "hundredth": at.hundredth,
        "last": at.last,
        "total": at.total,
    }


def _projection(of: Projection) -> dict[str, Any]:
    leaves = top500.key(*of.leaves) if of.leaves else None
    return {"growth_per_year": of.growth, "lists": of.lists, "leaves": leaves, "estimate": True}


def _against(v: Versus) -> dict[str, Any]:
    """A system: the entry compared with, every figure with unit and doubt, and the sources."""
    entry = v.system.best
    return {
        "system": v.system.name,
        "site": v.system.site,
        "country": v.system.country,
        "list": entry.key or None,
        "rank": entry.rank,
        "ratio": v.ratio,
        "phrase": v.phrase,
        "status": entry.status,
        "status_means": systems.STATUS[entry.status],
        "unverified": list(entry.unverified),
        "figures": {field: _figure(v.system.figure(field), field) for field in systems.UNITS},
        "node": entry.node,
        "note": entry.note,
        "sources": list(entry.sources),
    }


def _figure(of: systems.Figure, field: str) -> dict[str, Any]:
    return {"value": of.value, "unit": systems.UNITS[field], "doubt": of.doubt}
