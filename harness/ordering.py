"""Jobs of a batch system from a request: their folders, their scripts, what they run.

What a job runs is `qyran run` again (`harness.again`) with copies of suite and cluster.yaml.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from harness import again
from harness.config import cluster as clusters
from harness.config import files
from harness.config.cluster import Partition
from harness.errors import CannotMeasure, ConfigError
from harness.launch import job_script, listing
from harness.launch.contract import Job, Queue
from harness.prepare import Prepared, Request, prepare
from harness.record import store
from harness.submit import folder as folders
from harness.submit import order
from harness.submit.folder import Submitted
from harness.submit.submitting import fill
from harness.submit.submitting import submit as submit_one
from harness.submit.watch import look

_PYTHON: Final = (sys.executable, "-P", "-m", "harness")


@dataclass(frozen=True)
class Options:
    """How jobs are asked for. time_s, pending : None for the usual ones; submission : its id."""

    time_s: float | None = None
    pending: int | None = None
    submission: str = ""


@dataclass(frozen=True)
class Made:
    """A run that is ready to be submitted. files : what its folder will hold."""

    folder: Path
    submitted: Submitted
    script: str
    files: dict[str, bytes]


def prepared(request: Request) -> tuple[Prepared, Queue, Path]:
    """The plan for nodes as cluster.yaml describes them, the batch system, and cluster.yaml.

    A job that this process may run in is not the one that is planned for.
    """
    source = files.cluster_file(request.cluster_file)
    file, name = clusters.load(source)
    chosen, cluster = clusters.choose(file, request.cluster, name)
    kind = request.launcher or cluster.launcher.kind
    queue = listing.queue(cluster.launcher, kind, source.absolute().parent)
    if queue is None:
        raise ConfigError(
            "--launcher" if request.launcher else f"{name}: {chosen}: launcher: kind",
            f"{kind!r} has no queue: there is nothing to submit to",
            known="slurm, pbs, script",
            fix=f"`qyran run {request.name}` runs it here",
        )
    clean = queue.clean(os.environ)
    for one in set(os.environ) - set(clean):
        del os.environ[one]
    return prepare(request), queue, source


def made(
    prepared: Prepared,
    queue: Queue,
    partition: Partition,
    pinned: list[tuple[str, ...]],
    options: Options,
    source: Path,
) -> list[Made]:
    """All runs of the submission; ConfigError for what the partition does not allow."""
    cases = prepared.cases
    nodes, ranks_per_node, threads = order.geometry(cases)
    order.allowed(nodes, partition, prepared.partition_name)
    request, launcher = prepared.request, prepared.cluster.launcher
    now = time.time()
    submission = options.submission or store.new_id(Path(request.name).stem, now)
    base = Submitted(
        run=submission,
        submission=submission,
        cluster=prepared.cluster_name,
        partition=prepared.partition_name,
        suite=request.name,
        title=prepared.title,
        scheduler=prepared.launcher,
        queue=partition.queue or prepared.partition_name,
        nodes=nodes,
        ranks_per_node=ranks_per_node,
        threads=threads,
        hosts=(),
        time_limit_s=order.time_s(cases, partition, options.time_s, "--time"),
        argv=(),
        command=request.command,
        pending=options.pending or launcher.pending,
        grace_s=launcher.grace,
        by=f"qyran {version('qyran')}",
        made=now,
        cases=tuple(one.as_dict() for one in cases),
    )
    return [_made(replace(base, hosts=hosts), prepared, queue, source) for hosts in pinned]


def _made(base: Submitted, prepared: Prepared, queue: Queue, source: Path) -> Made:
    """One run: its folder, what it runs, and its script."""
    request, launcher = prepared.request, prepared.cluster.launcher
    run = "-".join([base.submission, *(base.hosts if len(base.hosts) == 1 else ())])
    root = request.results.absolute()
    folder = root / base.cluster / run
    copies, suite, hpl_dat = _copies(request, source, launcher)
    inside = replace(
        request,
        cluster=prepared.cluster_name,
        partition=prepared.partition_name,
        cluster_file=folder / "cluster.yaml",
        results=root,
    )
    words = again.words(
        inside,
        suite=str(folder / suite) if suite in copies else suite,
        hpl_dat=folder / hpl_dat if hpl_dat else None,
        into=folder,
    )
    submitted = replace(base, run=run, argv=(*_PYTHON, *words))
    script = queue.script(
        Job(
            name=Path(request.name).stem,
            folder=folder,
            command=submitted.argv,
            nodes=base.nodes,
            ranks_per_node=base.ranks_per_node,
            threads=base.threads,
            time_s=base.time_limit_s,
            queue=base.queue,
            hosts=base.hosts,
            options=launcher.submit,
            prologue=launcher.prologue,
            directory=Path.cwd(),
        )
    )
    content = {name: path.read_bytes() for name, path in copies.items()}
    encoded = script.encode("utf-8", "surrogateescape")
    return Made(folder, submitted, script, {**content, job_script.SCRIPT: encoded})


def _copies(
    request: Request, source: Path, launcher: clusters.Launcher
) -> tuple[dict[str, Path], str, str]:
    """What is copied into the folder, and the names there of suite (or kernel) and HPL.dat."""
    copies = {"cluster.yaml": source}
    if launcher.template is not None:
        copies[Path(launcher.template).name] = source.absolute().parent / launcher.template
    if request.hpl_dat is not None:
        return {**copies, "HPL.dat": request.hpl_dat}, request.name, "HPL.dat"
    if not _is_suite(request.name):
        return copies, request.name, ""
    file = files.suite_file(request.name)
    suite = f"suite/{file.name}"
    return {**copies, suite: file}, suite, ""


def _is_suite(name: str) -> bool:
    return "/" in name or name.endswith((".yaml", ".yml")) or name in files.suites()


def begin(made: list[Made]) -> list[str]:
    """Make all folders, and submit as many as may wait; returns what went wrong.

    If not even the first is taken, nothing is left of them.
    """
    for one in made:
        folders.create(one.folder, one.submitted, one.files)
    try:
        submit_one(made[0].folder)
    except CannotMeasure:
        for one in made:
            if folders.claimed_s(one.folder, time.time()) is None:
                shutil.rmtree(one.folder, ignore_errors=True)
        raise
    seen, _ = look([one.folder for one in made], asking=False)
    _, problem = fill(seen)
    return [problem] if problem else []
