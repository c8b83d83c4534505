"""What a person sees of histories: an overview, or each series drawn with its segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from harness.report import units
from harness.report.history_document import HistoryDoc, PointDoc, SegmentDoc, SeriesDoc
from harness.report.table import new_table

DRAWN: Final = 6
_COLUMNS: Final = 60
_ROWS: Final = 8
_STALE_DAYS: Final = 14.0
_SIGNS: Final = {"level": "•", "suspect": "?", "disturbed": "x", "again": "o"}
_MARKS: Final = {"software": "s", "event": "e"}
STYLES: Final = {
    "confirmed": "bold red",
    "suspect": "yellow",
    "steady": "green",
    "better": "green",
    "fixed": "green",
    "too few": "dim",
}
_ORDER: Final = ("confirmed", "suspect", "too few", "steady")
_LEGEND: Final = (
    "• run  ? suspect  x off its level for a while  o measured again  ^ v beyond the scale\n"
    "below: s software changed  e known event  ! the level changed"
)


def overview(document: HistoryDoc) -> RenderableType:
    """A line a series, those to look at first."""
    if not document.series:
        return _nothing(document)
    return Group(*_table(document.series), *_footer(document))


def _table(listed: Sequence[SeriesDoc]) -> Iterator[RenderableType]:
    for key, of_key in _by_machine(listed).items():
        yield from (_machine(key, of_key[0]), _lines(of_key), Text(""))


def _by_machine(listed: Sequence[SeriesDoc]) -> dict[str, list[SeriesDoc]]:
    """The series of each hardware key; the machine with the worst of them first."""
    found: dict[str, list[SeriesDoc]] = {}
    for one in sorted(listed, key=_urgency):
        found.setdefault(one.hardware_key, []).append(one)
    return found


def _machine(key: str, one: SeriesDoc) -> Text:
    named = (one.machine or "an unknown processor", "bold")
    return Text.assemble(named, f" (hardware {key or 'unknown'}), {', '.join(one.clusters)}")


def _lines(of_machine: Sequence[SeriesDoc]) -> RenderableType:
    table = new_table("status", "series", "metric", "change", "runs", "noise", "silent")
    for one in of_machine:
        silent = one.silent_days >= _STALE_DAYS
        table.add_row(
            Text(_words(one), style=STYLES.get(one.status, "")),
            one.series,
            one.metric,
            _last_change(one),
            str(one.runs),
            _fraction(one.noise),
            Text(f"{one.silent_days:.0f} days" if silent else "", style="yellow"),
        )
    return table


def _urgency(one: SeriesDoc) -> tuple[int, float, str]:
    return _ORDER.index(one.status), -one.silent_days, one.series


def _words(one: SeriesDoc) -> str:
    if one.status == "too few":
        return "too few"
    return {"confirmed": "! confirmed", "suspect": "? suspect"}.get(one.status, "= steady")


def _last_change(one: SeriesDoc) -> str:
    changes = [row for row in one.segments if row.suspicion and row.current]
    return _percent(changes[-1].change) if changes else ""


def full(document: HistoryDoc) -> RenderableType:
    """Each series with its header, its line and its segments; those without points in a table."""
    if not document.series:
        return _nothing(document)
    parts: list[RenderableType] = []
    for one in sorted((one for one in document.series if one.points), key=_urgency):
        parts += [*_header(one), *drawn(one), Text(""), _segments(one), *_notes(one), Text("")]
    parts.append(Text(_LEGEND, style="dim"))
    others = [one for one in document.series if not one.points]
    if others:
        words = f"{len(others)} more series, drawn with --all, or narrowed by --cluster:"
        parts += [Text(""), Text(words), *_table(others)]
    return Group(*parts, *_footer(document))


def first(listed: Sequence[SeriesDoc]) -> list[SeriesDoc]:
    """The series that are drawn where there are too many for all."""
    return sorted(listed, key=_urgency)[:DRAWN]


def _nothing(document: HistoryDoc) -> RenderableType:
    what = f" of {document.kernel}" if document.kernel else ""
    words = f"no recorded runs{what} in {document.results} that this selects"
    return Group(Text(words), *_footer(document))


def _title(one: SeriesDoc) -> str:
    nodes = f" on {one.nodes} nodes" if one.nodes > 1 else ""
    return f"{one.series}, {one.ranks} x {one.threads}{nodes}"


def _header(one: SeriesDoc) -> Iterator[Text]:
    yield Text.assemble(
        (f"{one.kernel} {one.metric}", "bold"), f", {one.better} is better: {_title(one)}"
    )
    sizes = " ".join(f"{name}={value}" for name, value in one.parameters.items())
    yield Text(sizes, style="dim")
    yield _machine(one.hardware_key, one)
    noise = _fraction(one.noise) if one.noise is not None else "not known yet"
    launches = (
        f", {_fraction(one.between_launches)} from launch to launch"
        if one.between_launches is not None
        else ""
    )
    old = f"{one.silent_days:.0f} days" if one.silent_days >= 1.0 else "less than a day"
    stale = "yellow" if one.silent_days >= _STALE_DAYS else ""
    yield Text.assemble(
        f"{units.counted(one.runs, 'run')}; noise {noise} from run to run{launches}; ",
        (f"the newest is {old} old", stale),
    )


def drawn(one: SeriesDoc) -> list[Text]:
    """The runs from left to right, several to a column if there are many, and what happened."""
    if not one.points:
        return []
    columns = _columns(one.points)
    low, high = _scale(one)
    lines = [[" "] * len(columns) for _ in range(_ROWS)]
    for i, column in enumerate(columns):
        value = median(point.value for point in column)
        row, sign = _place(value, low, high), _sign(column)
        if value < low or value > high:
            sign = "^" if value > high else "v"
        lines[row][i] = sign
    labels = {0: units.si(high, one.unit), _ROWS - 1: units.si(low, one.unit)}
    width = max(map(len, labels.values()))
    found = [
        Text(f"{labels.get(i, ''):>{width}} |" + "".join(line)) for i, line in enumerate(lines)
    ]
    below = _below(one, len(columns))
    return [*found, Text(" " * width + " |" + below)] if below.strip() else found


def _columns(points: Sequence[PointDoc]) -> list[Sequence[PointDoc]]:
    each = -(-len(points) // _COLUMNS)
    return [points[i : i + each] for i in range(0, len(points), each)]


def _scale(one: SeriesDoc) -> tuple[float, float]:
    """All levels and the noise about them; a spike does not flatten the rest."""
    values = [point.value for point in one.points]
    levels = [row.value for row in one.segments] or values
    margin = 4.0 * (one.noise or 0.02)
    low, high = (1.0 - margin) * min(levels), (1.0 + margin) * max(levels)
    return max(low, 0.99 * min(values)), min(high, 1.01 * max(values))


def _place(value: float, low: float, high: float) -> int:
    share = (value - low) / (high - low)
    return _ROWS - 1 - min(_ROWS - 1, max(0, int(share * _ROWS)))


def _sign(column: Sequence[PointDoc]) -> str:
    roles = [point.role for point in column]
    return _SIGNS[max(set(roles), key=roles.count)]


def _below(one: SeriesDoc, columns: int) -> str:
    each = -(-len(one.points) // _COLUMNS)
    line = [" "] * columns
    for mark in one.marks:
        line[mark.point // each] = _MARKS[mark.kind]
    begins = {row.first_run for row in one.segments if row.suspicion and row.status in STYLES}
    for i, point in enumerate(one.points):
        if point.run in begins:
            line[i // each] = "!"
    return "".join(line)


def _segments(one: SeriesDoc) -> RenderableType:
    table = new_table("from", "to", "runs", "median", "95 % interval", "change", "status")
    for row in one.segments:
        word = _status(row)
        interval = units.si_range(row.low, row.high, one.unit) if row.runs > 1 else "one run"
        level = f" ({row.level:.0%})" if row.runs > 1 and row.level < 0.95 else ""
        table.add_row(
            _date(row.first),
            _date(row.last),
            str(row.runs),
            units.si(row.value, one.unit),
            interval + level,
            _percent(row.change),
            Text(word, style=STYLES.get(word.split()[0], "")),
        )
    return table


def _status(row: SegmentDoc) -> str:
    if not row.suspicion or row.worse:
        return row.status
    return {"suspect": "better (2 runs or more)", "confirmed": "better"}.get(row.status, row.status)


def _notes(one: SeriesDoc) -> Iterator[Text]:
    for row in one.segments:
        words = "; ".join(filter(None, (row.with_ and f"with {row.with_}", row.reason)))
        evidence = f" ({', '.join(row.evidence)})" if row.evidence else ""
        if row.suspicion:
            yield Text(f"{row.suspicion} {_date(row.first)}: {words or row.status}{evidence}")
        elif words:
            yield Text(f"{_date(row.first)}: {words}")
    for mark in one.marks:
        yield Text(f"{_date(mark.time)} {mark.kind}: {mark.text}", style="dim")
    for gap in one.gaps[-5:]:
        yield Text(f"{_date(gap.time)} no number ({gap.run}): {gap.reason}", style="dim")
    if not one.judged:
        words = f"not judged: {one.least} runs of a level are needed, found {one.runs}"
        yield Text(words, style="yellow")


def _footer(document: HistoryDoc) -> Iterator[Text]:
    for one in document.skipped:
        yield Text(f"skipped {one.file}: {one.reason}", style="bold red")
    if any(one.status == "confirmed" for one in document.series):
        yield Text("a regression is accepted in events.yaml: docs/history.md")
    for line in document.run_next:
        yield Text(f"-> {line}", no_wrap=True, overflow="ignore")


def _percent(fraction: float | None) -> str:
    return "" if fraction is None else units.signed_percent(fraction)


def _fraction(fraction: float | None) -> str:
    return "-" if fraction is None else f"{units.digits(100.0 * fraction)} %"


def _date(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")
