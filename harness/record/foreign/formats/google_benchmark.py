"""google/benchmark: ``--benchmark_out``, https://github.com/google/benchmark (docs/user_guide.md).

Only measured lines count; means and medians that the tool computed from them are left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from harness.outcome import Outcome
from harness.record.foreign.model import Benchmark, Measured, Source, in_base_units

# Of a line, beside the counters of its user.
_KNOWN: Final = frozenset({
    "name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions",
    "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit", "label",
    "error_occurred", "error_message", "skipped", "skip_message", "aggregate_name",
    "aggregate_unit", "big_o", "rms",
})  # fmt: skip
_RATES: Final = {"bytes_per_second": "B/s", "items_per_second": "row/s"}


def read(content: Any, _: Path) -> Source:
    """All repetitions of a benchmark, which ran in one process: one launch."""
    context = content["context"]
    when = datetime.fromisoformat(context["date"])
    return Source(
        tool="google-benchmark",
        tool_version=str(context.get("library_version", "")),
        started=(when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp(),
        host=str(context.get("host_name", "")),
        hardware={
            "threads": str(context.get("num_cpus", "")),
            "caches": _caches(context.get("caches", ())),
        },
        software={
            "library": str(context.get("library_version", "")),
            "build": str(context.get("library_build_type", "")),
        },
        benchmarks=tuple(_benchmarks(content["benchmarks"], str(context.get("host_name", "")))),
        facts={"context": context},
    )


def _caches(caches: Any) -> str:
    return ", ".join(f"L{one['level']} {one['type']} {one['size']}" for one in caches)


def _benchmarks(lines: list[dict[str, Any]], host: str) -> Iterator[Benchmark]:
    measured = [one for one in lines if one.get("run_type", "iteration") == "iteration"]
    by_name = itertools.groupby(measured, key=lambda one: str(one.get("run_name", one["name"])))
    for name, group in by_name:
        repetitions = list(group)
        yield _benchmark(name, repetitions, host)


def _benchmark(name: str, lines: list[dict[str, Any]], host: str) -> Benchmark:
    family, *arguments = name.split("/")
    failed = next((one for one in lines if one.get("error_occurred") or one.get("skipped")), None)
    skipped = bool(failed and failed.get("skipped"))
    return Benchmark(
        name=family,
        parameters=dict(_parameter(i, one) for i, one in enumerate(arguments)),
        metrics={} if failed else dict(_metrics(lines)),
        entry=lines,
        outcome=(Outcome.SKIPPED if skipped else Outcome.ERROR) if failed else Outcome.PASS,
        reason=_why(failed) if failed else "",
        hosts=(host,) if host else (),
        threads=int(lines[0].get("threads", 1)),
    )


def _why(line: dict[str, Any]) -> str:
    return str(line.get("error_message") or line.get("skip_message") or "it gave no reason")


def _metrics(lines: list[dict[str, Any]]) -> Iterator[tuple[str, Measured]]:
    for name in ("real_time", "cpu_time"):
        times = [in_base_units(float(one[name]), one["time_unit"])[0] for one in lines]
        yield name, Measured("s", "lower", (tuple(times),))
    for name in lines[0]:
        if name not in _KNOWN and all(isinstance(one.get(name), int | float) for one in lines):
            unit = _RATES.get(name, "1")
            yield name, Measured(unit, "higher", (tuple(float(one[name]) for one in lines),))


def _parameter(i: int, text: str) -> tuple[str, int | str]:
    """``1000``, or ``n:1000`` where the argument has a name."""
    name, colon, value = text.partition(":")
    return (name, _number(value)) if colon else (f"argument_{i}", _number(text))


def _number(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdecimal() else text
