"""`qyran history`: the course of what was measured again and again."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from harness.commands import history_lines, next_step, output
from harness.errors import CannotMeasure, ConfigError, CorruptStore, unknown
from harness.judge.history import events, series
from harness.judge.history.series import Series, Watched
from harness.outcome import GOOD, INCONCLUSIVE, NOT_MEASURED, PERFORMANCE_FAILED
from harness.record import library, store
from harness.record.library import Found, Known, Selection, Skipped
from harness.report import history as view
from harness.report.history_compose import aged, of_series
from harness.report.history_document import HistoryDoc, SeriesDoc, SkippedDoc

_COLUMNS: Final = (
    "kernel", "metric", "unit", "series", "hardware_key", "time", "value", "low", "high", "run",
    "outcome", "commit", "software_key", "hosts", "segment", "role",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What is to be shown. kernel : "" for all; since : text of a date; file : events.yaml."""

    kernel: str
    metric: str | None
    cluster: str
    since: str | None
    file: Path | None
    csv: Path | None
    everything: bool
    results: Path


def history(wanted: Wanted, *, as_json: bool) -> None:
    """Show what is wanted and end with the code of the worst state of it."""
    all_points = as_json or wanted.everything or bool(wanted.csv or wanted.since)
    show(wanted, shown(wanted) if all_points else glanced(wanted), as_json=as_json)


def show(wanted: Wanted, document: HistoryDoc, *, as_json: bool) -> None:
    """Print a document, write its CSV file, and end with its code."""
    if wanted.csv is not None:
        _write(wanted.csv, table(document))
    whole = bool(wanted.kernel or wanted.everything)
    rendered = view.full(document) if whole else view.overview(document)
    output.show(document, rendered, as_json=as_json)
    output.end(document.exit_code)


def shown(wanted: Wanted, confirmed_by: str = "") -> HistoryDoc:
    """The document of what is wanted. confirmed_by : the run of `--confirm` before it."""
    since = _since(wanted.since)
    found, all_ = judged(wanted)
    now = time.time()
    listed = [of_series(one, now, _header) for one in all_]
    kept = [one for one in (_from(one, since) for one in listed) if one is not None]
    made = _document(wanted, kept, found.skipped, now)
    return made.model_copy(update={"since": since, "confirmed_by": confirmed_by})


def glanced(wanted: Wanted) -> HistoryDoc:
    """The same with the points of those series alone that are drawn."""
    known = events.load(wanted.file, wanted.results)
    selection, now = _selection(wanted), time.time()

    def judge(narrower: Selection) -> list[SeriesDoc]:
        found = library.find(wanted.results, narrower)
        groups = series.gathered(found.cases, wanted.metric)
        return [of_series(series.watched(one, known), now, _header) for one in groups]

    lines = history_lines.lines(wanted.results, selection, wanted.metric, known, judge)
    if not lines:
        return shown(wanted)  # which says what there is instead
    drawn = {
        (one.series, one.hardware_key): one
        for line in (view.first(lines) if wanted.kernel else ())
        for one in judge(replace(selection, series=line.series, hardware_key=line.hardware_key))
    }
    kept = [drawn.get((one.series, one.hardware_key), aged(one, now)) for one in lines]
    return _document(wanted, kept, library.unusable(wanted.results), now)


def _selection(wanted: Wanted) -> Selection:
    return Selection(kernel=wanted.kernel, cluster=wanted.cluster)


def _document(
    wanted: Wanted, listed: list[SeriesDoc], skipped: Sequence[Skipped], now: float
) -> HistoryDoc:
    return HistoryDoc(
        results=str(wanted.results),
        kernel=wanted.kernel,
        since=None,
        time=now,
        series=listed,
        skipped=[SkippedDoc(file=str(one.path), reason=one.reason) for one in skipped],
        confirmed_by="",
        exit_code=_exit_code(listed),
        run_next=_next(wanted, listed),
    )


def judged(wanted: Wanted) -> tuple[Found, list[Watched]]:
    """All series of the selection with their course; judged from their beginning on.

    Raises ConfigError for a kernel or a metric that no run has, or a wrong events.yaml.
    """
    known = events.load(wanted.file, wanted.results)
    found = library.find(wanted.results, _selection(wanted))
    if wanted.kernel and not found.cases:
        _refuse_unknown(wanted)
    groups = series.gathered(found.cases, wanted.metric)
    if wanted.metric and found.cases and not groups:
        metrics = sorted({name for case in found.cases for name in case.metrics})
        raise unknown("--metric", "metric", wanted.metric, metrics)
    return found, [series.watched(one, known) for one in groups]


def _refuse_unknown(wanted: Wanted) -> None:
    """ConfigError for a kernel that was never recorded, if others were."""
    known = Known(wanted.results).kernels
    if known and wanted.kernel not in known:
        raise unknown("history", "kernel", wanted.kernel, known, "`qyran history` shows all")


def _since(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return events.time_of(text)
    except ValueError as error:
        raise ConfigError("--since", str(error)) from error


@cache
def _header(folder: Path) -> Mapping[str, Any]:
    try:
        return store.header(folder)
    except CorruptStore:
        return {}


def _from(one: SeriesDoc, since: float | None) -> SeriesDoc | None:
    """The part of a series that is shown; None if no run of it is."""
    if since is None:
        return one
    first = next((i for i, point in enumerate(one.points) if point.time >= since), None)
    if first is None:
        return None
    dropped = sum(row.last < since for row in one.segments)
    points = [
        point.model_copy(
            update={"segment": None if point.segment is None else point.segment - dropped}
        )
        for point in one.points[first:]
    ]
    marks = [
        mark.model_copy(update={"point": mark.point - first})
        for mark in one.marks
        if mark.point >= first
    ]
    rows = [row for row in one.segments if row.last >= since]
    gaps = [gap for gap in one.gaps if gap.time >= since]
    update = {"runs": len(points), "points": points, "marks": marks, "segments": rows, "gaps": gaps}
    return one.model_copy(update=update)


def _exit_code(listed: Sequence[SeriesDoc]) -> int:
    """3 without data, 1 with a regression that is still there, 4 with a suspect or unjudged."""
    if not listed:
        return NOT_MEASURED
    states = {one.status for one in listed}
    if "confirmed" in states:
        return PERFORMANCE_FAILED
    if "suspect" in states or not any(one.judged for one in listed):
        return INCONCLUSIVE
    return GOOD


def _next(wanted: Wanted, listed: Sequence[SeriesDoc]) -> list[str]:
    """What to type next."""
    where = next_step.at(wanted.results)
    if not listed:
        return [f"qyran ls{where}"]
    suspects = sorted({one.kernel for one in listed if one.status == "suspect"})
    words = [f"qyran history --confirm {kernel}{where}" for kernel in suspects]
    if not wanted.kernel and not wanted.everything:
        words.append(f"qyran history {_first(listed)}{where}")
    return words


def _first(listed: Sequence[SeriesDoc]) -> str:
    worst = ("confirmed", "suspect", "steady", "too few")
    return min(listed, key=lambda one: (worst.index(one.status), one.kernel)).kernel


def table(document: HistoryDoc) -> str:
    """All points as CSV, a row each, in base units and seconds since 1970."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in document.series:
        of_series_ = one.model_dump(include=set(_COLUMNS))
        for point in one.points:
            row = {**of_series_, **point.model_dump(), "hosts": " ".join(point.hosts)}
            writer.writerow("" if row[name] is None else row[name] for name in _COLUMNS)
    return made.getvalue()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotMeasure(str(path), f"cannot be written: {error.strerror}") from error


def suspicious(wanted: Wanted) -> list[tuple[Series, str, int]]:
    """Open suspicions of regressions: the series, the id, and the run that raised it."""
    return [
        (one.series, change.id, change.raised)
        for one in judged(wanted)[1]
        for change in one.open
        if change.status == "suspect"
    ]
