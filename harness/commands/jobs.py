"""`qyran status`, `wait`, `cancel` and `collect`: runs that were submitted."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Group

from harness import shown as recorded
from harness.commands import output, run, showing
from harness.errors import CannotMeasure, ConfigError, CorruptStore
from harness.outcome import EXIT_CODES, NOT_MEASURED, Outcome, worst
from harness.record import store
from harness.report import compose, terminal
from harness.report import jobs as rendering
from harness.report.document import CaseDoc, RunDoc
from harness.report.format import Format
from harness.report.job_document import CollectDoc, JobDoc, JobsDoc
from harness.submit import folder as folders
from harness.submit.ask import ask
from harness.submit.folder import Submitted
from harness.submit.state import FINAL, Phase
from harness.submit.submitting import fill
from harness.submit.watch import Seen, look, may_start_again

_FIRST_S: Final = 0.5
_GROWTH: Final = 1.5
_MOST_S: Final = 30.0
# The worst first, as for outcomes; a code that is not here is that of a shell.
_SEVERITY: Final = (5, 130, 3, 2, 1, 4, 0)


def status(name: str | None, results: Path, *, as_json: bool) -> None:
    """Where a submission stands, or all that goes on."""
    seen, notes = _going_on(results) if name is None else look(find(results, name))
    shown = _document(seen, notes)
    output.show(shown, rendering.jobs(shown), as_json=as_json)


def _going_on(results: Path) -> tuple[list[Seen], tuple[str, ...]]:
    """The submitted runs that have not ended; one that was interrupted may be started again."""
    quiet, _ = look(list(_known(results)), asking=False)
    ended = {one.folder for one in quiet if one.phase in FINAL}
    asked = [one.folder for one in quiet if one.folder not in ended or may_start_again(one)]
    seen, notes = look(asked)
    told = {one.folder for one in seen if folders.cancelled(one.folder)} | ended
    return [one for one in seen if one.phase not in FINAL or one.folder not in told], notes


def wait(name: str, results: Path, timeout_s: float | None, *, as_json: bool) -> None:
    """Wait until a submission has ended, tell its changes, and end with its exit code.

    Runs that are held back are submitted when there is room for them.
    """
    run.heed_signals()
    members = find(results, name)
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    seen, notes = _until_the_end(members, deadline, as_json=as_json)
    shown = _document(seen, notes)
    if shown.exit_code is None:
        raise CannotMeasure(
            "--timeout",
            f"{sum(one.phase not in FINAL for one in seen)} of {len(seen)} runs go on",
            fix=f"qyran wait {name}",
        )
    output.show(shown, rendering.jobs(shown), as_json=as_json)
    output.end(shown.exit_code)


def _until_the_end(
    members: Sequence[Path], deadline: float | None, *, as_json: bool
) -> tuple[list[Seen], tuple[str, ...]]:
    """Look again and again, ever less often while nothing happens."""
    told: dict[str, str] = {}
    said: set[str] = set()
    pause_s = _FIRST_S
    while True:
        seen, notes = look(members)
        submitted, problem = fill(seen)
        waits = submitted or any(one.phase in (Phase.QUEUED, Phase.RUNNING) for one in seen)
        if problem and not waits:
            raise CannotMeasure(
                "", problem, fix="qyran wait submits the rest when it is called again"
            )
        changed = _tell(seen, told, as_json=as_json) or bool(submitted)
        for one in {*notes, *([problem] if problem else [])} - said:
            output.note(one)
            said.add(one)
        if all(one.phase in FINAL for one in seen):
            return seen, notes
        pause_s = _FIRST_S if changed else min(_GROWTH * pause_s, _MOST_S)
        if deadline is not None:
            left_s = deadline - time.monotonic()
            if left_s <= 0.0:
                return seen, notes
            pause_s = min(pause_s, left_s)
        time.sleep(pause_s)


def _tell(seen: Sequence[Seen], told: dict[str, str], *, as_json: bool) -> bool:
    """A line for each run of which there is something new."""
    new = {one.submitted.run: rendering.change(document(one)) for one in seen}
    lines = [line for name, line in new.items() if told.get(name) != line]
    told |= new
    for line in lines:
        output.progress(line, stderr=as_json)
    return bool(lines)


def cancel(name: str, results: Path, *, as_json: bool) -> None:
    """Cancel a submission; exit 3 if the batch system does not take it."""
    members = find(results, name)
    seen, _ = look(members, asking=False)
    going = [one for one in seen if one.phase not in FINAL]
    for one in going:
        folders.cancel(one.folder)
    problems = []
    there = [one for one in going if one.submitted.job]
    if there:
        queue = folders.queue(there[0].folder, there[0].submitted)
        command = queue.cancel([one.submitted.job for one in there])
        answer = ask(command, queue.clean(os.environ))
        problems += [answer.problem] if answer.problem else []
    seen, notes = look(members)
    shown = _document(seen, (*notes, *problems))
    output.show(shown, rendering.jobs(shown), as_json=as_json)
    left = [one for one in seen if one.phase not in FINAL]
    output.end(NOT_MEASURED if problems and left else 0)


def collect(name: str, results: Path, *, as_json: bool) -> None:
    """Show the runs of a submission; end with their worst exit code."""
    seen, notes = look(find(results, name))
    runs = [collected(one) for one in seen]
    jobs_ = [document(one) for one in seen]
    code = _worst([one.exit_code for one in runs])
    shown = CollectDoc(
        outcome=str(worst(Outcome(one.outcome) for one in runs)),
        exit_code=code,
        jobs=jobs_,
        runs=runs,
        notes=list(notes),
    )
    if as_json:
        output.show(shown, "", as_json=True)
    elif len(runs) == 1:
        showing.show(runs[0], Format.TEXT)
    else:
        output.show(
            shown,
            Group(*(terminal.run(one) for one in runs), rendering.summary(shown)),
            as_json=False,
        )
    output.end(code)


def collected(seen: Seen) -> RunDoc:
    """A submitted run as the document of a run: cases that nobody will measure are `infra`."""
    found = shown(seen.folder, seen)
    final = seen.phase in FINAL
    blame = Outcome.INFRA if seen.phase is Phase.LOST else Outcome.SKIPPED
    reason = _reason(seen)
    cases = [
        one if one.file is not None or one.outcome != "skipped" else _missing(one, blame, reason)
        for one in found.cases
    ]
    outcome = worst(Outcome(one.outcome) for one in cases)
    codes = [EXIT_CODES[outcome]]
    if final and seen.standing.exit_code is not None:
        codes.append(seen.standing.exit_code)
    return found.model_copy(
        update={"cases": cases, "outcome": str(outcome), "exit_code": _worst(codes)}
    )


def _missing(case: CaseDoc, outcome: Outcome, reason: str) -> CaseDoc:
    return case.model_copy(update={"outcome": str(outcome), "reason": reason})


def _reason(seen: Seen) -> str:
    job = (
        f"{seen.submitted.scheduler} job {seen.submitted.job}" if seen.submitted.job else "its job"
    )
    said = f": {seen.standing.reason}" if seen.standing.reason else ""
    if seen.phase is Phase.HELD_BACK:
        return "held back: `qyran wait` submits it when there is room in the queue"
    if seen.phase is Phase.ENDED and not said:
        return f"no record: {job} ended before it"
    return f"{job} is {seen.phase}{said}"


def shown(folder: Path, seen: Seen | None = None) -> RunDoc:
    """A run, submitted or not, as far as its folder knows it."""
    if (folder / "run.yaml").is_file() or not folders.is_submitted(folder):
        return recorded.run(folder)
    if seen is None:
        (seen,), _ = look([folder], asking=False)
    submitted = seen.submitted
    cases = [compose.skipped(one, _reason(seen)) for one in submitted.planned()]
    return RunDoc(
        run=submitted.run,
        path=str(folder),
        cluster=submitted.cluster,
        suite=submitted.suite,
        started=submitted.made,
        outcome=str(Outcome.SKIPPED),
        exit_code=NOT_MEASURED,
        cases=cases,
    )


def state_of(folder: Path) -> str:
    """What to say in place of an outcome of a run that was submitted and has not begun."""
    if (folder / "run.yaml").is_file() or not folders.is_submitted(folder):
        return ""
    (seen,), _ = look([folder], asking=False)
    return str(seen.phase)


def find(results: Path, name: str) -> list[Path]:
    """The runs of a submission, or one run: by id, a unique part of it, or "last".

    A part that fits several nodes of a submission, such as node1 and node10, is an error.
    """
    known = _known(results)
    if not known:
        raise ConfigError(str(results), "holds no submitted runs", fix="`qyran submit SUITE`")
    if name == "last":
        name = max(known.values(), key=lambda one: one.made).submission
    fitting = {one.submission for one in known.values() if name in one.submission}
    exact = name in {one.name for one in known} - fitting
    if len(fitting) == 1 and not exact:
        return [one for one, submitted in known.items() if submitted.submission in fitting]
    found = store.find(results, name)
    if not folders.is_submitted(found):
        raise ConfigError(
            str(found), "was not submitted: nobody waits for it", fix=f"qyran show {found.name}"
        )
    return [found]


def _known(results: Path) -> dict[Path, Submitted]:
    """All submitted runs; one whose record is damaged is a note, and does not stop the others."""
    found = {}
    for folder in store.runs(results):
        if folders.is_submitted(folder):
            try:
                found[folder] = folders.read(folder)
            except CorruptStore as error:
                output.note(str(error).splitlines()[0])
    return found


def document(seen: Seen) -> JobDoc:
    """The document of a submitted run."""
    one = seen.submitted
    return JobDoc(
        run=one.run,
        path=str(seen.folder),
        cluster=one.cluster,
        partition=one.partition,
        suite=one.suite,
        submission=one.submission,
        scheduler=one.scheduler,
        job=one.job,
        state=seen.phase.value,
        exit_code=seen.standing.exit_code,
        reason=seen.standing.reason,
        nodes=one.nodes,
        ranks_per_node=one.ranks_per_node,
        threads=one.threads,
        hosts=list(one.hosts),
        time_limit=one.time_limit_s,
        submitted=one.submitted,
        cases=len(one.cases),
        recorded=seen.recorded,
    )


def _document(seen: Sequence[Seen], notes: Sequence[str]) -> JobsDoc:
    codes = [one.standing.exit_code for one in seen]
    known = [one for one in codes if one is not None]
    return JobsDoc(
        exit_code=_worst(known) if known and len(known) == len(codes) else None,
        jobs=[document(one) for one in seen],
        notes=list(notes),
    )


def _worst(codes: Sequence[int]) -> int:
    return min(codes, key=_SEVERITY.index)
