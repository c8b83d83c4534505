"""OpenPBS and PBS Professional: jobs by qsub, ranks inside of them.

States and formats as in the PBS Professional reference guide (qsub, qstat, pbsnodes).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from harness.launch import job_script
from harness.launch.contract import Allocation, Job, Report, State

_KEPT: Final = "PBS_CONF_FILE PBS_EXEC PBS_HOME PBS_SERVER PBS_PRIMARY PBS_SECONDARY"
_STATES: Final = {
    State.QUEUED: "QHWT",
    State.RUNNING: "RESUB",
    State.ENDED: "FX",
}
_OF_LETTER: Final = {one: state for state, letters in _STATES.items() for one in letters}
_ID: Final = re.compile(r"^(\d+(?:\[\d*\])?\.[\w.-]+)\s*$", re.MULTILINE)
# What is left of a document that cannot be read: ids and states, in this order.
_TRACE: Final = re.compile(
    r'"(?P<job>\d+(?:\[\d*\])?\.[\w.-]+)"\s*:\s*\{|"job_state"\s*:\s*"(?P<letter>\w)"'
)
_USABLE: Final = {"free": True, "job-busy": False, "job-exclusive": False, "busy": False}


def allocation(hosts: Sequence[str], environ: Mapping[str, str]) -> Allocation | None:
    """The nodes of the job this process runs in, from its `PBS_NODEFILE`; None outside of one."""
    job = environ.get("PBS_JOBID")
    file = environ.get("PBS_NODEFILE")
    if not job or not file:
        return None
    listed = Path(file).read_text(encoding="utf-8").split()
    return Allocation("pbs", tuple(dict.fromkeys(listed)), job)


def script(job: Job) -> str:
    """The batch script: whole nodes, exact counts, nothing left to a default of the site."""
    lines = "".join(f"#PBS {one}\n" for one in _directives(job))
    return f"#!/bin/bash\n{lines}\n{job_script.body(job, 'PBS_JOBID')}"


def _directives(job: Job) -> Iterator[str]:
    yield f"-N {job_script.label(job.name)}"
    yield "-S /bin/bash"
    yield f"-l select={_select(job)}"
    yield "-l place=scatter:excl"
    if job.time_s is not None:
        yield f"-l walltime={job_script.clock(job.time_s)}"
    if job.queue:
        yield f"-q {job_script.plain(job.queue, 'queue')}"
    yield "-j oe"
    yield "-k doe"
    yield "-r y"
    yield "-V"
    for option in job.options:
        yield job_script.line(option, "launcher: submit")


def _select(job: Job) -> str:
    """One chunk a node; a chunk of its own for each node that is asked for by name."""
    each = f"ncpus={job.cpus_per_node}:mpiprocs={job.ranks_per_node}:ompthreads={job.threads}"
    if not job.hosts:
        return f"{job.nodes}:{each}"
    return "+".join(f"1:host={job_script.plain(one, 'hosts')}:{each}" for one in job.hosts)


def submit(script: Path) -> list[str]:
    """`qsub`; the output file is an argument, since a directive can hold no unusual path."""
    return ["qsub", "-o", str(script.parent / job_script.OUTPUT), str(script)]


def job_id(printed: str) -> str:
    """``17.server``, whatever a hook of the site prints around it."""
    found = _ID.search(printed)
    if found is None:
        raise ValueError("qsub printed no job id")
    return found[1]


def queries(jobs: Sequence[str]) -> list[list[str]]:
    """`qstat` with finished jobs, and without where the server keeps none."""
    return [["qstat", "-x", "-f", "-F", "json", *jobs], ["qstat", "-f", "-F", "json", *jobs]]


def reports(printed: str) -> dict[str, Report]:
    """The jobs of a JSON document; of a damaged one (PBS escapes badly) as many as can be found."""
    try:
        jobs = json.loads(printed, strict=False)["Jobs"]
        return {name: _report(job) for name, job in jobs.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return _traces(printed)


def _report(job: Mapping[str, Any]) -> Report:
    letter = str(job.get("job_state", "?"))
    words = [str(job["comment"])] if job.get("comment") else []
    if "Exit_status" in job:
        words.append(f"Exit_status {job['Exit_status']}")
    return Report(_OF_LETTER.get(letter, State.UNKNOWN), letter, ", ".join(words))


def _traces(printed: str) -> dict[str, Report]:
    found: dict[str, Report] = {}
    job = ""
    for one in _TRACE.finditer(printed):
        if one["job"]:
            job = one["job"]
        elif job:
            found[job] = Report(_OF_LETTER.get(one["letter"], State.UNKNOWN), one["letter"])
    return found


def denies(said: str) -> bool:
    """What qstat says of a job that it has forgotten."""
    return "Unknown Job Id" in said or "Job has finished" in said


def cancel(jobs: Sequence[str]) -> list[str]:
    """`qdel`."""
    return ["qdel", *jobs]


def nodes(queue: str | None) -> list[str]:
    """`pbsnodes`; it knows the nodes of the server, not those of a queue."""
    return ["pbsnodes", "-a", "-F", "json"]


def states_of_nodes(printed: str) -> dict[str, bool]:
    """Idle and busy nodes; those that are offline, down or unknown are left out."""
    try:
        listed = json.loads(printed, strict=False)["nodes"]
        states = {name: str(node.get("state", "")) for name, node in listed.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
    return {name: _USABLE[state] for name, state in states.items() if state in _USABLE}


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Without variables of an outer job."""
    return job_script.cleaned(environ, ("PBS_", "QSUB_", "QSTAT_"), _KEPT)
