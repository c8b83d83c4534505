"""`qyran resume`: go on with a run that ended too early, wherever it was measured."""

from __future__ import annotations

import os
from pathlib import Path

from harness import recovery
from harness.commands import jobs, output, run
from harness.launch import listing as launchers
from harness.record import store
from harness.report.format import Format
from harness.submit import folder as folders
from harness.submit.state import FINAL, Phase
from harness.submit.submitting import submit
from harness.submit.watch import Seen, look


def resume(name: str, results: Path, form: Format) -> None:
    """Measure what has no final outcome; a submitted run is waited for, or submitted again."""
    folder = store.find(results, name)
    if not folders.is_submitted(folder) or _in_a_job():
        run.go_on(folder, results, form)
        return
    (seen,), _ = look([folder])
    if seen.phase not in FINAL:
        _attach(seen, results, as_json=form is Format.JSON)
    elif _is_open(folder, results):
        _again(seen)
        (seen,), _ = look([folder])
        _attach(seen, results, as_json=form is Format.JSON)
    else:
        jobs.collect(folder.name, results, as_json=form is Format.JSON)


def _in_a_job() -> bool:
    """Whether this process runs in a batch job, where it may measure."""
    found = (launchers.load(one).allocation((), os.environ) for one in launchers.names())
    return any(one is not None and one.job for one in found)


def _attach(seen: Seen, results: Path, *, as_json: bool) -> None:
    """Wait for the job that has the run; it may be in the queue still."""
    if seen.phase is not Phase.HELD_BACK:
        job = f"{seen.submitted.scheduler} job {seen.submitted.job}"
        output.note(f"attached to {job}, which is {seen.phase}")
    jobs.wait(seen.folder.name, results, None, as_json=as_json)


def _is_open(folder: Path, results: Path) -> bool:
    """Whether a case of a run that was submitted has no final outcome."""
    if not (folder / "run.yaml").is_file():
        return True
    prepared, found = recovery.reopened(folder, results)
    return len(found.final) < len(prepared.cases)


def _again(seen: Seen) -> None:
    """Submit a run again whose job has ended before it."""
    folders.renew(seen.folder, seen.submitted)
    submitted = submit(seen.folder)
    if submitted is not None:
        output.note(f"submitted again, as {submitted.scheduler} job {submitted.job}")
