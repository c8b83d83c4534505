"""`qyran project`: what a machine that is not there yet would reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.commands import output
from harness.config import cluster as clusters
from harness.config.cluster import Partition
from harness.errors import ConfigError
from harness.machine.node import detect
from harness.projection import evidence, gather, hpl
from harness.projection.predict import Model, model, predict
from harness.projection.scatter import LEVELS
from harness.record import store
from harness.reference import top500
from harness.reference.systems import System, find
from harness.report import projected
from harness.report.project_document import AgainstListedDoc, ProjectDoc

_SEARCHED: Final = 200
_KERNELS: Final = ("dgemm", "stream", "pingpong")
_PLACES: Final = (500, 100)
_FEW: Final = 39


@dataclass(frozen=True)
class Wanted:
    """What is projected, as it was typed."""

    cluster: str | None = None
    partition: str | None = None
    nodes: Sequence[int] | None = None
    places: Sequence[int] | None = None
    against: str | None = None
    file: Path | None = None


def project(wanted: Wanted, results: Path, *, as_json: bool) -> None:
    """Predict, and print the prediction."""
    file, source = clusters.load(wanted.file)
    name, cluster = clusters.choose(file, wanted.cluster, source)
    chosen, partition = cluster.chosen(wanted.partition, f"{source}: {name}")
    known = gather.measured(_records(results, name))
    memory = None if cluster.planned else detect().memory_B
    where = f"{source}: {name}: partition {chosen}"
    machine = gather.machine(name, _linked(partition), known, memory, where)
    system = find(wanted.against) if wanted.against else None
    of = model(machine, _site(system), system.name if system else "")
    newest = top500.lists()[-1]
    places = _checked(wanted.places or _PLACES, newest)
    sizes = wanted.nodes or (machine.nodes,)
    document = ProjectDoc(
        cluster=name,
        partition=chosen,
        title=cluster.title,
        planned=cluster.planned,
        inputs=projected.inputs(of, known.values),
        node_rate=of.node_rate,
        sustained=of.node_rate / machine.peak if machine.peak else None,
        basis=_basis(of),
        block=hpl.BLOCK,
        sizes=[projected.size(predict(of, count), newest) for count in sizes],
        targets=[projected.target(of, place, newest) for place in places],
        against=_against(of, system) if system else None,
        notes=list(_notes(of, newest)),
    )
    output.show(document, projected.rendered(document), as_json=as_json)


def _records(results: Path, cluster: str) -> Iterator[Mapping[str, Any]]:
    """The newest passed records of the kernels that matter, measured on this cluster."""
    for record in store.newest_first(results, _SEARCHED, _KERNELS):
        if record.get("cluster") == cluster and record["outcome"] == "pass":
            yield record


def _linked(partition: Partition) -> Partition:
    """One node needs no network: a single machine that names none has that of a loop-back."""
    if partition.nodes > 1 or partition.interconnect or partition.network:
        return partition
    alone = clusters.Network(latency=1e-6, bandwidth=10e9)
    return partition.model_copy(update={"network": alone})


def _basis(of: Model) -> str:
    return of.machine.sources["dgemm"] if of.machine.dgemm is not None else of.typical.basis


def _checked(places: Sequence[int], newest: top500.List) -> Sequence[int]:
    if max(places) > newest.rmax.size:
        raise ConfigError("--place", f"found {max(places)}", known=f"1 to {newest.rmax.size}")
    return places


def _site(system: System | None) -> str:
    """The site, in the evidence, of a system that must not be known."""
    if system is None:
        return ""
    for entry in system.entries:
        found = evidence.at(entry.key, entry.rank or 0)
        if found is not None:
            return found.run.site
    return system.short


def _against(of: Model, system: System) -> AgainstListedDoc:
    """The best listed run of a system beside the prediction for its nodes."""
    rmax = system.best.values.get("rmax")
    nodes = system.best.values.get("nodes")
    if rmax is None or nodes is None:
        raise ConfigError("--against", f"Rmax or nodes of {system.short} are not known")
    made = predict(of, int(nodes)).rmax
    low, high = made.intervals[LEVELS[0]]
    return AgainstListedDoc(
        system=system.short,
        nodes=int(nodes),
        listed=rmax,
        predicted=made.value,
        ratio=made.value / rmax,
        level=LEVELS[0],
        inside=low <= rmax <= high,
    )


def _notes(of: Model, newest: top500.List) -> Iterator[str]:
    machine, typical = of.machine, of.typical
    if machine.group == "" and machine.dgemm is None:
        yield "no known processor is named (node.model): taken for all that are listed"
    elif not typical.kin and machine.dgemm is None:
        yield "too few systems with this processor are known: taken for all that are listed"
    if len(typical.factors(LEVELS[-1])) < _FEW:
        yield "few systems are similar: intervals hold less than they say (docs/project.md)"
    if machine.dgemm is not None:
        yield "dgemm is measured; the interval is the scatter of listed systems about their kind"
    yield f"places: list of {newest.label}; `qyran reference import` adds newer ones"
