"""How results changed from run to run: levels, changes, suspects and known events.

The document is that of `qyran history`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.report import units
from harness.report.history_document import HistoryDoc, PointDoc, SegmentDoc, SeriesDoc
from harness.report.plots import listing, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.report.plots.labels import Label
    from harness.report.plots.listing import Table

TITLE: Final = "History"
HELP: Final = "results from run to run, with levels, changes, suspects and known events"
NEEDS: Final = "history"
DOCUMENT: Final = HistoryDoc
MOST: Final = 6
"""Series in one picture, those to look at first."""
_PANEL_PX: Final = 260.0
_ORDER: Final = ("confirmed", "suspect", "too few", "steady")
_DATES: Final = 7
_MARKERS: Final = {"level": "o", "suspect": "D", "disturbed": "X", "again": "s"}
_ROLES: Final = {
    "suspect": "suspect",
    "disturbed": "off its level for a while",
    "again": "measured again",
}


def shown(doc: HistoryDoc) -> Sequence[SeriesDoc]:
    """The series that are drawn: of most interest first."""
    listed = [one for one in doc.series if one.points]
    return sorted(listed, key=lambda one: (_ORDER.index(one.status), one.series))[:MOST]


def left_out(doc: HistoryDoc) -> str:
    """What a picture of these series does not show, in words; "" for nothing."""
    drawn = len(shown(doc))
    return listing.limit(f"{drawn} to look at first", drawn, len(doc.series), "series")


def size(doc: HistoryDoc) -> tuple[float, float]:
    """A panel for each series."""
    return 900.0, 60.0 + _PANEL_PX * len(shown(doc))


def describe(doc: HistoryDoc) -> str:
    """Each series in words."""
    words = [_sentence(one) for one in shown(doc)]
    return " ".join(words)


def _sentence(one: SeriesDoc) -> str:
    rows = [row for row in one.segments if row.suspicion and row.current]
    changed = "".join(
        f" {units.signed_percent(row.change or 0.0)} since {_date(row.first)}"
        + (f" ({_word(row)})" if _word(row) != one.status else "")
        for row in rows
    )
    level = f" at {units.si(one.segments[-1].value, one.unit)}" if one.segments else ""
    state = changed or level
    low, high = scale(one)
    beyond = sum(not low <= at.value <= high for at in one.points)
    edge = f", {beyond} beyond the scale, at its edge" if beyond else ""
    name = f"{one.kernel} {one.metric}, {one.ranks} x {one.threads}"
    return f"{name}: {one.status}{state}, {_runs(one)}{edge}."


def _word(row: SegmentDoc) -> str:
    """What a level is called; no improvement is confirmed as a regression is."""
    return "better" if row.status == "confirmed" and not row.worse else row.status


def _runs(one: SeriesDoc) -> str:
    return units.counted(len(one.points), "run")


def table(doc: HistoryDoc) -> Table:
    """A row for each run of each series that is drawn."""
    head = ("series", "metric", "time (UTC)", "run", "value", "low", "high", "unit", "level",
            "state")  # fmt: skip
    rows = [
        (one.series, one.metric, _time(at.time), at.run, at.value, at.low, at.high, one.unit,
         None if at.segment is None else one.segments[at.segment].value, at.role)
        for one in shown(doc)
        for at in one.points
    ]  # fmt: skip
    return head, rows


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def draw(doc: HistoryDoc, figure: Figure) -> None:
    """A panel for each series, the runs from left to right."""
    from harness.report.plots import labels

    listed = shown(doc)
    panels = figure.subplots(len(listed), 1, squeeze=False)[:, 0]
    wanted, row = [], 0
    for axes, one in zip(panels, listed, strict=True):
        wanted.append(_panel(one, axes, row))
        row += len(one.points)
    labels.settle(figure)
    for axes, one, names in zip(panels, listed, wanted, strict=True):
        labels.place(axes, names, [(i, _clipped(one, at.value)) for i, at in _numbered(one)])


def _numbered(one: SeriesDoc) -> list[tuple[int, PointDoc]]:
    return list(enumerate(one.points))


def _panel(one: SeriesDoc, axes: Axes, first_row: int) -> list[Label]:
    from harness.report.plots import canvas, scales

    words = f"{one.kernel} {one.metric}: {one.status}"
    about = f"{one.series}, {one.ranks} x {one.threads}, {_runs(one)}, {_age(one)}"
    axes.set_title(
        canvas.plain(words), loc="left", fontweight="bold", color=palette.text(_state(one.status))
    )
    axes.set_title(canvas.plain(about), loc="right", fontsize=11, color=palette.MUTED)
    low, high = scale(one)
    room = 0.3 * (high - low)
    axes.set_ylim(low - 0.05 * (high - low), high + room)
    axes.set_xlim(-0.8, len(one.points) - 0.2)
    scales.linear(axes.yaxis, one.unit, 5)
    axes.grid(visible=False, axis="x")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_label_coords(0.0, 0.0)  # it has no label: none is to be kept clear of the ticks
    step = max(1, -(-len(one.points) // _DATES))
    places = range(0, len(one.points), step)
    axes.set_xticks(places, [_date(one.points[i].time) for i in places])
    _segments(one, axes)
    _points(one, axes, first_row)
    return [*_changes(one), *_marks(one, axes)]


def _age(one: SeriesDoc) -> str:
    days = f"{one.silent_days:.0f} days" if one.silent_days >= 1.0 else "less than a day"
    noise = "" if one.noise is None else f"noise {units.digits(100 * one.noise)} %, "
    return f"{noise}newest {days} old"


def _state(status: str) -> str:
    return {"confirmed": palette.BAD, "suspect": palette.WARN}.get(status, palette.INK)


def scale(one: SeriesDoc) -> tuple[float, float]:
    """All levels and the noise about them: a spike does not flatten the rest."""
    values = [at.value for at in one.points]
    levels = [row.value for row in one.segments] or values
    margin = 5.0 * (one.noise or 0.02)
    low = max((1.0 - margin) * min(levels), min(at.low for at in one.points))
    high = min((1.0 + margin) * max(levels), max(at.high for at in one.points))
    return (low, high) if high > low else (0.99 * low, 1.01 * high)


def _clipped(one: SeriesDoc, value: float) -> float:
    low, high = scale(one)
    return min(max(value, low), high)


def _segments(one: SeriesDoc, axes: Axes) -> None:
    """The level of each segment with its interval, over its runs."""
    for i, row in enumerate(one.segments):
        runs = [k for k, at in _numbered(one) if at.segment == i]
        if runs:
            ends = [runs[0] - 0.4, runs[-1] + 0.4]
            colour = _of_row(row)
            axes.fill_between(ends, row.low, row.high, color=colour, alpha=0.18, lw=0)
            axes.plot(ends, [row.value] * 2, color=colour, lw=2.2)


def _of_row(row: SegmentDoc) -> str:
    """Bad and good by what is confirmed, whatever is better."""
    if not row.suspicion or row.status not in ("confirmed", "suspect"):
        return palette.SERIES[0]
    if not row.worse:
        return palette.GOOD
    return palette.BAD if row.status == "confirmed" else palette.WARN


def _points(one: SeriesDoc, axes: Axes, first_row: int) -> None:
    from harness.report.plots import canvas

    low, high = scale(one)
    axes.vlines(
        range(len(one.points)),
        np.clip([at.low for at in one.points], low, high),
        np.clip([at.high for at in one.points], low, high),
        color=palette.MUTED, lw=1.0, zorder=2,
    )  # fmt: skip
    for (role, beyond), rows in _groups(one).items():
        colour = {"suspect": palette.WARN, "disturbed": palette.MUTED}.get(role, palette.INK)
        canvas.dots(
            axes, rows, [_clipped(one, one.points[i].value) for i in rows],
            [first_row + i for i in rows], marker=beyond or _MARKERS[role], color=colour,
            markersize=6 if role != "level" or beyond else 4.5,
        )  # fmt: skip


def _groups(one: SeriesDoc) -> dict[tuple[str, str], list[int]]:
    """Runs of one look: by their role, and whether they lie beyond the scale."""
    low, high = scale(one)
    found: dict[tuple[str, str], list[int]] = {}
    for i, at in _numbered(one):
        beyond = "^" if at.value > high else "v" if at.value < low else ""
        found.setdefault((at.role, beyond), []).append(i)
    return found


def _changes(one: SeriesDoc) -> list[Label]:
    """What changed, at the first run of each level that a change began; what else dots mean."""
    from harness.report.plots.labels import Label

    wanted = []
    for i, row in enumerate(one.segments):
        first = next((k for k, at in _numbered(one) if at.segment == i), None)
        if row.suspicion and row.change is not None and first is not None:
            words = f"{units.signed_percent(row.change)} {_word(row)}"
            at = (float(first), _clipped(one, row.value))
            wanted.append(Label(words, at, _of_row(row), "bold"))
    for role, words in _ROLES.items():
        runs = [k for k, at in _numbered(one) if at.role == role]
        if runs and role != "suspect":
            at = (float(runs[-1]), _clipped(one, one.points[runs[-1]].value))
            wanted.append(Label(words, at, palette.MUTED))
    return wanted


def _marks(one: SeriesDoc, axes: Axes) -> list[Label]:
    """A line where software changed, or something is known to have happened, named on top."""
    from harness.report.plots.labels import Label

    low, top = axes.get_ylim()
    wanted = []
    for mark in one.marks:
        x = mark.point - 0.5
        event = mark.kind == "event"
        axes.axvline(x, color=palette.AXIS, lw=1.2, ls="-" if event else ":", zorder=1)
        words = mark.text if len(mark.text) <= 44 else f"{mark.text[:42]}..."
        height = top - 0.06 * (top - low)
        wanted.append(Label(words, (x, height), palette.MUTED))
    return wanted
