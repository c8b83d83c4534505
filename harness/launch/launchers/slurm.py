"""Slurm: jobs by sbatch, ranks inside of them.

States and formats as in the manuals of sbatch, squeue, scontrol, sacct and sinfo (Slurm 22.05 and
newer). Every one of the programs that tell states may be missing or fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from harness.config.hosts import expand
from harness.launch import job_script
from harness.launch.contract import Allocation, Job, Report, State

_FORMAT: Final = "%i|%T|%r"
# Only these of SLURM_* say where the batch system is; the others are of a job.
_KEPT: Final = "SLURM_CONF SLURM_CONF_SERVER SLURM_CLUSTERS"
_PREFIXES: Final = (
    "SBATCH_",
    "SLURM_",
    "SLURMD_",
    "SRUN_",
    "SALLOC_",
    "SQUEUE_",
    "SINFO_",
    "SACCT_",
)
_STATES: Final = {
    State.QUEUED: "PENDING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD SPECIAL_EXIT EXPEDITING",
    State.RUNNING: "RUNNING CONFIGURING COMPLETING SUSPENDED STOPPED SIGNALING RESIZING STAGE_OUT "
    "POWER_UP_NODE UPDATE_DB",
    State.ENDED: "COMPLETED CANCELLED FAILED TIMEOUT NODE_FAIL PREEMPTED BOOT_FAIL DEADLINE "
    "OUT_OF_MEMORY REVOKED LAUNCH_FAILED RECONFIG_FAIL",
}
_OF_WORD: Final = {word: state for state, words in _STATES.items() for word in words.split()}
_LINE: Final = re.compile(r"(\d+)\|([A-Z_]+)(?: by \d+)?\+?\|(.*)")
_RECORD: Final = re.compile(r"JobId=(\d+) .*?\bJobState=([A-Z_]+)(?:.*?\bReason=(\S+))?")
_NO_REASON: Final = ("None", "(null)", "")
# Seconds before the time limit at which the driver is told to record what it has.
_WARNING_S: Final = 60


def allocation(hosts: Sequence[str], environ: Mapping[str, str]) -> Allocation | None:
    """The nodes of the job this process runs in (`SLURM_JOB_NODELIST`); None outside of one."""
    job = environ.get("SLURM_JOB_ID")
    nodes = environ.get("SLURM_JOB_NODELIST")
    if not job or not nodes:
        return None
    return Allocation("slurm", expand(nodes), job)


def script(job: Job) -> str:
    """The batch script: whole nodes, exact counts, nothing left to a default of the site."""
    lines = "".join(f"#SBATCH {one}\n" for one in _directives(job))
    return f"#!/bin/bash\n{lines}\n{job_script.body(job, 'SLURM_JOB_ID')}"


def _directives(job: Job) -> Iterator[str]:
    yield f"--job-name={job_script.label(job.name)}"
    yield f"--nodes={job.nodes}"
    yield f"--ntasks-per-node={job.ranks_per_node}"
    yield f"--cpus-per-task={job.threads}"
    yield "--exclusive"
    yield "--mem=0"
    if job.time_s is not None:
        yield f"--time={job_script.clock(job.time_s)}"
    if job.queue:
        yield f"--partition={job_script.plain(job.queue, 'queue')}"
    if job.hosts:
        hosts = ",".join(job_script.plain(one, "hosts") for one in job.hosts)
        yield f"--nodelist={hosts}"
    yield f"--output={job_script.OUTPUT}"
    yield "--open-mode=append"
    yield f"--signal=B:TERM@{_WARNING_S}"
    yield "--requeue"
    yield "--export=ALL"
    for option in job.options:
        yield job_script.line(option, "launcher: submit")


def submit(script: Path) -> list[str]:
    """`sbatch`; the folder is an argument, since a directive can hold no unusual path."""
    return ["sbatch", "--parsable", f"--chdir={script.parent}", str(script)]


def job_id(printed: str) -> str:
    """``17`` or ``17;cluster``, whatever a plug-in of the site prints around it."""
    found = re.search(r"^(\d+)(?:;\S*)?\s*$", printed, re.MULTILINE)
    if found is None:
        raise ValueError("sbatch printed no job id")
    return found[1]


def queries(jobs: Sequence[str]) -> list[list[str]]:
    """`squeue`, `scontrol` for each job, and `sacct`."""
    listed = ",".join(jobs)
    return [
        ["squeue", "--noheader", "--states=all", f"--format={_FORMAT}", f"--jobs={listed}"],
        *(["scontrol", "--oneliner", "show", "job", job] for job in jobs),
        ["sacct", "-n", "-P", "-X", "--format=JobIDRaw,State,Reason", f"--jobs={listed}"],
    ]


def reports(printed: str) -> dict[str, Report]:
    """Lines of squeue and sacct (``17|RUNNING|None``), or records of scontrol."""
    found = {}
    for text in printed.splitlines():
        read = _LINE.fullmatch(text.strip()) or _RECORD.match(text.strip())
        if read is not None:
            reason = read[3] or ""
            state = _OF_WORD.get(read[2], State.UNKNOWN)
            found[read[1]] = Report(state, read[2], "" if reason in _NO_REASON else reason)
    return found


def denies(said: str) -> bool:
    """What squeue and scontrol say of a job that they have forgotten."""
    return "Invalid job id" in said


def cancel(jobs: Sequence[str]) -> list[str]:
    """`scancel`."""
    return ["scancel", *jobs]


def nodes(queue: str | None) -> list[str]:
    """`sinfo`, a line for each node."""
    asked = [f"--partition={queue}"] if queue else []
    return ["sinfo", "--noheader", "--Node", "--format=%N|%T", *asked]


def states_of_nodes(printed: str) -> dict[str, bool]:
    """Idle and busy nodes; those that are down, drained or reserved are left out.

    A flag behind the state (``idle*``: the node does not answer) makes it unusable too, but for
    ``~``, ``#``, ``%`` (a node that saves power is started for a job) and ``-``, ``+``.
    """
    found: dict[str, bool] = {}
    for text in printed.splitlines():
        name, bar, state = text.strip().partition("|")
        word = state.rstrip("~#%-+")
        if bar and word in ("idle", "mixed", "allocated", "completing"):
            found.setdefault(name, word == "idle")
    return found


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Without variables of an outer job, and those that stand for options of Slurm's programs."""
    return job_script.cleaned(environ, _PREFIXES, _KEPT)
