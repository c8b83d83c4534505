"""`qyran run` and `qyran plan`."""

from __future__ import annotations

import signal
from dataclasses import asdict
from types import FrameType
from typing import Any

from rich.console import Group

from harness import session
from harness.commands import output
from harness.commands.rank import hpl_standing
from harness.prepare import Prepared, Request, prepare
from harness.report import compose, document, terminal
from harness.report.progress import Bar, Lines


def run(request: Request, *, as_json: bool) -> None:
    """Run a suite and end with the exit code of its outcome."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup keeps its meaning
            signal.signal(number, _interrupt)
    prepared = prepare(request)
    console = terminal.console(stderr=as_json)
    display = Bar(console) if console.is_terminal else Lines(console)
    result = session.run(prepared, display)
    standing = hpl_standing(result)
    if standing is not None:
        result.standing = standing.document
    rendered = terminal.run(result)
    if standing is not None:
        rendered = Group(rendered, *standing.summary)
    output.show(result, rendered, as_json=as_json)
    output.end(result.exit_code)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """A batch system's time limit or a lost terminal ends a run as Ctrl-C does: in order."""
    raise KeyboardInterrupt


def plan(request: Request, *, as_json: bool) -> None:
    """Show what a run would do."""
    prepared = prepare(request)
    shown = plan_document(prepared)
    output.show(shown, terminal.plan(shown), as_json=as_json)


def plan_document(prepared: Prepared) -> document.PlanDoc:
    """The plan as a document; ``target`` is all that differs from machine to machine."""
    target: dict[str, Any] = asdict(prepared.resources)
    target["launcher"] = prepared.cluster.launcher.kind
    return document.PlanDoc(
        suite=prepared.request.name,
        cluster=prepared.cluster_name,
        partition=prepared.partition_name,
        planned=prepared.cluster.planned,
        target=target,
        estimated_s=sum(case.estimated_s * case.launches for case in prepared.cases),
        cases=[compose.planned(case) for case in prepared.cases],
    )
