"""`qyran submit`: from a plan to jobs in the queue of a batch system."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness import ordering
from harness.commands import jobs, output
from harness.config import cluster as clusters
from harness.config.cluster import Partition
from harness.errors import ConfigError
from harness.launch.contract import Queue
from harness.prepare import Prepared, Request
from harness.report import jobs as rendering
from harness.report.job_document import SubmitDoc
from harness.submit import order
from harness.submit.watch import look


@dataclass(frozen=True)
class Options:
    """What `qyran submit` knows beside `qyran run`. time_s, pending : None for the usual ones."""

    time_s: float | None = None
    per_node: bool = False
    pending: int | None = None
    dry_run: bool = False


def submit(request: Request, options: Options, *, as_json: bool) -> None:
    """Plan, render and submit; exit 3 if the batch system takes nothing."""
    count = _count(request) if options.per_node else None
    if options.per_node:
        request = replace(request, overrides=replace(request.overrides, nodes=(1,)))
    prepared, queue, source = ordering.prepared(request)
    if not options.dry_run:
        clusters.refuse_planned(prepared.cluster_name, prepared.cluster, prepared.cluster_source)
    partition = prepared.cluster.partitions[prepared.partition_name]
    pinned, notes = _pinned(prepared, queue, partition, count, options)
    asked = ordering.Options(options.time_s, options.pending)
    made = ordering.made(prepared, queue, partition, pinned, asked, source)
    notes += list(prepared.notes) + _of_the_node(prepared, partition)
    name = made[0].submitted.submission
    if options.dry_run:
        shown = SubmitDoc(
            submission=name,
            dry_run=True,
            scripts=[one.script for one in made],
            jobs=[],
            notes=notes,
        )
        if as_json:
            output.show(shown, "", as_json=True)
        else:
            output.plain("".join(shown.scripts))
        return
    notes += ordering.begin(made)
    seen, _ = look([one.folder for one in made], asking=False)
    shown = SubmitDoc(
        submission=name,
        dry_run=False,
        scripts=[],
        jobs=[jobs.document(one) for one in seen],
        notes=notes,
    )
    output.show(shown, rendering.submitted(shown), as_json=as_json)


def _count(request: Request) -> int | None:
    """How many nodes `--per-node` takes; None: all."""
    nodes = request.overrides.nodes
    if nodes is not None and len(nodes) > 1:
        raise ConfigError("--nodes", f"found {nodes}", known="one number together with --per-node")
    return nodes[0] if nodes else None


def _pinned(
    prepared: Prepared,
    queue: Queue,
    partition: Partition,
    count: int | None,
    options: Options,
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The nodes of each job, () : any; and notes."""
    name = prepared.partition_name
    if not options.per_node:
        return [()], []
    nodes, notes = order.nodes_in_turn(queue, partition, name)
    return [(one,) for one in order.chosen(nodes, count, name)], notes


def _of_the_node(prepared: Prepared, partition: Partition) -> list[str]:
    """A warning where the plan is for this machine, because nothing is known of the nodes."""
    missing = [name for name in ("cores", "memory") if getattr(partition.node, name) is None]
    if not missing:
        return []
    return [
        f"{prepared.cluster_source} does not say the {' and '.join(missing)} of a node of "
        f"partition {prepared.partition_name!r}: those of this machine are asked for"
    ]
