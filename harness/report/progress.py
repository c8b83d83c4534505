"""A run while it goes on: a progress bar on a terminal, plain lines on a pipe."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from harness.measure import evidence
from harness.measure.journal import Event
from harness.plan.case import Case
from harness.plan.metrics import primary
from harness.record.result import Run
from harness.report import units
from harness.report.document import CaseDoc

LINE_EVERY_S: Final = 10.0
"""A pipe gets a line of progress no more often than this."""


class Rate:
    """The rate inside a repetition, from what the ranks tell of their progress."""

    def __init__(self, case: Case) -> None:
        kernel = case.instance()
        phase = next(one for one in kernel.phases() if one.name == kernel.primary)
        self._step = kernel.step
        self._metric = phase.metric
        self._work = phase.work(case.geometry.ranks)
        self._share = self._seconds = 0.0

    def words(self, event: Event) -> str:
        """``column 4800 of 10000, 91.3 Gflop/s, 12.0 s left``; empty if it cannot be told yet.

        The rate is that since the last event; what is left goes on at the mean rate.
        """
        share, seconds = event["share"], event["seconds"]
        if share < self._share:  # the next repetition
            self._share = self._seconds = 0.0
        new, spent = share - self._share, seconds - self._seconds
        self._share, self._seconds = share, seconds
        if not (new > 0.0 and spent > 0.0):
            return ""
        rate = self._metric.value(self._work, spent / new)
        return (
            f"{self._step} {event['done']} of {event['total']}, "
            f"{units.si(rate, self._metric.unit)}, "
            f"{units.seconds(seconds * (1.0 - share) / share)} left"
        )


class Course:
    """How far a case is that repeats for a time, and not until its number is known."""

    def __init__(self, case: Case) -> None:
        kernel = case.instance()
        lasts = case.repetitions is None
        self.duration_s = kernel.duration_s if lasts else None
        self._began: float | None = None
        self._done = 0

    def words(self, event: Event) -> str:
        """``repetition 12, 10.3 min of 24.0 h``; empty for other cases and other events."""
        if self.duration_s is None:
            return ""
        if event["event"] == "warm-up":
            self._began = event["time"]
        if event["event"] != "sample" or self._began is None:
            return ""
        self._done += 1
        spent = units.seconds(event["time"] - self._began)
        return f"repetition {self._done}, {spent} of {units.seconds(self.duration_s)}"


def wrong(event: Event) -> list[str]:
    """The wrong answers that an event tells of."""
    return [str(one) for one in evidence.of_event(event)]


class Lines:
    """Plain lines, one for the begin and one for the end of each case."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._cases: dict[str, Case] = {}
        self._rate: Rate | None = None
        self._course: Course | None = None
        self._told = 0.0

    def started(self, run: Run, cases: tuple[Case, ...]) -> None:
        """Say what will be run."""
        self._cases = {case.id: case for case in cases}
        if not cases:
            self._line(f"{run.suite}: nothing is left to measure, run {run.id}")
            return
        estimate = units.seconds(sum(case.estimated_s * case.launches for case in cases))
        self._line(
            f"{run.suite}: {units.counted(len(cases), 'case')}, about {estimate}, run {run.id}"
        )

    def event(self, event: Event) -> None:
        """Say that a case begins; of a long repetition also how far it is, once in a while."""
        if event["event"] == "case":
            case = self._cases[event["case"]]
            self._rate, self._course = Rate(case), Course(case)
            self._told = 0.0
            self._line(f"{case.id}: measuring on {case.geometry} ranks x threads")
            return
        for found in wrong(event):
            self._line(f"{event['case']}: WRONG: {found}")
        course = self._course.words(event) if self._course is not None else ""
        if course and event["time"] - self._told >= LINE_EVERY_S:
            self._told = event["time"]
            self._line(f"{event['case']}: {course}")
        elif event["event"] == "progress" and self._rate is not None:
            words = self._rate.words(event)
            if words and event["time"] - self._told >= LINE_EVERY_S:
                self._told = event["time"]
                self._line(f"{event['case']}: {words}")

    def again(self, result: CaseDoc) -> None:
        """Say why another attempt follows."""
        self._line(f"{result.case}: {result.outcome}, {result.reason}; once more")

    def finished(self, result: CaseDoc) -> None:
        """Say how a case ended."""
        metric = result.metrics.get(result.primary)
        value = units.si(metric.value, metric.unit) if metric else result.reason
        self._line(f"{result.case}: {result.outcome}, {value}")

    def _line(self, text: str) -> None:
        """One line as it is; a reader that has gone away does not end the run."""
        with suppress(OSError):
            self._console.file.write(f"{text}\n")
            self._console.file.flush()


class Bar:
    """A progress bar over cases and repetitions, with the current value.

    It is drawn when something happens and has no thread of its own, so that the driver is idle
    while ranks measure.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}", markup=False),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._cases: dict[str, Case] = {}
        self._rate: Rate | None = None
        self._course: Course | None = None
        self._all: TaskID | None = None
        self._one: TaskID | None = None

    def started(self, run: Run, cases: tuple[Case, ...]) -> None:
        """Show an empty bar."""
        self._cases = {case.id: case for case in cases}
        total = sum(case.launches for case in cases)
        self._progress.start()
        self._all = self._progress.add_task(run.suite, total=total, now="starting mpirun")
        self._progress.refresh()

    def event(self, event: Event) -> None:
        """Move on by a step of a case; a terminal that has gone away does not end the run."""
        with suppress(OSError):
            self._move(event)

    def _move(self, event: Event) -> None:
        for found in wrong(event):
            self._progress.console.print(f"WRONG: {found}", style="bold red", markup=False)
        if self._course is not None and event["event"] == "warm-up":
            self._course.words(event)
        match event["event"]:
            case "case":
                self._begin(self._cases[event["case"]])
            case "compiled" | "ready" | "warm-up" | "verified":
                self._say(_DOING[event["event"]])
            case "sample":
                self._sample(event)
            case "progress" if self._rate is not None:
                self._say(self._rate.words(event) or "measuring")
            case "end" if self._all is not None:
                self._progress.advance(self._all)
        self._progress.refresh()

    def again(self, result: CaseDoc) -> None:
        """Say that another attempt follows."""
        self._say(f"{result.outcome}, once more")

    def finished(self, result: CaseDoc) -> None:
        """End the bar with the last case."""
        self._cases.pop(result.case, None)
        if not self._cases:
            with suppress(OSError):
                self._progress.stop()

    def _begin(self, case: Case) -> None:
        if self._one is not None:
            self._progress.remove_task(self._one)
        total = case.repetitions
        self._one = self._progress.add_task(f"  {case.kernel}", total=total, now="compiling")
        self._rate, self._course = Rate(case), Course(case)
        self._say("running" if case.is_program else "compiling")

    def _say(self, words: str) -> None:
        if self._all is not None and self._one is not None:
            self._progress.update(self._all, now="")
            self._progress.update(self._one, now=words)

    def _sample(self, event: Event) -> None:
        case = self._cases[event["case"]]
        kernel = case.instance()
        phases = kernel.phases()
        i = [phase.name for phase in phases].index(kernel.primary)
        work = phases[i].work(case.geometry.ranks)
        value = phases[i].metric.value(work, max(event["seconds"][i]))
        if self._one is not None:
            self._progress.advance(self._one)
        course = self._course.words(event) if self._course is not None else ""
        rate = f"{primary(kernel)} {units.si(value, phases[i].metric.unit)}"
        self._say(f"{course}, {rate}" if course else rate)


_DOING = {
    "compiled": "setting up",
    "ready": "warming up",
    "warm-up": "measuring",
    "verified": "verified",
}
