"""Results of other tools as a run of the store: one file a benchmark, in the layout of all others.

/entry/<metric>      NXdata   signal=value, axes=sample, as in `record.hdf5`
/entry/inputs        the parameters of the benchmark
/entry/environment   what the file says about machine and software, and the keys made of it
/entry/provenance    tool, name and SHA-256 of the file, and the entry of the benchmark in it
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from harness.machine.fingerprint import Fingerprint, made_of
from harness.plan.case import Case, Geometry
from harness.record import hdf5, nexus
from harness.record.foreign.model import Benchmark, Measured, Source, word
from harness.record.result import Run

HARDWARE_SCHEMA: Final = "qyran.imported-hardware/1"
SOFTWARE_SCHEMA: Final = "qyran.imported-software/1"


def run(source: Source, path: Path, content: bytes, cluster: str, results: Path) -> Run:
    """The run that a file becomes. Its id follows from the content: a file is imported once."""
    digest = hashlib.sha256(content).hexdigest()
    stamp = datetime.fromtimestamp(source.started, UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{stamp}-{source.tool}-{digest[:6]}"
    return Run(
        id=name,
        path=str(results / cluster / name),
        cluster=cluster,
        suite=source.tool,
        title=f"imported from {path.name} of {source.tool}",
        command=("qyran", "store", "import", source.tool, path.name),
        started=source.started,
        environment=_environment(source, path, digest),
        tags=("imported",),
    )


def _environment(source: Source, path: Path, digest: str) -> dict[str, Any]:
    hardware = made_of(HARDWARE_SCHEMA, {"host": source.host or None, **source.hardware})
    software = made_of(SOFTWARE_SCHEMA, {"tool": source.tool_version or None, **source.software})
    git = {"commit": source.commit, "dirty": source.dirty} if source.commit else None
    return {
        "hardware": {"hostname": source.host or None, **source.hardware},
        "software": {"versions": source.software, "git": git},
        "fingerprint": {"hardware": _plain(hardware), "software": _plain(software)},
        "imported": {"tool": source.tool, "file": path.name, "sha256": digest, **source.facts},
    }


def _plain(key: Fingerprint) -> dict[str, str]:
    return {"key": key.key, "text": key.text}


def cases(source: Source) -> list[tuple[Case, Benchmark]]:
    """Each benchmark with its case; of two with the same name and parameters both are kept."""
    found: dict[str, tuple[Case, Benchmark]] = {}
    for one in source.benchmarks:
        case, nth = _case(source, one, {}), 1
        while case.id in found:
            nth += 1
            case = _case(source, one, {"occurrence": nth})
        found[case.id] = case, one
    return list(found.values())


def _case(source: Source, one: Benchmark, more: dict[str, Any]) -> Case:
    launches = max((len(metric.samples) for metric in one.metrics.values()), default=1)
    return Case(
        kernel=f"{source.tool}.{word(one.name)}",
        version=one.version,
        parameters={**one.parameters, **more},
        geometry=Geometry(one.nodes, one.ranks, one.threads),
        repetitions=None,
        launches=launches,
        budget_s=0.0,
        memory_B=0,
        estimated_s=0.0,
    )


def encoded(begun: Run, case: Case, one: Benchmark, document: dict[str, Any]) -> bytes:
    """The bytes of a file; ``document`` is its index record, `report.imported` made it."""
    ended = one.ended or one.started or begun.started
    about = {"run": begun.id, "case": case.id, "file_time": hdf5.iso(ended)}
    return hdf5.built(about, document, partial(_entry, begun=begun, case=case, one=one))


def _entry(entry: Any, *, begun: Run, case: Case, one: Benchmark) -> None:
    started = one.started or begun.started
    nexus.describe(entry, default=next(iter(one.metrics), "inputs"))
    nexus.word(entry, "title", one.name)
    nexus.word(entry, "start_time", hdf5.iso(started))
    nexus.word(entry, "end_time", hdf5.iso(one.ended or started))
    nexus.word(entry, "outcome", str(one.outcome))
    nexus.word(entry, "reason", one.reason)
    for name, metric in one.metrics.items():
        _metric(entry, name, metric)
    inputs = nexus.group(entry, "inputs", "NXparameters", kernel=case.kernel, version=case.version)
    for name, value in case.parameters.items():
        nexus.scalar(inputs, name.replace("/", "_"), value, "", kind="given")
    nexus.notes(entry, "environment", begun.environment)
    provenance = nexus.group(entry, "provenance", "NXprocess", program=begun.suite)
    nexus.word(provenance, "command", json.dumps(list(begun.command)))
    for name in ("tool", "file", "sha256"):
        nexus.word(provenance, name, begun.environment["imported"][name])
    nexus.notes(provenance, "entry", one.entry)


def _metric(entry: Any, name: str, metric: Measured) -> None:
    unit = nexus.unit(metric.unit)
    group = nexus.group(entry, name, "NXdata", signal="value", axes="sample")
    nexus.describe(
        group,
        units=unit,
        quantity=metric.unit,
        better=metric.better,
        kind="cost" if metric.better == "lower" else "rate",
        method="median as the tool gave it" if metric.median_only else "order statistics",
    )
    flat = [value for launch in metric.samples for value in launch]
    nexus.array(group, "value", flat, unit, long_name=f"{name} ({metric.unit})")
    nexus.array(group, "sample", np.arange(len(flat)), "1", long_name="sample")
    launches = [i for i, launch in enumerate(metric.samples) for _ in launch]
    nexus.array(group, "launch", launches, "1")
