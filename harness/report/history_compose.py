"""From watched series to the document of their histories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.judge.history.course import Change, Segment
from harness.judge.history.series import LEAST, Series, Watched, began
from harness.measure.interval import median_interval
from harness.report.history_document import (
    GapDoc,
    MarkDoc,
    PointDoc,
    SegmentDoc,
    SeriesDoc,
    Status,
)

Header = Callable[[Path], Mapping[str, Any]]
"""The run.yaml of the folder of a run; {} if there is none that can be read."""

_DAY_S: Final = 86400.0
_WORST: Final[tuple[Status, ...]] = ("confirmed", "suspect")


@dataclass(frozen=True)
class _Row:
    """A segment, or the runs of a change that became none."""

    runs: tuple[int, ...]
    change: Change | None
    begins: str


def of_series(watched: Watched, now: float, header: Header) -> SeriesDoc:
    """The document of a series. now : s since 1970; header : for what no index record holds."""
    series = watched.series
    newest = series.newest
    rows = _rows(watched)
    return SeriesDoc(
        kernel=series.kernel,
        metric=series.metric,
        unit=series.unit,
        better=series.summary(-1).better,
        series=series.id,
        hardware_key=series.hardware_key,
        machine=_machine(header(newest.path.parent)),
        clusters=sorted({one.origin.cluster for one in series.cases}),
        parameters=newest.parameters,
        nodes=newest.nodes,
        ranks=newest.ranks,
        threads=newest.threads,
        status=_status(watched),
        judged=watched.is_judged,
        least=LEAST,
        newest=began(newest),
        silent_days=_silent_days(began(newest), now),
        noise=watched.noise,
        between_launches=watched.between_launches,
        runs=len(series.cases),
        points=_points(watched, rows),
        gaps=[
            GapDoc(time=began(one.case), run=one.case.origin.run, reason=one.reason)
            for one in series.gaps
        ],
        marks=_marks(watched, header),
        segments=[_segment(watched, rows, i, header) for i in range(len(rows))],
    )


def aged(one: SeriesDoc, now: float) -> SeriesDoc:
    """A series whose document was made at another time. now : s since 1970."""
    return one.model_copy(update={"silent_days": _silent_days(one.newest, now)})


def _silent_days(newest: float, now: float) -> float:
    return max(0.0, now - newest) / _DAY_S


def _status(watched: Watched) -> Status:
    found = {one.status for one in watched.open}
    worst = next((one for one in _WORST if one in found), None)
    return worst or ("steady" if watched.is_judged else "too few")


def _rows(watched: Watched) -> list[_Row]:
    """Segments, and the runs under suspicion or off their level, in the order of time."""
    changes = {one.id: one for one in watched.course.changes}
    rows = [
        _Row(tuple(one.runs), changes.get(one.begins), _why(one, changes))
        for one in watched.course.segments
        if one.runs
    ]
    begun = {row.change.id for row in rows if row.change}
    rows += [
        _Row(tuple(one.runs), one, "")
        for one in watched.course.changes
        if one.id not in begun and one.runs
    ]
    return sorted(rows, key=lambda row: row.runs[0])


def _why(segment: Segment, changes: Mapping[str, Change]) -> str:
    """The event it began with."""
    return "" if segment.begins in changes else segment.begins


def _points(watched: Watched, rows: Sequence[_Row]) -> list[PointDoc]:
    series = watched.series
    segments = {run: i for i, row in enumerate(rows) for run in row.runs}
    roles = _roles(watched)
    found = []
    for i, case in enumerate(series.cases):
        one = series.summary(i)
        found.append(
            PointDoc(
                time=began(case),
                value=one.value,
                low=one.low,
                high=one.high,
                level=one.level,
                n=one.n,
                launches=list(one.launches),
                run=case.origin.run,
                case=case.case,
                outcome=case.outcome,
                commit=case.origin.commit,
                dirty=case.origin.dirty,
                software_key=case.origin.software_key,
                hosts=list(case.hosts),
                segment=segments.get(i),
                role=roles.get(i, "level"),
            )
        )
    return found


def _roles(watched: Watched) -> dict[int, Any]:
    """Of the points that are not simply on a level."""
    suspect = (one for one in watched.course.changes if one.status == "suspect" and one.current)
    found: dict[int, Any] = {i: "suspect" for one in suspect for i in one.runs}
    found |= {i: "disturbed" for one in watched.course.segments for i in one.disturbed}
    return found | {i: "again" for i, one in enumerate(watched.points) if one.confirms}


def _segment(watched: Watched, rows: Sequence[_Row], i: int, header: Header) -> SegmentDoc:
    series, row = watched.series, rows[i]
    found = median_interval([series.summary(run).value for run in row.runs])
    change = row.change
    return SegmentDoc(
        first=began(series.cases[row.runs[0]]),
        last=began(series.cases[row.runs[-1]]),
        first_run=series.cases[row.runs[0]].origin.run,
        runs=len(row.runs),
        value=found.median,
        low=found.low,
        high=found.high,
        level=found.level,
        change=_change(series, rows, i),
        worse=bool(change and change.worse),
        status=change.status if change else "steady" if len(row.runs) >= LEAST else "too few",
        suspicion=change.id if change else "",
        reason=change.reason if change and change.reason else _after(row.begins),
        with_=_with(series, change, header),
        evidence=change.evidence if change else [],
        current=bool(change and change.current),
    )


def _after(event: str) -> str:
    return f"after: {event}" if event else ""


def _change(series: Series, rows: Sequence[_Row], i: int) -> float | None:
    """As a fraction of the old level, in the sense of the value, not of better and worse."""
    change = rows[i].change
    if change is not None:
        return series.absolute(change.after) / series.absolute(change.before) - 1.0
    if i == 0:
        return None
    levels = [
        median_interval([series.summary(run).value for run in row.runs]).median
        for row in (rows[i - 1], rows[i])
    ]
    return levels[1] / levels[0] - 1.0


def _with(series: Series, change: Change | None, header: Header) -> str:
    """What else was different from the run before the change on."""
    if change is None or change.first == 0:
        return ""
    before, after = series.cases[change.first - 1], series.cases[change.first]
    words = []
    if before.origin.software_key != after.origin.software_key:
        words.append(differences(header(before.path.parent), header(after.path.parent)))
    if before.origin.commit != after.origin.commit:
        words.append(
            f"commit {before.origin.commit[:9] or '-'} -> {after.origin.commit[:9] or '-'}"
        )
    if set(before.hosts) != set(after.hosts):
        words.append("other nodes")
    return "; ".join(filter(None, words))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """``mpi Open MPI 5.0.7 -> 5.0.8``: the lines of the software key that differ."""
    old, new = _software(before), _software(after)
    changed = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    words = [f"{name} {old.get(name, '-')} -> {new.get(name, '-')}" for name in changed]
    return ", ".join(words) or "other software"


def _software(header: Mapping[str, Any]) -> dict[str, str]:
    environment = header.get("environment") or {}
    text = ((environment.get("fingerprint") or {}).get("software") or {}).get("text", "")
    pairs = (line.partition(": ") for line in text.splitlines())
    return {name: value for name, _, value in pairs}


def _machine(header: Mapping[str, Any]) -> str:
    hardware = (header.get("environment") or {}).get("hardware") or {}
    return str(hardware.get("cpu_model") or "")


def _marks(watched: Watched, header: Header) -> list[MarkDoc]:
    """Changes of the software, and known events."""
    cases = watched.series.cases
    found = [
        MarkDoc(kind="event", point=i, time=one.date, text=one.title, new_level=one.new_level)
        for i, one in watched.events
    ]
    for i in range(1, len(cases)):
        if cases[i].origin.software_key != cases[i - 1].origin.software_key:
            text = differences(header(cases[i - 1].path.parent), header(cases[i].path.parent))
            found.append(
                MarkDoc(kind="software", point=i, time=began(cases[i]), text=text, new_level=False)
            )
    return sorted(found, key=lambda one: (one.point, one.time))
