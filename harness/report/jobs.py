"""Submitted runs for people: a table, and a line for each change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from harness.report import units
from harness.report.job_document import CollectDoc, JobDoc, JobsDoc, SubmitDoc
from harness.report.table import new_table

_STYLE: Final = {"held back": "dim", "queued": "cyan", "running": "green", "ended": ""}
_BAD: Final = "bold red"


def table(jobs: Sequence[JobDoc]) -> RenderableType:
    """A row for each run."""
    made = new_table("run", "job", "state", "exit", "recorded", "nodes", "")
    for one in jobs:
        made.add_row(
            one.run,
            one.job or "-",
            Text(one.state, style=_STYLE.get(one.state, _BAD)),
            "" if one.exit_code is None else str(one.exit_code),
            f"{one.recorded}/{one.cases}",
            ",".join(one.hosts) or str(one.nodes),
            one.reason,
        )
    return made


def jobs(document: JobsDoc) -> RenderableType:
    """Where runs stand."""
    if not document.jobs:
        return Text("no submitted run goes on; `qyran ls` shows all runs")
    return Group(table(document.jobs), *_notes(document.notes))


def submitted(document: SubmitDoc) -> RenderableType:
    """What was submitted, and what to type next."""
    done = [one for one in document.jobs if one.job]
    held = len(document.jobs) - len(done)
    first = document.jobs[0]
    lines = [
        f"{one.run}: {one.scheduler} job {one.job}, {_where(one)}, at most {_limit(one)}"
        for one in done
    ]
    if held:
        lines.append(f"{units.counted(held, 'run')} held back: `qyran wait` submits them in turn")
    name = first.run if len(document.jobs) == 1 else document.submission
    lines += [f"qyran wait {name}", f"qyran collect {name}"]
    return Group(*(Text(line) for line in lines), *_notes(document.notes))


def _where(one: JobDoc) -> str:
    return ",".join(one.hosts) or units.counted(one.nodes, "node")


def _limit(one: JobDoc) -> str:
    return (
        "as long as the queue allows" if one.time_limit is None else units.seconds(one.time_limit)
    )


def change(one: JobDoc) -> str:
    """``RUN: running, 3 of 20 cases recorded; ...``."""
    reason = f" ({one.reason})" if one.reason else ""
    counted = f", {one.recorded} of {units.counted(one.cases, 'case')} recorded"
    code = "" if one.exit_code is None else f", exit {one.exit_code}"
    return f"{one.run}: {one.state}{code}{counted if one.recorded else ''}{reason}"


def summary(document: CollectDoc) -> RenderableType:
    """What stands below the runs of a submission of several."""
    line = f"{units.counted(len(document.runs), 'run')}: {document.outcome}"
    words = Text(f"{line} (exit {document.exit_code})")
    return Group(Text(""), table(document.jobs), words, *_notes(document.notes))


def _notes(notes: Sequence[str]) -> list[RenderableType]:
    return [Text(f"note: {one}", style="yellow") for one in notes]
