"""Looks after submitted runs: reads their folders, and asks the batch system about the others."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.launch.contract import Queue, Report
from harness.submit import folder as folders
from harness.submit.ask import TIMEOUT_S, ask
from harness.submit.folder import Submitted
from harness.submit.state import SIGNALLED, Evidence, Phase, Standing, gone, standing

# Batch systems forget: a run that began earlier than that is not asked for without its name, s.
_REMEMBERED_S: Final = 7 * 86400.0


@dataclass(frozen=True)
class Seen:
    """A submitted run, where it stands, and how many of its cases are recorded."""

    folder: Path
    submitted: Submitted
    standing: Standing
    recorded: int = 0

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return self.standing.phase


@dataclass(frozen=True)
class Told:
    """What a batch system told. denied : jobs that it does not know; notes : what went wrong."""

    reports: Mapping[str, Report]
    denied: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def look(
    runs: Sequence[Path], *, asking: bool = True, timeout_s: float = TIMEOUT_S
) -> tuple[list[Seen], tuple[str, ...]]:
    """Where these runs stand now, and notes of what went wrong while asking.

    asking : ask the batch systems; without, only the folders are read.
    """
    known = {one: folders.read(one) for one in runs}
    evidence = {one: _evidence(one, submitted) for one, submitted in known.items()}
    notes: dict[str, None] = {}
    for members in _by_system(known, evidence).values() if asking else ():
        queue = folders.queue(members[0], known[members[0]])
        told = tell(queue, [known[one].job for one in members], timeout_s)
        notes |= dict.fromkeys(told.notes)
        for one in members:
            evidence[one] = _heard(one, evidence[one], told, known[one].job)
    return [Seen(one, known[one], standing(evidence[one]), _recorded(one)) for one in runs], tuple(
        notes
    )


def may_start_again(seen: Seen) -> bool:
    """Whether only the batch system knows if a run is over: it was interrupted not long ago."""
    status = folders.status(seen.folder)
    if status is None or status < SIGNALLED or seen.phase is Phase.CANCELLED:
        return False
    began = folders.began(seen.folder)
    return began is not None and time.time() - began < _REMEMBERED_S


def tell(queue: Queue, jobs: Sequence[str], timeout_s: float = TIMEOUT_S) -> Told:
    """What a batch system says of these jobs; any of its programs may fail, hang or be missing."""
    environment = queue.clean(os.environ)
    reports: dict[str, Report] = {}
    denied: set[str] = set()
    notes: list[str] = []
    broken: set[str] = set()  # programs that answer nothing: asking again would take as long
    for i in range(len(queue.queries(jobs))):
        command = queue.queries(jobs)[i]
        left = [job for job in jobs if job not in reports]
        about = _about(command, jobs, left)
        if not about or command[0] in broken:
            continue
        answer = ask(command, environment, timeout_s=timeout_s)
        found = queue.reports(answer.out)
        reports |= {job: one for job, one in found.items() if job in about}
        absent = {job for job in about if job not in found}
        if queue.denies(answer.err) and (len(about) == 1 or found):
            denied |= absent
        elif answer.problem:
            broken.add(command[0])
            notes.append(answer.problem)
        elif found or not answer.out.strip():
            denied |= absent
        elif absent:
            notes.append(f"{command[0]} printed nothing that can be read: {answer.out[:60]!r}")
    return Told(
        reports, frozenset(denied - reports.keys()), _relevant(notes, jobs, reports, denied)
    )


def _about(command: Sequence[str], jobs: Sequence[str], left: list[str]) -> list[str]:
    """The jobs that a command asks for; one that names none is about all."""
    named = {one for word in command for one in word.rpartition("=")[2].split(",")}
    return [job for job in left if job in named] if named & set(jobs) else left


def _relevant(
    notes: list[str], jobs: Sequence[str], reports: Mapping[str, Report], denied: set[str]
) -> tuple[str, ...]:
    """A program that fails does not matter where another one knew all jobs."""
    return tuple(notes) if set(jobs) - reports.keys() - denied else ()


def _by_system(
    known: Mapping[Path, Submitted], evidence: Mapping[Path, Evidence]
) -> dict[tuple[str, str], list[Path]]:
    """The runs that must be asked for, each batch system at once."""
    found: dict[tuple[str, str], list[Path]] = {}
    for one, submitted in known.items():
        status = evidence[one].status
        if submitted.job and (status is None or status >= SIGNALLED):
            found.setdefault((submitted.scheduler, submitted.submission), []).append(one)
    return found


def _evidence(folder: Path, submitted: Submitted) -> Evidence:
    """What the folder alone says. The end is read last: it may have come meanwhile."""
    now = time.time()
    claimed_s = folders.claimed_s(folder, now)
    # Nobody submits for so long: the process that claimed it has ended in between.
    forgotten = not submitted.job and claimed_s is not None and claimed_s > 2 * TIMEOUT_S
    return Evidence(
        now=now,
        submitted=bool(submitted.job) or claimed_s is not None,
        began=folders.began(folder),
        cancelled=folders.cancelled(folder),
        asked=forgotten,
        gone_since=now - claimed_s if forgotten and claimed_s is not None else None,
        grace_s=submitted.grace_s,
        limit_s=submitted.time_limit_s,
        status=folders.status(folder),
    )


def _heard(folder: Path, known: Evidence, told: Told, job: str) -> Evidence:
    """What was known before, and what the batch system told; its marker may have come meanwhile."""
    report, asked = told.reports.get(job), job in told.denied
    since = folders.gone_since(folder, known.now, gone=gone(report, asked=asked))
    return replace(
        known, report=report, asked=asked, gone_since=since, status=folders.status(folder)
    )


def _recorded(folder: Path) -> int:
    """Cases, however many attempts each has."""
    return len({one.name.partition(".")[0] for one in folder.glob("[!.]*.h5")})
