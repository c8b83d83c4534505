"""pytest-benchmark: ``--benchmark-json`` and what ``--benchmark-autosave`` keeps.

https://pytest-benchmark.readthedocs.io: seconds of a call; samples only with ``--benchmark-json``
or ``--benchmark-save-data``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.record.foreign.model import Benchmark, Measured, Source, plain


def read(content: Any, _: Path) -> Source:
    """The benchmarks of a session: one launch."""
    machine, commit = content["machine_info"], content.get("commit_info") or {}
    cpu = machine.get("cpu", {})
    started = datetime.fromisoformat(content["datetime"])
    if started.tzinfo is None:
        started = started.replace(tzinfo=UTC)
    return Source(
        tool="pytest-benchmark",
        tool_version=str(content.get("version", "")),
        started=started.timestamp(),
        host=str(machine.get("node", "")),
        # Not the clock, which differs a little on each reading.
        hardware={
            "cpu_model": str(cpu.get("brand_raw", machine.get("processor", ""))),
            "architecture": str(machine.get("machine", "")),
            "threads": str(cpu.get("count", "")),
        },
        software={
            "kernel": str(machine.get("release", "")),
            "python": str(machine.get("python_version", "")),
            "implementation": str(machine.get("python_implementation", "")),
        },
        benchmarks=tuple(_benchmark(one, machine) for one in content["benchmarks"]),
        commit=_commit(commit),
        dirty=bool(commit.get("dirty")),
        facts={"machine_info": machine, "commit_info": commit},
    )


def _commit(commit: dict[str, Any]) -> str:
    found = str(commit.get("id", ""))
    return "" if found == "unversioned" else found


def _benchmark(one: dict[str, Any], machine: dict[str, Any]) -> Benchmark:
    stats = one["stats"]
    samples = stats.get("data")
    seconds = tuple(map(float, samples)) if samples else (float(stats["median"]),)
    measured = Measured("s", "lower", (seconds,), median_only=not samples)
    return Benchmark(
        name=one["fullname"].partition("[")[0].replace(".py::", ".").replace("::", "."),
        parameters={key: plain(value) for key, value in (one.get("params") or {}).items()},
        metrics={"time": measured},
        entry={**one, "stats": {k: v for k, v in stats.items() if k != "data"}},
        hosts=(str(machine["node"]),) if machine.get("node") else (),
    )
