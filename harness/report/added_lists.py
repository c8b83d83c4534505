"""`qyran reference` on the terminal: the lists that were added, and what was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from rich.console import Group, RenderableType
from rich.text import Text

from harness.reference import imported, top500
from harness.reference.imported import Table
from harness.report.reference_document import AddedListDoc, ReferenceDoc
from harness.report.table import new_table
from harness.report.units import si

Done = Literal["listed", "imported", "removed"]


def document(done: Done, changed: str | None, notes: Sequence[str]) -> ReferenceDoc:
    """The lists as they are now."""
    packaged = top500.packaged()
    dates = {of.date for of in packaged}
    return ReferenceDoc(
        folder=str(imported.folder()),
        done=done,
        changed=changed,
        notes=list(notes),
        newest=top500.lists()[-1].key,
        packaged_first=packaged[0].key,
        packaged_last=packaged[-1].key,
        lists=[_added(one, packaged=one.date in dates) for one in imported.stored()],
    )


def _added(of: Table, *, packaged: bool) -> AddedListDoc:
    rmax = of.figures["rmax"]
    return AddedListDoc(
        list=of.key,
        places=of.places,
        number_one=of.number_one,
        first=float(rmax[0]),
        last=float(rmax[-1]),
        total=float(sum(rmax)),
        source=of.source,
        added=of.added,
        packaged=packaged,
    )


def rendered(of: ReferenceDoc) -> RenderableType:
    """What a person reads."""
    parts: list[RenderableType] = [Text(line) for line in _lines(of)]
    if of.lists:
        table = new_table("list", "places", "no. 1", "Rmax", "last", "sum", "added")
        for one in of.lists:
            table.add_row(*_row(one))
        parts += [table, Text(f"in {of.folder}", style="dim")]
    return Group(*parts)


def _lines(of: ReferenceDoc) -> Iterator[str]:
    if of.done != "listed":
        yield f"{_label(of.changed or '')} {of.done}"
    yield from (f"! {note}" for note in of.notes)
    span = f"{_label(of.packaged_first)} to {_label(of.packaged_last)}"
    yield f"with qyran: {span}; the newest complete list here: {_label(of.newest)}"
    if not of.lists:
        yield "no list was added: `qyran reference import FILE` reads what top500.org publishes"


def _label(key: str) -> str:
    return top500.label(*(int(part) for part in key.split("-")))


def _row(of: AddedListDoc) -> tuple[str, ...]:
    places = str(of.places) if of.places == top500.SIZE else f"first {of.places}"
    total = si(of.total, "flop/s") if of.places == top500.SIZE else "-"
    rates = (si(of.first, "flop/s"), si(of.last, "flop/s"), total)
    return of.list, places, of.number_one[:24], *rates, of.added[:10]
