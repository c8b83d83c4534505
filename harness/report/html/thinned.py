"""Runs of a series as rows of a table, few enough that a report stays small.

A report of 5,000 runs is to be read, sent and printed: above some thousand rows, the newest runs
of each series have a row each, and those before them a row a month; `qyran history --csv` has all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Final

from harness.report import units
from harness.report.history_document import PointDoc, SeriesDoc
from harness.report.html import words
from harness.report.html.content import Cell, Table

MOST_ROWS: Final = 6000
"""Of all series together: some 130 bytes each."""
_LEAST: Final = 20


def allowance(runs: Sequence[int]) -> list[int]:
    """How many runs of each series have a row: all of them, or what remains of `MOST_ROWS`.

    Short series keep all they have; the long ones share what is left, 20 at least.
    """
    if sum(runs) <= MOST_ROWS:
        return list(runs)
    left, given = MOST_ROWS, dict.fromkeys(range(len(runs)), 0)
    for done, i in enumerate(sorted(given, key=lambda one: runs[one])):
        given[i] = min(runs[i], max(_LEAST, left // (len(runs) - done)))
        left -= given[i]
    return [given[i] for i in range(len(runs))]


def newest(series: SeriesDoc, most: int) -> SeriesDoc:
    """The series with its newest runs alone; where levels changed is still known."""
    cut = max(0, len(series.points) - most)
    if not cut:
        return series
    marks = [
        mark.model_copy(update={"point": mark.point - cut})
        for mark in series.marks
        if mark.point >= cut
    ]
    return series.model_copy(update={"points": series.points[cut:], "marks": marks})


def table(series: SeriesDoc, most: int) -> Table:
    """The newest runs first, then months."""
    newest = series.points[::-1][:most] if most else []
    older = series.points[: len(series.points) - len(newest)]
    columns = ("time, UTC", "value", "95 % interval", "outcome", "run")
    rows = [_run(one, series.unit) for one in newest]
    rows += [_month(name, of, series.unit) for name, of in _months(older)]
    caption = f"Runs, the newest first; {series.better} is better"
    if older:
        caption += f". {len(older)} older ones by month: median, range"
    return Table(columns, rows, frozenset({1, 2}), caption)


def _run(one: PointDoc, unit: str) -> list[Cell]:
    interval = units.si_range(one.low, one.high, unit) if one.n > 1 else ""
    return [
        Cell(words.when(one.time), kind="nowrap"),
        words.number(one.value, unit),
        Cell(interval),
        Cell(_outcome(one)),
        Cell(one.run),
    ]


def _outcome(one: PointDoc) -> str:
    role = {"suspect": "suspect", "disturbed": "off its level", "again": "measured again"}
    return role.get(one.role, "") or one.outcome


def _months(points: Sequence[PointDoc]) -> list[tuple[str, list[PointDoc]]]:
    """The newest month first."""
    months: dict[str, list[PointDoc]] = {}
    for one in points:
        name = datetime.fromtimestamp(one.time, UTC).strftime("%Y-%m")
        months.setdefault(name, []).append(one)
    return sorted(months.items(), reverse=True)


def _month(name: str, points: Sequence[PointDoc], unit: str) -> list[Cell]:
    values = [one.value for one in points]
    return [
        Cell(name),
        words.number(median(values), unit),
        Cell(units.si_range(min(values), max(values), unit)),
        Cell(""),
        Cell(units.counted(len(points), "run")),
    ]
