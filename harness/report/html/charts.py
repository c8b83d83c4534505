"""A plot of `report.plots` as a chart of a page: its picture, its words, its table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from markupsafe import Markup

from harness.report import units
from harness.report.document import Doc
from harness.report.history_document import HistoryDoc, SeriesDoc
from harness.report.html import thinned, words
from harness.report.html.content import Cell, Chart, Table
from harness.report.plots import listing, render
from harness.report.report_document import ReportDoc

DRAWN: Final = 250
"""Runs in the picture of a series: more are a smear, and half a megabyte."""
_ROW: Final = re.compile(r'data-row="(\d+)"')
_SECTION: Final = {"scaling": "scaling"}
_TIMES: Final = ("s since 1970", "s, UTC", "UTC")


def chart(name: str, doc: Doc, id: str, title: str = "") -> Chart:  # noqa: A002 - that of HTML
    """The chart of a plot. id : unique in the page; title : if not its own."""
    kind = listing.load(name)
    return Chart(
        id=id,
        title=title or kind.TITLE,
        svg=Markup(render.inlined(name, doc, f"{id}-")),  # noqa: S704 - escaped by its writer
        described=listing.described(kind, doc),
        table=table(*kind.table(doc)),
    )


def of_series(series: SeriesDoc, most: int, id: str) -> Chart:  # noqa: A002
    """The course of a series, at most `DRAWN` of its newest runs; its table is `thinned.table`.

    That begins with the newest run, the picture with the oldest that is drawn.
    """
    drawn = thinned.newest(series, min(most, DRAWN))
    doc = HistoryDoc(
        results="", kernel=series.kernel, since=None, time=series.newest, series=[drawn],
        skipped=[], confirmed_by="", exit_code=0, run_next=[],
        left_out=listing.limit(
            f"newest {len(drawn.points)}", len(drawn.points), len(series.points), "runs"
        ),
    )  # fmt: skip
    made = chart("history", doc, id, "Runs and levels")
    last = len(drawn.points) - 1
    svg = _ROW.sub(lambda found: f'data-row="{last - int(found[1])}"', made.svg)
    return replace(
        made,
        svg=Markup(svg),  # noqa: S704 - as above
        table=thinned.table(series, most),
    )


def of_run(report: ReportDoc, section: str) -> list[Chart]:
    """The plots of a run that belong to a section: what no other one wants is of the kernels."""
    return [
        chart(
            one.plot,
            listing.load(one.plot).DOCUMENT.model_validate(one.numbers),
            f"plot-{one.plot}",
        )
        for one in report.plots
        if _SECTION.get(one.plot, "kernels") == section
    ]


def table(columns: Sequence[str], rows: Sequence[Sequence[str | float | int | None]]) -> Table:
    """The numbers behind a plot with prefixes; units go from the headings into the cells."""
    found = [words.column_unit(one) for one in columns]
    numeric = frozenset(
        i
        for i in range(len(columns))
        if any(isinstance(row[i], int | float) for row in rows)
        and not any(isinstance(row[i], str) for row in rows)
    )
    heads = [
        one if unit in _TIMES else words.without_unit(one)
        for one, unit in zip(columns, found, strict=True)
    ]
    cells = [[_cell(one, unit) for one, unit in zip(row, found, strict=True)] for row in rows]
    return Table(heads, cells, numeric, "Numbers of the chart")


def _cell(value: str | float | None, unit: str) -> Cell:
    """A time is a date, a fraction with the unit % is one already, a number gets a prefix."""
    if value is None:
        return Cell("")
    if isinstance(value, str):
        return Cell(value)
    if unit in _TIMES:
        return Cell(words.when(value), value)
    if isinstance(value, int) and not unit:
        return Cell(str(value), value)
    if unit == "%":
        return Cell(f"{value:.1f} %", value)
    return Cell(units.si(value, unit) if unit else units.digits(value), value)
