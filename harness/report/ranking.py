"""The second half of `qyran rank`: other lists, efficiency among similar systems, neighbours."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from harness.reference import features, top500
from harness.reference.other_lists import Among
from harness.reference.ranking import More, Other
from harness.reference.similar import Group, Near
from harness.reference.standing import Standing
from harness.report.table import new_table
from harness.report.units import percent, si


def rendered(of: More) -> RenderableType:
    """What a person reads."""
    parts: list[RenderableType] = [Text(line, style=style) for line, style in _age(of)]
    parts += [Text(line) for line in _partial(of)]
    parts += [Text(""), Text("other lists", style="bold"), *_others(of)]
    parts += [Text(""), *_efficiency(of), Text(""), *_nearest(of)]
    return Lines(*parts)


def _age(of: More) -> Iterator[tuple[str, str]]:
    name, months = of.newest.label, of.age_months
    yield f"The newest list here is that of {name}, {_months(months)} old.", ""
    if of.missing:
        lists = "One list has" if of.missing == 1 else f"{of.missing} lists have"
        yield f"! {lists} been published since.", "yellow"
        yield "  fix: `qyran reference import FILE` adds what top500.org publishes", "yellow"


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{max(0, count)} months"


def _partial(of: More) -> Iterator[str]:
    for one in of.partial:
        label = _label(one.key)
        where = f"place {one.place}" if one.place else f"below the first {one.entries}"
        yield f"{label} (only its first {one.entries} are held here): {where}"


def _label(key: str) -> str:
    year, month = (int(part) for part in key.split("-"))
    return top500.label(year, month)


def _others(of: More) -> Iterator[RenderableType]:
    known = [one for one in of.others if one.lists]
    if known:
        yield _others_table(known)
    for one in of.others:
        if not one.lists:
            yield Text(f"{one.benchmark}: {_wanted(one)}", style="dim")


def _wanted(one: Other) -> str:
    flags = {
        "HPCG": "--hpcg '1.2 TF'",
        "HPL-MxP": "--hpl-mxp '9 TF'",
        "Green500": "--power '20 kW'",
    }
    return f"no result known; give {flags[one.benchmark]}"


def _others_table(known: list[Other]) -> Table:
    table = new_table("benchmark", "result", "list", "place", "no. 1", "last")
    for other in known:
        best = min(other.lists, key=lambda one: one.place or math.inf)
        shown = [best] if best.place else []
        shown += [one for one in (other.lists[0], other.lists[-1]) if one not in shown]
        for one in sorted(shown, key=lambda one: one.key):
            table.add_row(
                other.benchmark,
                si(other.value, other.unit),
                one.key,
                f"{one.place} of {one.entries}" if one.place else f"below all {one.entries}",
                si(one.first, other.unit),
                si(one.last, other.unit),
            )
    return table


def _efficiency(of: More) -> Iterator[RenderableType]:
    machine = of.asked.machine
    ours = machine.efficiency
    said = f"ours: {percent(ours)}" if ours is not None else "ours is not known: give --rpeak"
    yield Text(f"Rmax / Rpeak on the list of {of.newest.label} ({said})", style="bold")
    table = new_table("systems", "number", "quartiles", "ours is above")
    for group in of.groups[:8]:
        table.add_row(*_group(group))
    yield table


def _group(of: Group) -> tuple[str, ...]:
    low, middle, high = (f"{100.0 * one:.0f}" for one in of.quartiles)
    return of.name, str(of.systems), f"{low} | {middle} | {high} %", percent(of.below)


def _nearest(of: More) -> Iterator[RenderableType]:
    machine = of.asked.machine
    known = [("Rmax", True), ("cores", machine.cores), ("Rmax / Rpeak", machine.efficiency),
             ("kind", machine.accelerated is not None)]  # fmt: skip
    named = ", ".join(name for name, value in known if value)
    yield Text(f"What it is like: the nearest systems by {named}", style="bold")
    table = new_table("list", "no.", "Rmax", "of peak", "cores", "chips", "network", "distance")
    for near in of.nearest:
        table.add_row(*_near(near))
    yield table
    yield from (Text(f"{_on(near)}: {near.name}", style="dim") for near in of.nearest if near.name)


def _on(near: Near) -> str:
    return f"no. {near.rank} of {near.list.label}"


def _near(of: Near) -> tuple[str, ...]:
    cores = of.figure("cores")
    share = of.figure("rmax") / of.figure("rpeak")
    return (
        of.list.key,
        str(of.rank),
        si(of.figure("rmax"), "flop/s"),
        percent(share),
        f"{cores:,.0f}" if math.isfinite(cores) else "-",
        _known(of.chip),
        _known(of.network),
        f"{of.distance:.2f}",
    )


def _known(name: str) -> str:
    return "-" if name == features.UNKNOWN else name


def document(of: More, place: Standing) -> dict[str, Any]:
    """The same as JSON-ready values in base units."""
    machine = of.asked.machine
    return {
        "newest_list": {
            "list": of.newest.key, "months": of.age_months, "missing": of.missing,
        },
        "years": years(place),
        "machine": {
            "rpeak": machine.rpeak,
            "cores": machine.cores,
            "power": of.asked.power,
            "efficiency": machine.efficiency,
            "accelerated": machine.accelerated,
            "network": machine.network,
        },
        "other_lists": [_other(one) for one in of.others],
        "partial": [_place(one) for one in of.partial],
        "efficiency": [_group_document(one) for one in of.groups],
        "nearest": [_near_document(one) for one in of.nearest],
    }  # fmt: skip


def years(of: Standing) -> dict[str, str | None]:
    """The lists that the result would have led, been on and left."""
    turns = ("first_led", "last_led", "first_listed", "last_listed", "left")
    found = {name: getattr(of, name) for name in turns}
    return {name: at.key if at else None for name, at in found.items()}


def _other(of: Other) -> dict[str, Any]:
    return {
        "benchmark": of.benchmark,
        "value": of.value,
        "unit": of.unit,
        "source": of.source,
        "lists": [_place(one) for one in of.lists],
    }


def _place(of: Among) -> dict[str, Any]:
    return {
        "list": of.key,
        "place": of.place,
        "entries": of.entries,
        "first": of.first,
        "last": of.last,
    }


def _group_document(of: Group) -> dict[str, Any]:
    low, middle, high = of.quartiles
    return {
        "group": of.name,
        "systems": of.systems,
        "low_quartile": low,
        "median": middle,
        "high_quartile": high,
        "below": of.below,
    }


def _near_document(of: Near) -> dict[str, Any]:
    figures = {name: of.figure(name) for name in ("rmax", "rpeak", "cores", "power")}
    known = {name: one if math.isfinite(one) else None for name, one in figures.items()}
    rpeak = known["rpeak"]
    return {
        "distance": of.distance,
        "list": of.list.key,
        "rank": of.rank,
        "name": of.name,
        **known,
        "efficiency": of.figure("rmax") / rpeak if rpeak else None,
        "chip": of.chip,
        "network": of.network,
    }
