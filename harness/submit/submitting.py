"""Giving jobs to a batch system: each once, and no more than may wait in its queue."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from harness.errors import CannotMeasure
from harness.launch import job_script
from harness.submit import folder as folders
from harness.submit.ask import ask
from harness.submit.folder import Submitted
from harness.submit.order import room
from harness.submit.state import Phase
from harness.submit.watch import Seen

TIMEOUT_S: Final = 60.0


def submit(folder: Path) -> Submitted | None:
    """Submit a run that is held back; None if it was cancelled, or another process has it in hand.

    Raises CannotMeasure if the batch system refuses it, which leaves it held back, or does not say
    whether it took it.
    """
    if folders.cancelled(folder) or not folders.claim(folder):
        return None
    submitted = folders.read(folder)
    queue = folders.queue(folder, submitted)
    script = folder.absolute() / job_script.SCRIPT
    command = queue.submit(script)
    answer = ask(
        command,
        queue.clean(os.environ),
        standard_input=script,
        folder=folder,
        timeout_s=TIMEOUT_S,
    )
    if answer.problem:
        if not answer.timed_out:
            folders.release(folder)
        raise CannotMeasure(str(folder), f"not submitted: {answer.problem}{_before(answer.err)}")
    try:
        job = queue.job_id(answer.out)
    except ValueError as error:
        found = f"{error}; it printed {answer.out.strip()[:80]!r}"
        fix = f"look whether it is in the queue, and cancel it there: {submitted.run}"
        raise CannotMeasure(command[0], found, fix=fix) from error
    return folders.has_job(folder, submitted, job)


def _before(said: str) -> str:
    """What it said before its last line: the reason often stands there."""
    lines = said.strip().splitlines()[-4:-1]
    return f" (before it: {' / '.join(lines)})" if lines else ""


def fill(seen: Sequence[Seen]) -> tuple[list[Path], str]:
    """Submit runs that are held back, as many as may wait; returns them and what went wrong."""
    done: list[Path] = []
    waiting = sum(one.phase is Phase.QUEUED for one in seen)
    held = [one for one in seen if one.phase is Phase.HELD_BACK]
    for one in held:
        if not room(waiting + len(done), one.submitted.pending):
            break
        try:
            if submit(one.folder) is not None:
                done.append(one.folder)
        except CannotMeasure as error:
            return done, str(error).splitlines()[0]
    return done, ""
