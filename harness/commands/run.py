"""`qyran run` and `qyran plan`."""

from __future__ import annotations

import signal
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from harness import recovery, session
from harness.commands import output, showing
from harness.prepare import Prepared, Request, prepare
from harness.report import compose, terminal
from harness.report.document import RunDoc
from harness.report.format import Format
from harness.report.plan_document import PlanDoc
from harness.report.progress import Bar, Lines
from harness.stages import Display


def run(request: Request, form: Format, file: Path | None = None) -> None:
    """Run a suite and end with the exit code of its outcome. file : of JUnit XML."""
    heed_signals()
    if file is not None:
        from harness.report import junit

        junit.refuse_unwritable(file)
    if request.into is not None and (request.into / "run.yaml").exists():
        go_on(request.into, request.results, form, file)
    prepared = prepare(request)
    _refuse(form, prepared, request.name)
    _say(prepared.notes)
    result = session.run(prepared, display(stderr=form is not Format.TEXT))
    _end(result, form, file)


def go_on(folder: Path, results: Path, form: Format, file: Path | None = None) -> None:
    """Go on with a run that was begun and end with the exit code of its outcome."""
    heed_signals()
    prepared, earlier = recovery.reopened(folder, results)
    _refuse(form, prepared, earlier.run.suite)
    result = session.resume(prepared, earlier, display(stderr=form is not Format.TEXT))
    _end(result, form, file)


def _end(result: RunDoc, form: Format, file: Path | None) -> NoReturn:
    """Show a run, and write it as JUnit XML; end with the exit code of its outcome."""
    if file is not None:
        from harness.report import gates, junit

        junit.write(file, f"qyran run {result.suite}", gates.of_run(result), result.started)
    showing.show(result, form)
    output.end(result.exit_code)


def _refuse(form: Format, prepared: Prepared, suite: str) -> None:
    """ConfigError if the suite cannot be shown in that form."""
    if form is Format.HPL:
        from harness.report import hpl

        hpl.refuse((case.kernel for case in prepared.cases), suite)


def display(*, stderr: bool) -> Display:
    """What tells about a run while it goes on."""
    console = terminal.console(stderr=stderr)
    return Bar(console) if console.is_terminal else Lines(console)


def _say(notes: tuple[str, ...]) -> None:
    for one in notes:
        output.note(one)


def heed_signals() -> None:
    """A batch system's time limit and a lost terminal end a run as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup keeps its meaning
            signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """In order: what was measured is recorded.

    A batch system tells all processes of a job, and the shell of the job passes it on to its own:
    told twice, a run does not let go of its ending. A second Ctrl-C is meant as it is.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if callable(signal.getsignal(number)):  # nohup keeps its meaning
            signal.signal(number, _told_already)
    raise KeyboardInterrupt


def _told_already(_number: int, _frame: FrameType | None) -> None:
    """A handler, as processes that are started from now on would ignore what is ignored here."""


def plan(request: Request, *, as_json: bool) -> None:
    """Show what a run would do."""
    prepared = prepare(request)
    _say(prepared.notes)
    shown = plan_document(prepared)
    output.show(shown, terminal.plan(shown), as_json=as_json)


def plan_document(prepared: Prepared) -> PlanDoc:
    """The plan as a document; ``target`` is all that differs from machine to machine."""
    target: dict[str, Any] = asdict(prepared.resources)
    target["launcher"] = prepared.launcher
    return PlanDoc(
        suite=prepared.request.name,
        cluster=prepared.cluster_name,
        partition=prepared.partition_name,
        planned=prepared.cluster.planned,
        target=target,
        estimated_s=sum(case.estimated_s * case.launches for case in prepared.cases),
        cases=[compose.planned(case) for case in prepared.cases],
    )
