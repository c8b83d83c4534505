"""From what the user typed to cases that are checked: nothing is started here."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.config import cluster as clusters
from harness.config import files, hpl_dat
from harness.config import references as reference_files
from harness.config import suite as suites
from harness.config.yaml_file import Document
from harness.errors import ConfigError, unknown
from harness.judge import placement, references
from harness.launch import listing as launchers
from harness.launch.contract import Allocation
from harness.machine.fingerprint import fingerprint
from harness.machine.node import NodeFacts, detect
from harness.measure.driver import Limits
from harness.plan.case import Case
from harness.plan.compare import compared
from harness.plan.expand import Overrides
from harness.plan.resolve import plan
from harness.plan.resources import Resources
from harness.record import store
from kernels import listing
from kernels.contract import parameters


@dataclass(frozen=True)
class Rules:
    """What is done about cases that cannot be measured, and when a run ends.

    retries : further attempts at what failed without its fault, or was slow. stall_s : a case ends
    if its ranks report nothing for so long. limit_s : the run ends then, and can be resumed.
    """

    retries: int = 1
    stall_s: float | None = None
    limit_s: float | None = None

    def limits(self, began: float) -> Limits:
        """Those of every launch of a run that began at this time of the monotonic clock."""
        return Limits(self.stall_s, None if self.limit_s is None else began + self.limit_s)


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    suite : a suite that stands in no file, with its document; ``name`` is what it is called then.
    launcher : a kind of launcher, instead of the one that cluster.yaml names or that is detected.
    into : the folder of the run, which may exist if nothing was begun in it. tags : names to find
    the run by; confirms : id of the suspicion it is measured for. require_references : a case whose
    primary metric has none ends as `no-reference`. hosts : only these nodes of the allocation.
    free_B : no node of them has more free memory than this.
    """

    name: str
    overrides: Overrides = field(default_factory=Overrides)
    cluster: str | None = None
    partition: str | None = None
    launcher: str | None = None
    cluster_file: Path | None = None
    results: Path = store.DEFAULT
    command: tuple[str, ...] = ()
    hpl_dat: Path | None = None
    rules: Rules = field(default_factory=Rules)
    into: Path | None = None
    suite: tuple[suites.Suite, Document] | None = None
    tags: tuple[str, ...] = ()
    confirms: str = ""
    require_references: bool = False
    hosts: tuple[str, ...] = ()
    free_B: int | None = None


@dataclass(frozen=True)
class Prepared:
    """A request with everything resolved and checked; notes are sentences for the user.

    launcher : the kind that is used. allocation : where ranks may be started now, None outside of
    the batch job that they need.
    """

    request: Request
    title: str
    cluster_name: str
    cluster: clusters.Cluster
    cluster_source: str
    partition_name: str
    facts: NodeFacts
    resources: Resources
    launcher: str
    allocation: Allocation | None
    cases: tuple[Case, ...]
    notes: tuple[str, ...] = ()
    compare: tuple[tuple[str, str], ...] = ()

    @property
    def rules(self) -> Rules:
        """Those of the request."""
        return self.request.rules


def prepare(request: Request) -> Prepared:
    """Resolve suite, cluster and cases; ConfigError before anything starts."""
    suite, text, notes = _suite(request)
    file, source = clusters.load(request.cluster_file)
    name, cluster = clusters.choose(file, request.cluster, source)
    partition_name, partition = cluster.chosen(request.partition, source)
    facts = detect()
    launcher, allocation = allocated(request, cluster, partition, f"{source}: {name}")
    offered = resources(cluster, partition, allocation, facts, f"{source}: {name}")
    if request.free_B is not None:
        offered = replace(offered, memory_B=min(offered.memory_B, request.free_B))
    cases = plan(suite, text, request.overrides, offered)
    cases = _referenced(request, cases, _site(name, facts, here=offered.here))
    return Prepared(
        request=request,
        title=suite.title,
        cluster_name=name,
        cluster=cluster,
        cluster_source=source,
        partition_name=partition_name,
        facts=facts,
        resources=offered,
        launcher=launcher,
        allocation=allocation,
        cases=cases,
        compare=compared(suite, text, cases),
        notes=notes,
    )


def _referenced(
    request: Request, cases: tuple[Case, ...], site: references.Site
) -> tuple[Case, ...]:
    """The cases with the references of the files of the site, beside those of the suite."""
    found = references.applied(cases, reference_files.load(), site)
    if not request.require_references:
        return found
    return tuple(replace(one, reference_required=True) for one in found)


def _site(cluster: str, facts: NodeFacts, *, here: bool) -> references.Site:
    """What references may ask of the machine; of another one only its name is known."""
    if not here:
        return references.Site(cluster)
    return references.Site(cluster, fingerprint(facts).key, facts.cpu_model or "")


def can_run_here(prepared: Prepared) -> None:
    """ConfigError if the cluster does not exist yet or is not started from this machine."""
    clusters.refuse_planned(prepared.cluster_name, prepared.cluster, prepared.cluster_source)
    if prepared.allocation is None:
        raise ConfigError(
            prepared.cluster_source,
            f"cluster {prepared.cluster_name!r} is started by {prepared.launcher!r}, "
            "and this is no job of it",
            fix=f"`qyran submit {prepared.request.name}`, or run it inside of a job",
        )


def allocated(
    request: Request, cluster: clusters.Cluster, partition: clusters.Partition, where: str
) -> tuple[str, Allocation | None]:
    """The kind of launcher, and where its ranks may be started now.

    `local` in a batch job of several nodes means that job, unless the user asked for it by name.
    Of an allocation only the hosts that were asked for are taken; ConfigError for others.
    """
    kind, allocation = _whole(request, cluster, partition, where)
    if allocation is None or not request.hosts:
        return kind, allocation
    known = allocation.hosts or (platform.node(),)
    strange = [one for one in request.hosts if not placement.is_of(one, "", known)]
    if strange:
        raise ConfigError(
            "--hosts",
            f"{', '.join(strange)} is none of the nodes that ranks may be started on",
            known=", ".join(known),
        )
    chosen = tuple(one for one in allocation.hosts if placement.is_of(one, "", request.hosts))
    return kind, replace(allocation, hosts=chosen)


def _whole(
    request: Request, cluster: clusters.Cluster, partition: clusters.Partition, where: str
) -> tuple[str, Allocation | None]:
    """The same for all nodes there are."""
    kind = request.launcher or cluster.launcher.kind
    found = launchers.load(kind, "--launcher" if request.launcher else f"{where}: launcher: kind")
    if kind == "local" and not request.launcher:
        for name in launchers.names():
            job = launchers.load(name).allocation((), os.environ)
            if job is not None and job.job and len(job.hosts) > 1:
                return name, job
    allocation = found.allocation(partition.hosts, os.environ)
    if kind == "hostfile" and not partition.hosts:
        raise ConfigError(
            where,
            "launcher: {kind: hostfile} needs the names of the nodes, and its partition has none",
            fix="partitions: {cpu: {hosts: [node1, node2]}}",
        )
    return kind, allocation


def _suite(request: Request) -> tuple[suites.Suite, Document, tuple[str, ...]]:
    """The suite that is asked for, its document, and what the user should know about it."""
    if request.suite is not None:
        return *request.suite, ()
    if request.hpl_dat is not None:
        return _of_hpl_dat(request, request.hpl_dat)
    return *_named(request.name), ()


def _named(name: str) -> tuple[suites.Suite, Document]:
    """A suite by name or path, or the suite of one case that a kernel's name means."""
    known = files.suites()
    if "/" in name or name.endswith((".yaml", ".yml")) or name in known:
        return suites.load(name)
    if name in listing.names():
        return suites.of_kernel(name)
    raise unknown("", "suite or kernel", name, [*known, *listing.names()], "`qyran list`")


def _of_hpl_dat(request: Request, path: Path) -> tuple[suites.Suite, Document, tuple[str, ...]]:
    """The combinations of an HPL.dat, for a kernel that has all of its choices."""
    takers = [one for one in listing.names() if _takes_hpl_dat(one)]
    if request.name not in takers:
        fix = f"qyran run hpl --hpl-dat {path}"
        raise ConfigError("--hpl-dat", f"is nothing for {request.name!r}", ", ".join(takers), fix)
    values = hpl_dat.read(path)
    named = {"--set": request.overrides.set, "--sweep": request.overrides.sweep}
    hpl_dat.refuse_changes(values, path, named, request.overrides.ranks)
    return *hpl_dat.suite(values, path, request.name), (hpl_dat.without_effect(values, path),)


def _takes_hpl_dat(kernel: str) -> bool:
    names = {one.name for one in parameters(listing.load(kernel))}
    return names >= set(hpl_dat.PARAMETERS)


def resources(
    cluster: clusters.Cluster,
    partition: clusters.Partition,
    allocation: Allocation | None,
    facts: NodeFacts,
    source: str,
) -> Resources:
    """What cluster.yaml says of a node, and for this machine what is really there now."""
    node = partition.node
    here = allocation is not None and not cluster.planned
    hosts = allocation.hosts if allocation is not None else partition.hosts
    cores = _least(node.cores, facts.cores_usable if here or node.cores is None else None)
    free_B = facts.memory_available_B
    memory_B = _least(node.memory, free_B if here or node.memory is None else None)
    return Resources(
        nodes=len(hosts) or partition.nodes,
        cores=cores or os.cpu_count() or 1,
        memory_B=memory_B or 2**30,
        llc_B=node.last_level_cache or facts.llc_B or 32 * 2**20,
        flop_rate=node.flop_rate_peak,
        bandwidth=node.bandwidth_peak,
        source=f"{source}, {'detected' if here else 'as described'}",
        here=here,
    )


def _least(*values: int | None) -> int | None:
    known = [value for value in values if value is not None]
    return min(known) if known else None
