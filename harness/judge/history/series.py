"""Series of recorded cases: what was measured again and again on the same hardware."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np

from harness.judge.history import course as courses
from harness.judge.history.baseline import baseline
from harness.judge.history.change import LEAST_BEFORE
from harness.judge.history.course import Change, Course, Point
from harness.judge.history.events import Event, Events
from harness.outcome import Outcome
from harness.record.recorded import Recorded, Summary

VERIFIED: Final = (Outcome.PASS, Outcome.SLOW, Outcome.INCONCLUSIVE, Outcome.NO_REFERENCE)
"""Outcomes whose numbers are verified; the others are gaps."""
LEAST: Final = LEAST_BEFORE + 2
"""Runs of a level before anything can be said of it."""


@dataclass(frozen=True)
class Gap:
    """A run of the series without a number that counts."""

    case: Recorded
    reason: str


@dataclass(frozen=True)
class Series:
    """One metric of one case, fitted sizes aside, on one hardware key; the oldest run first."""

    kernel: str
    metric: str
    id: str
    hardware_key: str
    cases: tuple[Recorded, ...]
    gaps: tuple[Gap, ...]

    @property
    def newest(self) -> Recorded:
        """The newest run that counts."""
        return self.cases[-1]

    @property
    def unit(self) -> str:
        """Of the metric."""
        return self.summary(-1).unit

    @property
    def better(self) -> str:
        """``higher`` or ``lower``."""
        return self.summary(-1).better

    def summary(self, i: int) -> Summary:
        """The metric of a run."""
        return self.cases[i].metrics[self.metric]

    def relative(self, value: float) -> float:
        """A value on the scale of `change`: logarithm, worse is more."""
        logarithm = math.log(value)
        return logarithm if self.better == "lower" else -logarithm

    def absolute(self, relative: float) -> float:
        """The value in base units that `relative` was made of."""
        return math.exp(relative if self.better == "lower" else -relative)


@dataclass(frozen=True)
class Watched:
    """A series with its course and the known events.

    points : of its cases, as `course` sees them. events : (position of the run after it, event).
    noise : relative standard deviation of the newest level from run to run; between_launches : the
    same within runs, from launch to launch. None where there are too few to say.
    """

    series: Series
    points: tuple[Point, ...]
    course: Course
    events: tuple[tuple[int, Event], ...]
    noise: float | None
    between_launches: float | None

    @property
    def is_judged(self) -> bool:
        """Whether there were enough runs of a level to say anything."""
        return any(len(one.runs) >= LEAST for one in self.course.segments) or bool(
            self.course.changes
        )

    @property
    def open(self) -> list[Change]:
        """Regressions that are suspected or confirmed, and still there."""
        return [
            one
            for one in self.course.changes
            if one.worse and one.current and one.status in ("suspect", "confirmed")
        ]


def began(case: Recorded) -> float:
    """When a case was measured, s since 1970."""
    return case.started or case.origin.run_started


def gathered(cases: Iterable[Recorded], metric: str | None = None) -> list[Series]:
    """The series of these cases, by their primary metric if none is named."""
    groups: dict[tuple[str, str], list[Recorded]] = {}
    for case in cases:
        groups.setdefault((case.series, case.origin.hardware_key), []).append(case)
    found = (_series(key, group, metric) for key, group in groups.items())
    return [one for one in found if one is not None]


def _series(key: tuple[str, str], group: Sequence[Recorded], metric: str | None) -> Series | None:
    """None if no run of the group has the metric: there is nothing to draw."""
    ordered = sorted(group, key=lambda one: (began(one), one.origin.run, one.case))
    name = metric or next((one.primary for one in reversed(ordered) if one.metrics), "")
    gaps = [Gap(one, why) for one in ordered if (why := _missing(one, name))]
    left_out = {id(one.case) for one in gaps}
    cases = tuple(one for one in ordered if id(one) not in left_out)
    if not cases:
        return None
    return Series(ordered[0].kernel, name, *key, cases, tuple(gaps))


def _missing(case: Recorded, metric: str) -> str:
    """Why a case is a gap in the history of a metric; "" if it is none."""
    if case.outcome not in VERIFIED:
        return f"{case.outcome}: {case.reason}" if case.reason else case.outcome
    found = case.metrics.get(metric)
    if found is None:
        return f"{metric} was not measured"
    if not all(math.isfinite(one) and one > 0.0 for one in (found.value, *found.launches)):
        return f"{metric} is no number above 0"
    return ""


def identity(series: Series, run: str) -> str:
    """``s-1f0c9a3b``: the suspicion that this run raised in this series."""
    text = "\n".join((series.id, series.metric, series.hardware_key, run))
    return f"s-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def watched(series: Series, events: Events) -> Watched:
    """The course of a series, with what is known beside it."""
    placed = tuple(_placed(series, events.events))
    expected = {i: event.title for i, event in placed if event.new_level}
    own = frozenset(identity(series, case.origin.run) for case in series.cases)
    points = tuple(_point(series, i, expected.get(i, ""), own) for i in range(len(series.cases)))
    course = courses.follow(points, lambda run: identity(series, run), events.decided)
    return Watched(
        series, points, course, placed, _noise(points, course), _between_launches(points)
    )


def _point(series: Series, i: int, event: str, own: frozenset[str]) -> Point:
    """What `course` sees of a run.

    own : all ids that a suspicion of this series can have; a run that was made for others alone,
    beside which it was measured, is a run like any other.
    """
    case, found = series.cases[i], series.summary(i)
    return Point(
        value=series.relative(found.value),
        run=case.origin.run,
        launches=tuple(series.relative(one) for one in found.launches),
        confirms=own.intersection(case.origin.confirms.split()),
        event=event,
    )


def _placed(series: Series, events: Sequence[Event]) -> list[tuple[int, Event]]:
    """Each event that concerns the series, with the first run after it."""
    found = []
    for event in sorted(events, key=lambda one: one.date):
        after = (i for i, case in enumerate(series.cases) if _is_after(event, case, series))
        first = next(after, None)
        if first is not None and began(series.cases[0]) < event.date:
            found.append((first, event))
    return found


def _is_after(event: Event, case: Recorded, series: Series) -> bool:
    return began(case) >= event.date and event.concerns(
        case.origin.cluster, series.kernel, series.id, case.hosts
    )


def _noise(points: Sequence[Point], course: Course) -> float | None:
    """Of the newest segment that is long enough."""
    for segment in reversed(course.segments):
        if len(segment.runs) >= LEAST_BEFORE:
            values = [points[i].value for i in segment.runs]
            return float(baseline(np.array(values)).spread)
    return None


def _between_launches(points: Sequence[Point]) -> float | None:
    spreads = [_deviation(one.launches) for one in points if len(one.launches) >= 3]
    return median(spreads) if spreads else None


def _deviation(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((one - mean) ** 2 for one in values) / (len(values) - 1))
