"""The folder of a submitted run: what was asked for, and what is known without asking anybody.

job.json     what was submitted: `Submitted`
job.sh       the script; job.out what it printed
begun        the id of the job, written when its script starts
end.json     the end marker
cancelled    `qyran cancel` was here
gone         since when the batch system has known nothing of it
submitting   it is being submitted: nobody else may
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from harness.config import cluster as clusters
from harness.errors import CannotMeasure, CorruptStore
from harness.launch import job_script, listing
from harness.launch.contract import Queue
from harness.plan.case import Case, from_dict
from harness.record.write_once import write_once

SCHEMA: Final = "qyran.job/1"
RECORD: Final = "job.json"
_GONE: Final = "gone"
_CLAIM: Final = "submitting"


@dataclass(frozen=True)
class Submitted:
    """What was asked of a batch system for one run.

    submission : id that the jobs of one `qyran submit` share. job : id of the batch system, ""
    until it is submitted; jobs_before : of jobs that ended before the run did. argv : what the job
    runs. pending : how many jobs of the submission may wait in the queue. cases : as planned,
    `Case.as_dict`. submitted : s since 1970; by : which qyran. partition : of cluster.yaml, queue :
    what the batch system calls it.
    """

    run: str
    submission: str
    cluster: str
    partition: str
    suite: str
    title: str
    scheduler: str
    queue: str | None
    nodes: int
    ranks_per_node: int
    threads: int
    hosts: tuple[str, ...]
    time_limit_s: float | None
    argv: tuple[str, ...]
    command: tuple[str, ...]
    pending: int
    grace_s: float
    by: str
    made: float
    submitted: float | None = None
    job: str = ""
    jobs_before: tuple[str, ...] = ()
    cases: tuple[dict[str, Any], ...] = field(default=())

    def planned(self) -> list[Case]:
        """The cases as they were planned."""
        return [from_dict(one) for one in self.cases]


def create(folder: Path, submitted: Submitted, files: dict[str, bytes]) -> None:
    """Make the folder with everything that the job needs; CannotMeasure if that is impossible."""
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise CannotMeasure(
            str(folder),
            f"the results folder cannot be made: {error.strerror}",
            fix="record elsewhere with --results DIR",
        ) from error
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        write_once(folder / name, content)
    write_once(folder / RECORD, _encoded(submitted))


def read(folder: Path) -> Submitted:
    """What was submitted; CorruptStore if job.json is damaged.

    The id of a job that began is known from the job itself, if nobody could write it down.
    """
    where = folder / RECORD
    try:
        content = json.loads(where.read_bytes())
    except (OSError, ValueError) as error:
        raise CorruptStore(str(where), f"cannot be read: {error}") from error
    names = {one.name for one in fields(Submitted)}
    if not isinstance(content, dict) or content.get("schema") != SCHEMA or names - content.keys():
        raise CorruptStore(str(where), "is no job of this version", known=SCHEMA)
    found = {name: _tuple(content[name]) for name in names}
    made = Submitted(**found)
    return made if made.job else replace(made, job=_begun_id(folder))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def is_submitted(folder: Path) -> bool:
    """Whether a run was made by `qyran submit`."""
    return (folder / RECORD).is_file()


def _encoded(submitted: Submitted) -> bytes:
    content = {"schema": SCHEMA, **asdict(submitted)}
    return (json.dumps(content, indent=1) + "\n").encode()


def has_job(folder: Path, submitted: Submitted, job: str) -> Submitted:
    """Write down the id of a job that was submitted now."""
    known = replace(submitted, job=job, submitted=time.time())
    try:
        _replaced(folder, known)
    except CannotMeasure as error:
        found = f"job {job} is submitted, but not written down: {error.found}"
        raise CannotMeasure(error.where, found) from error
    return known


def _replaced(folder: Path, submitted: Submitted) -> None:
    """Put a new job.json in the place of the old one, whole; CannotMeasure if it cannot be."""
    new = folder / f".{RECORD}.{os.getpid()}"
    try:
        with new.open("wb") as file:
            file.write(_encoded(submitted))
            file.flush()
            os.fsync(file.fileno())
        new.replace(folder / RECORD)
    except OSError as error:
        raise CannotMeasure(str(folder / RECORD), f"cannot be written: {error.strerror}") from error


def renew(folder: Path, submitted: Submitted) -> None:
    """Make a run whose job has ended one that is held back: it may be submitted again.

    What was measured stays, and the next job goes on with it.
    """
    before = (*submitted.jobs_before, *([submitted.job] if submitted.job else []))
    _replaced(folder, replace(submitted, job="", submitted=None, jobs_before=before))
    for name in (job_script.MARKER, job_script.BEGUN, job_script.CANCELLED, _GONE, _CLAIM):
        (folder / name).unlink(missing_ok=True)


def queue(folder: Path, submitted: Submitted) -> Queue:
    """The batch system of a run, as its copy of cluster.yaml describes it."""
    file, source = clusters.load(folder / "cluster.yaml")
    _, cluster = clusters.choose(file, submitted.cluster, source)
    found = listing.queue(cluster.launcher, submitted.scheduler, folder)
    if found is None:
        raise CorruptStore(str(folder / RECORD), f"{submitted.scheduler!r} is no batch system")
    return found


def claim(folder: Path) -> bool:
    """Become the only process that submits this run; False if another one is, or was."""
    try:
        os.close(os.open(folder / _CLAIM, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    except FileExistsError:
        return False
    except OSError as error:
        raise CannotMeasure(str(folder), f"cannot be written: {error.strerror}") from error
    return True


def claimed_s(folder: Path, now: float) -> float | None:
    """For how long it has been claimed; None if it is not."""
    with suppress(OSError):
        return now - (folder / _CLAIM).stat().st_mtime
    return None


def release(folder: Path) -> None:
    """It was certainly not submitted: somebody may try again."""
    (folder / _CLAIM).unlink(missing_ok=True)


def began(folder: Path) -> float | None:
    """When the script of the job started, s since 1970; None if it did not."""
    with suppress(OSError):
        return (folder / job_script.BEGUN).stat().st_mtime
    return None


def _begun_id(folder: Path) -> str:
    with suppress(OSError):
        return (folder / job_script.BEGUN).read_text(errors="replace").strip()
    return ""


def status(folder: Path) -> int | None:
    """The exit status in the end marker; None if there is none.

    It is renamed into place as a whole. One that cannot be read was not written by a script of
    qyran, or its disk is damaged: the job ended, and nobody knows how.
    """
    try:
        content = (folder / job_script.MARKER).read_bytes()
    except OSError:
        return None
    with suppress(ValueError, KeyError, TypeError):
        found = json.loads(content)
        if found["schema"] == job_script.MARKER_SCHEMA:
            return int(found["exit_code"])
    return 125


def cancelled(folder: Path) -> bool:
    """Whether `qyran cancel` was here."""
    return (folder / job_script.CANCELLED).exists()


def cancel(folder: Path) -> None:
    """Write down that the user does not want it any more; CannotMeasure if that is impossible."""
    try:
        (folder / job_script.CANCELLED).touch()
    except OSError as error:
        raise CannotMeasure(str(folder), f"cannot be written: {error.strerror}") from error


def gone_since(folder: Path, now: float, *, gone: bool) -> float | None:
    """When a job was first found gone; kept in the folder, for a reader may look only once."""
    path = folder / _GONE
    if not gone:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return None
    with suppress(OSError):
        with suppress(FileExistsError), path.open("x") as file:
            file.write(f"{now!r}\n")
        with suppress(ValueError):
            return float(path.read_text())
    return now
