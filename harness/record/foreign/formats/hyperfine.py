"""hyperfine: ``--export-json``, https://github.com/sharkdp/hyperfine.

It names neither host nor date: the time is that of the file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from harness.outcome import Outcome
from harness.record.foreign.model import Benchmark, Measured, Source, plain


def read(content: Any, path: Path) -> Source:
    """The commands of a file; each time is a launch of its own."""
    return Source(
        tool="hyperfine",
        tool_version="",
        started=path.stat().st_mtime,
        host="",
        hardware={},
        software={},
        benchmarks=tuple(_benchmark(one) for one in content["results"]),
    )


def _benchmark(one: dict[str, Any]) -> Benchmark:
    parameters = one.get("parameters", {})
    failed = [code for code in one.get("exit_codes", ()) if code != 0]
    return Benchmark(
        name=_name(one["command"], parameters),
        parameters={key: _number(value) for key, value in parameters.items()},
        metrics=_metrics(one),
        entry=one,
        outcome=Outcome.ERROR if failed else Outcome.PASS,
        reason=f"{len(failed)} of its runs failed, exit code {failed[0]}" if failed else "",
    )


def _metrics(one: dict[str, Any]) -> dict[str, Measured]:
    times = one.get("times")
    if not times:
        return {"time": Measured("s", "lower", ((float(one["median"]),),), median_only=True)}
    found = {"time": Measured("s", "lower", tuple((float(time),) for time in times))}
    if memory := [size for size in one.get("memory_usage_byte") or () if size]:
        sizes = tuple((float(size),) for size in memory)
        found["memory"] = Measured("B", "lower", sizes)
    return found


def _name(command: str, parameters: dict[str, Any]) -> str:
    """The command with the names of its parameters: the file holds it with their values."""
    for name, value in parameters.items():
        command = re.sub(rf"(?<!\w){re.escape(str(value))}(?!\w)", name, command)
    return command


def _number(text: object) -> Any:
    """Parameters are words in the file, also where they are numbers."""
    try:
        return float(str(text)) if "." in str(text) else int(str(text))
    except ValueError:
        return plain(text)
