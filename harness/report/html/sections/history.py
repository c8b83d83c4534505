"""The history: an overview of all series with their lines, then those to look at in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.report import units
from harness.report.history_document import SegmentDoc, SeriesDoc
from harness.report.html import spark, thinned, words
from harness.report.html.charts import DRAWN, of_series
from harness.report.html.content import Block, Cell, Section, Table, Tone, verdict
from harness.report.report_document import ReportDoc

ORDER: Final = 50
_URGENCY: Final = ("confirmed", "suspect", "fixed", "refuted", "steady", "too few")
_LEAST: Final = 5
_MOST_CHARTS: Final = 24
_MOST_DRAWN: Final = 3000
_STALE_DAYS: Final = 14.0


def section(report: ReportDoc) -> Section | None:
    """None without a series."""
    history = report.history
    if history is None or not history.series:
        return None
    listed = sorted(history.series, key=urgency)
    rows = thinned.allowance([len(one.points) for one in listed])
    facts: dict[str, object] = {
        "overview": _overview(listed),
        "lines": [spark.path(one) for one in listed],
    }
    drawn = _drawn(listed)
    blocks = [_series(one, i, rows[i], i in drawn) for i, one in enumerate(listed)]
    facts["left"] = ""
    if len(drawn) < len(listed):
        facts["left"] = f"{len(drawn)} of {len(listed)} series are drawn, the others are tables."
    return Section(
        "history", "History", blocks, "history.html", {**facts, "next": history.run_next}
    )


def urgency(one: SeriesDoc) -> tuple[int, int, str]:
    """Those to look at first, then those with the most runs."""
    known = _URGENCY.index(one.status) if one.status in _URGENCY else len(_URGENCY)
    return known, -len(one.points), one.series


def _drawn(listed: Sequence[SeriesDoc]) -> set[int]:
    """Those to look at first, as far as a page can hold them: each run drawn takes 300 bytes."""
    drawn: set[int] = set()
    room = _MOST_DRAWN
    for i, one in enumerate(listed):
        runs = min(len(one.points), DRAWN)
        if _LEAST <= runs <= room and len(drawn) < _MOST_CHARTS:
            drawn.add(i)
            room -= runs
    return drawn


def _overview(listed: Sequence[SeriesDoc]) -> Table:
    columns = (
        "series", "metric", "machine", "status", "newest", "last change", "runs", "noise",
        "newest run", "course",
    )  # fmt: skip
    rows = [
        [
            Cell(one.series, kind="strong", href=f"#series-{i}", title=_parameters(one)),
            Cell(one.metric),
            Cell(one.machine or one.hardware_key[:8]),
            verdict(one.status),
            words.number(one.points[-1].value if one.points else None, one.unit),
            words.signed(_last_change(one)),
            Cell(str(len(one.points)), len(one.points)),
            words.fraction(one.noise),
            Cell(words.day(one.newest), one.newest, tone=_stale(one), kind="nowrap"),
        ]
        for i, one in enumerate(listed)
    ]
    return Table(columns, rows, frozenset({4, 5, 6, 7}), "All series, those to look at first")


def _stale(one: SeriesDoc) -> Tone:
    return "warn" if one.silent_days >= _STALE_DAYS else ""


def _parameters(one: SeriesDoc) -> str:
    return ", ".join(f"{name} = {value}" for name, value in one.parameters.items())


def _last_change(one: SeriesDoc) -> float | None:
    changes = [row for row in one.segments if row.suspicion and row.current]
    return changes[-1].change if changes else None


def _series(one: SeriesDoc, number: int, most: int, drawn: bool) -> Block:
    nodes = f" on {one.nodes} nodes" if one.nodes > 1 else ""
    facts = [
        ("status", one.status),
        ("better", one.better),
        ("ranks × threads", f"{one.ranks} × {one.threads}{nodes}"),
        ("parameters", _parameters(one) or "-"),
        ("machine", f"{one.machine or 'unknown'}, hardware {one.hardware_key or 'unknown'}"),
        ("clusters", ", ".join(one.clusters)),
        ("noise between runs", words.fraction(one.noise).text),
        ("noise between launches", words.fraction(one.between_launches).text),
    ]
    tables = [_segments(one)] if one.segments else []
    notes = [f"{words.day(mark.time)}: {mark.text}" for mark in one.marks]
    gaps = [f"{words.day(gap.time)}: no number: {gap.reason}" for gap in one.gaps]
    title = f"{one.kernel} {one.metric}, {one.series}"
    charts = [of_series(one, most, f"history-{number}")] if drawn else []
    points = [] if drawn else [thinned.table(one, most)]
    return Block(
        title, f"series-{number}", [*notes, *_some(gaps)], [*tables, *points], charts, facts
    )


def _some(gaps: list[str]) -> list[str]:
    more = len(gaps) - 3
    return gaps if more <= 0 else [*gaps[:3], f"and {more} more runs without a number"]


def _segments(one: SeriesDoc) -> Table:
    columns = ("level from", "to", "runs", "median", "95 % interval", "change", "status", "why")
    rows = [
        [
            Cell(words.day(row.first), row.first, kind="nowrap"),
            Cell(words.day(row.last), row.last, kind="nowrap"),
            Cell(str(row.runs), row.runs),
            words.number(row.value, one.unit),
            Cell(units.si_range(row.low, row.high, one.unit) if row.runs > 1 else "one run"),
            words.signed(row.change),
            verdict(row.status, "better" if _is_better(row) else ""),
            Cell(_why(row)),
        ]
        for row in one.segments
    ]
    return Table(columns, rows, frozenset({2, 3, 4, 5}), "Levels", sortable=False)


def _is_better(row: SegmentDoc) -> bool:
    return bool(row.suspicion) and not row.worse and row.status in ("confirmed", "suspect")


def _why(row: SegmentDoc) -> str:
    with_ = f"with {row.with_}" if row.with_ else ""
    return "; ".join(one for one in (row.reason, with_, *row.evidence) if one)
