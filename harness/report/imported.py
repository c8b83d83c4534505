"""Benchmarks of other tools: the document of each, and what was imported, for people."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from rich.console import Group, RenderableType
from rich.text import Text

from harness.measure.interval import median_interval
from harness.plan.case import Case
from harness.record.foreign.model import Benchmark, Measured, Source
from harness.report import units
from harness.report.document import CaseDoc, HostsDoc, MetricDoc, PlacementDoc
from harness.report.import_document import ImportDoc, ImportedDoc


def of_benchmark(source: Source, case: Case, one: Benchmark) -> CaseDoc:
    """No check: what the tool verified it does not say, and qyran did not see it run."""
    started = one.started or source.started
    return CaseDoc(
        case=case.id,
        kernel=case.kernel,
        kernel_version=case.version,
        parameters=case.parameters,
        fitted=[],
        nodes=one.nodes,
        ranks=one.ranks,
        threads=one.threads,
        outcome=str(one.outcome),
        reason=one.reason,
        notes=_notes(source, one),
        file=f"{case.id}.h5",
        check=None,
        primary=next(iter(one.metrics), ""),
        metrics={name: _metric(name, metric) for name, metric in one.metrics.items()},
        seconds={"total": max(0.0, (one.ended or started) - started)},
        placement=_placement(one.hosts or ((source.host,) if source.host else ())),
        started=started,
        ended=one.ended or started,
    )


def _notes(source: Source, one: Benchmark) -> list[str]:
    tool = " ".join(word for word in (source.tool, source.tool_version) if word)
    notes = [f"imported from {tool}: not verified by qyran"]
    if any(metric.median_only for metric in one.metrics.values()):
        notes.append("the tool kept the median only, no samples")
    return notes


def _metric(name: str, metric: Measured) -> MetricDoc:
    found = median_interval([value for launch in metric.samples for value in launch])
    return MetricDoc(
        phase=name,
        value=found.median,
        unit=metric.unit,
        better=metric.better,
        low=found.low,
        high=found.high,
        level=found.level,
        n=found.n,
        bound=None,
        bound_source="none: measured by another tool",
        launches=[median(launch) for launch in metric.samples],
    )


def _placement(hosts: tuple[str, ...]) -> PlacementDoc | None:
    if not hosts:
        return None
    return PlacementDoc(groups=[HostsDoc(hosts=list(hosts), cpus=[])], bound=False, mpi="")


def lines(shown: ImportDoc) -> RenderableType:
    """A line a file, and what to type next."""
    made = [Text(_line(one)) for one in shown.runs]
    return Group(*made, Text(f"qyran show {shown.runs[-1].run}"))


def _line(one: ImportedDoc) -> str:
    name = Path(one.file).name
    if not one.recorded:
        return f"{name}: is in the store already, as {one.run}"
    ended = ", ".join(f"{count} {outcome}" for outcome, count in one.outcomes.items())
    found = units.counted(one.cases, "benchmark")
    return f"{name}: {found} ({ended}) recorded in {one.path}"
