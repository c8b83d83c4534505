"""`qyran accept NODES`: nodes are measured stage by stage, and judged."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.acceptance import place, queue, state, suites
from harness.acceptance.flow import STAGES, Flow, Found, not_measured
from harness.acceptance.here import Here
from harness.acceptance.judging import Judge, Known
from harness.acceptance.queue import InQueue
from harness.acceptance.runner import Runner
from harness.acceptance.state import Asked, Log, StageRecord
from harness.commands import accept, next_step, output
from harness.commands.accept import Files
from harness.commands.run import heed_signals
from harness.errors import ConfigError, unknown
from harness.outcome import INTERRUPTED
from harness.prepare import Request
from harness.record.owner import Owner
from harness.report import promise_document, stage_document, units
from harness.report.stage_document import More, NodeStageDoc, StageDoc

AT_ONCE: Final = 32
"""Runs that go on together: each is an mpirun and a small process on the machine that accepts."""


@dataclass(frozen=True)
class Options:
    """What was asked for. nodes : () is all; stages : () is all that have a suite."""

    nodes: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    quick: bool = False
    at_once: int = AT_ONCE
    timeout_s: float | None = None
    allocation: bool = False


def measure(
    request: Request, options: Options, known: Known, files: Files, *, as_json: bool
) -> None:
    """Begin an acceptance."""
    heed_signals()
    found = place.of(request)
    inside = found.allocation is not None
    stages = _stages(options, inside=inside)
    nodes = place.nodes(found, options.nodes) if inside else _of_queue(request, options, found)
    now = time.time()
    asked = Asked(
        id=state.new(now),
        nodes=nodes,
        stages=stages,
        runner="here" if inside else "queue",
        cluster=found.name,
        partition=request.partition,
        cluster_file=str(request.cluster_file.absolute()) if request.cluster_file else "",
        launcher=request.launcher,
        contract=str(known.contract.absolute()) if known.contract else "",
        baseline=str(known.baseline.absolute()) if known.baseline else "",
        quick=options.quick,
        at_once=options.at_once,
        timeout_s=options.timeout_s,
        command=tuple(sys.argv),
        started=now,
    )
    judge = Judge(_known(asked, request.results))
    log = Log(request.results / found.name / asked.id)
    log.begin(asked)
    _run(asked, log, judge, request.results, None, files, as_json=as_json)


def resume(name: str, results: Path, files: Files, *, as_json: bool) -> None:
    """Go on with an acceptance; of one that has ended, its verdicts are shown again."""
    heed_signals()
    folder = state.find(results, name)
    known = state.read(folder)
    judge = Judge(_known(known.asked, results))
    _run(known.asked, Log(folder), judge, results, known, files, as_json=as_json)


def _run(
    asked: Asked,
    log: Log,
    judge: Judge,
    results: Path,
    earlier: state.Known | None,
    files: Files,
    *,
    as_json: bool,
) -> None:
    tell = _teller(as_json=as_json)
    request = _request(asked, results)
    owner = Owner(log.folder, os.environ.get("SLURM_JOB_ID", ""))
    count = units.counted(len(asked.nodes), "node")
    tell(f"acceptance {asked.short} of {count}, results in {log.folder}")
    try:
        runner, partition = _runner(asked, log, request, tell), place.of(request).partition
        flow = Flow(asked, log, runner, judge, request, partition, tell)
        if earlier is not None:
            flow.go_on_from(earlier)
        found = flow.run()
    except KeyboardInterrupt:
        fix = f"go on with: qyran accept --resume {asked.short}{next_step.at(results)}"
        output.note(f"interrupted; {fix}")
        output.end(INTERRUPTED)
    finally:
        owner.release()
    accept.show(
        found.verdicts,
        f"--resume {asked.short}",
        _known(asked, results),
        files,
        _more(asked, found),
        as_json=as_json,
    )


def _runner(asked: Asked, log: Log, request: Request, tell: Callable[[str], None]) -> Runner:
    if asked.runner == "queue":
        return InQueue(request, log.folder, asked.timeout_s, tell)
    found = place.of(request)
    if found.allocation is None:
        raise ConfigError(
            found.source,
            f"acceptance {asked.short} was begun in a job of {found.kind!r}, and this is none",
            fix=f"qyran accept --resume {asked.short}, in a job of these nodes",
        )
    place.nodes(found, asked.nodes)
    return Here(request, found.cluster.launcher, found.allocation.hosts, log.folder, asked.at_once)


def _request(asked: Asked, results: Path) -> Request:
    """What all runs of an acceptance have in common."""
    return Request(
        name="accept",
        cluster=asked.cluster,
        partition=asked.partition,
        launcher=asked.launcher,
        cluster_file=Path(asked.cluster_file) if asked.cluster_file else None,
        results=results,
        command=asked.command,
    )


def _known(asked: Asked, results: Path) -> Known:
    """With the contract of cluster.yaml, where no other is given."""
    found = place.of(_request(asked, results))
    site = found.cluster.contract
    return Known(
        Path(asked.contract) if asked.contract else None,
        Path(asked.baseline) if asked.baseline else None,
        asked.nodes,
        (site, f"{found.source}: {found.name}: contract") if site else None,
        found.partition.node,
        found.partition.blocks,
    )


def _of_queue(request: Request, options: Options, found: place.Place) -> tuple[str, ...]:
    """The nodes that jobs are to be submitted for; not by --allocation, which is of a job."""
    if options.allocation:
        raise ConfigError(
            "--allocation",
            f"this is no job of {found.kind!r}, by which cluster {found.name!r} is started",
            fix=f"qyran accept --partition {found.partition_name}, or the same inside of a job",
        )
    return queue.nodes(request, options.nodes)


def _stages(options: Options, *, inside: bool) -> tuple[str, ...]:
    """The stages in their order; ConfigError for one that is unknown, or has no suite.

    Outside of a job what a node is is told by its first job: consistency comes behind it.
    """
    chosen = _chosen(options)
    if inside or "consistency" not in chosen:
        return chosen
    if "node" not in chosen:
        raise ConfigError(
            "--stages",
            "consistency is read from the jobs of stage node, and that is left out",
            fix="--stages consistency,node; or inside of a job of these nodes",
        )
    rest = [one for one in chosen if one not in ("consistency", "node")]
    return ("node", "consistency", *rest)


def _chosen(options: Options) -> tuple[str, ...]:
    for one in options.stages:
        if one not in STAGES:
            raise unknown("--stages", "stage", one, STAGES)
    if options.stages:
        chosen = tuple(one for one in STAGES if one in options.stages)
        for one in chosen:
            if one != "consistency":
                suites.name(one, quick=options.quick)
        return chosen
    return ("consistency", *suites.stages())


def _teller(*, as_json: bool) -> Callable[[str], None]:
    began = time.monotonic()

    def tell(line: str) -> None:
        seconds = int(time.monotonic() - began)
        output.progress(f"[{seconds // 60:3d}:{seconds % 60:02d}] {line}", stderr=as_json)

    return tell


def _more(asked: Asked, found: Found) -> More:
    options = [
        *(["--cluster", asked.cluster] if "--cluster" in asked.command else []),
        *(["--partition", asked.partition] if asked.partition else []),
        *(["--contract", asked.contract] if asked.contract else []),
        *(["--baseline", asked.baseline] if asked.baseline else []),
    ]

    def repeat(nodes: str) -> str:
        return shlex.join(["qyran", "accept", nodes, "--stages", "consistency,node", *options])

    compared = found.consistency
    return More(
        id=asked.id,
        cluster=asked.cluster,
        stages=tuple(_stage(one) for one in found.stages),
        facts=stage_document.facts(compared) if compared else (),
        compared=compared.compared if compared else 0,
        findings=found.findings,
        unconfirmed=found.unconfirmed,
        control=found.control,
        promises=tuple(promise_document.of(found.promises)),
        promises_code=promise_document.exit_code(found.promises),
        repeat=repeat,
    )


def _stage(one: StageRecord) -> StageDoc:
    return StageDoc(
        stage=one.stage,
        started=one.started if one.nodes else None,
        ended=one.ended,
        nodes=[
            NodeStageDoc(node=end.node, ended=end.ended, reason=end.reason, run=end.run)
            for end in one.ends.values()
        ],
        reason=not_measured(one.stage, len(one.nodes)) if one.nodes else "no node came to it",
    )
