"""The course of a series: its levels, its changes, and what is known of each of them.

Judged as it would have been after each run, with what was known then: the state is a function of
the recorded runs and of what people said about them, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, Literal

import numpy as np

from harness.judge.history.change import NEWEST, Alarm, Watcher, is_apart
from harness.judge.history.confirm import LEAST, Verdict, judged

Status = Literal["suspect", "confirmed", "fixed", "refuted", "passed", "accepted", "rejected"]
PERSISTS: Final = 10
"""So many runs on the new level confirm it without a re-measurement, if at most a fifth is not."""
_OPEN: Final = ("suspect", "confirmed")


@dataclass(frozen=True)
class Point:
    """A run of a series.

    value, launches : relative, as in `change`: positive is worse. run : its id. confirms : ids of
    the suspicions it was measured for; such a run is evidence for them, and no part of the watch.
    event : title of a known event before it after which another level is expected.
    """

    value: float
    run: str
    launches: tuple[float, ...] = ()
    confirms: frozenset[str] = frozenset()
    event: str = ""


@dataclass(frozen=True)
class Decision:
    """What somebody said of a suspicion."""

    accepted: bool
    by: str
    reason: str


@dataclass
class Change:
    """The level has changed, or seems to have.

    first, raised : positions of the first run on the new level, and of the run that raised the
    suspicion. before, after : relative levels. runs : positions on the new level while it is not
    settled. launches : relative, of the re-measurements, and evidence : the runs they belong to.
    settled : position of the run that settled it. current : the newest runs are still beyond it.
    """

    id: str
    worse: bool
    first: int
    raised: int
    before: float
    after: float
    status: Status = "suspect"
    reason: str = ""
    runs: list[int] = field(default_factory=list)
    launches: list[float] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    settled: int | None = None
    current: bool = True

    def is_beyond(self, value: float) -> bool:
        """Whether a relative value is nearer to the new level than to the old one."""
        middle = (self.before + self.after) / 2.0
        return value > middle if self.after > self.before else value < middle


@dataclass
class Segment:
    """Runs on one level.

    begins : why it began: the id of a change, the title of an event, or "". runs : positions of its
    runs; disturbed : of runs between them that were elsewhere for a while.
    """

    begins: str
    runs: list[int] = field(default_factory=list)
    disturbed: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Course:
    """All segments and changes, the oldest first."""

    segments: tuple[Segment, ...]
    changes: tuple[Change, ...]


def follow(
    points: Sequence[Point],
    name: Callable[[str], str] = lambda run: run,
    decisions: Mapping[str, Decision] | None = None,
) -> Course:
    """The course of points in the order of time.

    name : the id of a suspicion from the run that raised it. decisions : by id.
    """
    made = _Course(points, name, decisions or {})
    for i in range(len(points)):
        made.take(i)
    return Course(tuple(made.segments), tuple(_settled(made.changes)))


class _Course:
    """What is known after some of the points."""

    def __init__(
        self,
        points: Sequence[Point],
        name: Callable[[str], str],
        decisions: Mapping[str, Decision],
    ) -> None:
        self._points = points
        self._name = name
        self._decisions = decisions
        self._open: Change | None = None
        self._watch([], 0)
        self.segments: list[Segment] = [Segment("")]
        self.changes: list[Change] = []

    def take(self, i: int) -> None:
        """One more point."""
        point = self._points[i]
        if point.event:
            self._begin_after(point.event, i)
        if point.confirms:
            self._evidence(i)
        elif self._open is not None:
            self._doubtful(self._open, i)
        else:
            self._ordinary(i)

    def _begin_after(self, event: str, i: int) -> None:
        """A known event before point i: what was before is compared with nothing that follows."""
        for one in self.changes:
            one.current = False
        if self._open is not None:
            self._open.reason = f"not settled before: {event}"
            self._new(self._open.id, self._open.runs, i)
        self._new(event, [], i)

    def _watch(self, runs: Sequence[int], after: int, back: Sequence[int] = ()) -> None:
        """The watch begins anew with these runs. Next come ``back``, then the points from there."""
        coming = (i for i in range(after, len(self._points)) if not self._points[i].confirms)
        self._watcher = Watcher([self._points[i].value for i in (*runs, *back, *coming)])
        for run in runs:
            self._watcher.add(self._points[run].value)

    def _new(self, begins: str, runs: Sequence[int], after: int) -> None:
        """A new segment, of these runs; the next one that may belong to it is ``after``."""
        self._open = None
        if not self.segments[-1].runs and not self.segments[-1].disturbed:
            self.segments.pop()
        self.segments.append(Segment(begins, list(runs)))
        self._watch(runs, after)

    def _ordinary(self, i: int) -> None:
        segment = self.segments[-1]
        segment.runs.append(i)
        alarm = self._watcher.add(self._points[i].value)
        if alarm is not None:
            self._raise(alarm, i)

    def _raise(self, alarm: Alarm, i: int) -> None:
        segment = self.segments[-1]
        before, after = alarm.before, self._level(segment.runs[-alarm.count :])
        kept, runs = self._divided(segment.runs, before, after)
        after = self._level(runs)
        name = self._name(self._points[i].run)
        change = Change(name, alarm.worse, runs[0], i, before, after, runs=runs)
        self.changes.append(change)
        segment.runs = kept
        self._open = change
        said = self._decisions.get(name)
        if said is not None:
            change.reason = f"{said.by}: {said.reason}"
            self._settle(change, "accepted" if said.accepted else "rejected", i)

    def _divided(self, runs: Sequence[int], before: float, after: float) -> tuple[list[int], ...]:
        """Runs before and after the change, which is where the deviations are the smallest.

        Each run from its level, in absolute value: one spike moves nothing. The last `NEWEST` and
        what has followed them may be on the new level, the last two are.
        """
        first = max(1, len(runs) - max(NEWEST, PERSISTS) - 2)
        gains = [
            abs(self._points[run].value - before) - abs(self._points[run].value - after)
            for run in runs[first:]
        ]
        totals = [sum(gains[i:]) for i in range(max(1, len(gains) - 1))]
        at = first + totals.index(max(totals))
        return list(runs[:at]), list(runs[at:])

    def _level(self, runs: Sequence[int]) -> float:
        return median(self._points[run].value for run in runs)

    def _evidence(self, i: int) -> None:
        """A re-measurement counts for the suspicion that is open, if it was made for it."""
        point, change = self._points[i], self._open
        if change is None or change.id not in point.confirms:
            return
        change.launches.extend(point.launches or (point.value,))
        change.evidence.append(point.run)
        found: Verdict = judged(change.launches, change.before, change.after)
        far = sum(change.is_beyond(one) for one in change.launches)
        change.reason = f"{far} of {len(change.launches)} new launches lie with the new level"
        if len(change.launches) < LEAST:
            change.reason += f": at least {LEAST} are needed"
        if found != "undecided":
            self._settle(change, found, i)

    def _doubtful(self, change: Change, i: int) -> None:
        """An ordinary run while a suspicion is open: it may end it, or confirm it in time."""
        change.runs.append(i)
        beyond = [change.is_beyond(self._points[run].value) for run in change.runs]
        if not any(beyond[-2:]):
            change.reason = "the next runs were on the old level again"
            back = change.runs[-2:]
            change.runs = change.runs[:-2]
            self._settle(change, "passed", i, back)
        elif len(beyond) >= PERSISTS and sum(beyond) >= 0.8 * len(beyond):
            self._in_time(change, i)

    def _in_time(self, change: Change, i: int) -> None:
        """So many runs confirm a level if it is apart from the old one with all that is known."""
        before, after = (
            np.array([self._points[run].value for run in runs])
            for runs in (self.segments[-1].runs, change.runs)
        )
        change.after = self._level(change.runs)
        if is_apart(before, after):
            change.reason = f"{len(after)} runs are on the new level"
            self._settle(change, "confirmed", i)
        else:
            change.reason = f"with {len(after)} more runs it is within the noise"
            self.segments[-1].runs.extend(change.runs)
            change.runs = []
            self._settle(change, "passed", i)

    def _settle(self, change: Change, status: Status, i: int, back: Sequence[int] = ()) -> None:
        """The suspicion ends at point i. back : the newest runs, which are on the old level."""
        change.status, change.settled = status, i
        if status in ("confirmed", "accepted"):
            runs = [*self.segments[-1].runs, *change.runs]
            kept, change.runs = self._divided(runs, change.before, change.after)
            self.segments[-1].runs, change.first = kept, change.runs[0]
            self._new(change.id, change.runs, i + 1)
            return
        self.segments[-1].disturbed.extend(change.runs)
        change.current = False
        self._open = None
        self._watch(self.segments[-1].runs, i + 1, back)
        for run in back:
            self._ordinary(run)


def _settled(changes: Sequence[Change]) -> Sequence[Change]:
    """A regression is fixed where a later change leads back, nearer to its old level."""
    for i, one in enumerate(changes):
        if one.worse and one.status == "confirmed":
            later = (
                x for x in changes[i + 1 :] if not x.worse and x.status in (*_OPEN, "accepted")
            )
            back = next((x for x in later if not one.is_beyond(x.after)), None)
            if back is not None:
                one.status, one.current = "fixed", False
                one.reason = f"{one.reason}; then back on the old level" if one.reason else "back"
    return changes
