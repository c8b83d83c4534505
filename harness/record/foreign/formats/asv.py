"""asv, airspeed velocity: a file of its results folder, one commit on one machine.

https://asv.readthedocs.io/en/stable/dev.html, "Benchmark suite results": ``version`` 2. Units stand
in ``benchmarks.json`` of the results folder; without it they follow from the names of benchmarks.
"""

from __future__ import annotations

import ast
import itertools
import json
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from harness.outcome import Outcome
from harness.record.foreign.model import Benchmark, Measured, Source, in_base_units, plain
from kernels.contract import Value

_VERSION: Final = 2
_MACHINE: Final = ("arch", "cpu", "num_cpu", "ram")
# What a benchmark's name begins with -> its unit; the order is that in which asv looks.
_PREFIXES: Final = {
    "time": "seconds",
    "timeraw": "seconds",
    "mem": "bytes",
    "peakmem": "bytes",
    "track": "unit",
}


def read(content: Any, path: Path) -> Source:
    """The benchmarks of a commit, each combination of parameters by itself."""
    if content["version"] != _VERSION:
        raise ValueError(f"is of version {content['version']} of asv's format, known: {_VERSION}")
    given = content["params"]
    host = str(given.get("machine", path.parent.name))
    about = _benchmarks_file(path)
    columns = content["result_columns"]
    found = (
        _combinations(name, dict(zip(columns, row, strict=False)), about.get(name, {}), host)
        for name, row in content["results"].items()
        if row is not None
    )
    listed = tuple(itertools.chain.from_iterable(found))
    return Source(
        tool="asv",
        tool_version="",
        started=min((one.started for one in listed if one.started), default=_seconds(content)),
        host=host,
        hardware={name: str(given[name]) for name in _MACHINE if given.get(name)},
        software={
            "python": Path(str(content.get("python", ""))).name,
            **{key: str(value) for key, value in (content.get("requirements") or {}).items()},
        },
        benchmarks=listed,
        commit=content["commit_hash"],
        facts={"params": given, "env_name": content.get("env_name", ""), "date": content["date"]},
    )


def _seconds(content: Any) -> float:
    """The date of the commit: where no benchmark says when it ran."""
    return float(content["date"]) / 1000.0


def _benchmarks_file(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path.parent.parent / "benchmarks.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _combinations(
    name: str, row: dict[str, Any], about: dict[str, Any], host: str
) -> Iterator[Benchmark]:
    values = row["params"] or []
    names = about.get("param_names") or [f"parameter_{i}" for i in range(len(values))]
    combined = list(itertools.product(*values))
    results = row["result"] or [None] * len(combined)
    samples = row.get("samples") or [None] * len(combined)
    began, unit = row.get("started_at"), str(about.get("unit") or _unit(name))
    for chosen, result, raw in zip(combined, results, samples, strict=True):
        measured = _measured(result, raw, unit)
        yield Benchmark(
            name=name,
            parameters=dict(zip(names, map(_literal, chosen), strict=True)),
            metrics={"result": measured} if measured else {},
            entry={**row, "samples": None, "chosen": list(chosen), "result": result},
            outcome=Outcome.PASS if measured else Outcome.ERROR,
            reason="" if measured else "asv has no result: it failed, or was skipped",
            started=float(began) / 1000.0 if began else None,
            hosts=(host,),
            version=_version(row),
        )


def _measured(result: Any, raw: Any, unit: str) -> Measured | None:
    """Asv takes lower for better, whatever is tracked."""
    if not isinstance(result, int | float) or not math.isfinite(result):
        return None
    scaled, base = in_base_units(1.0, unit)
    numbers = tuple(scaled * float(one) for one in raw or (result,))
    return Measured(base, "lower", (numbers,), median_only=not raw)


def _unit(name: str) -> str:
    first = name.rpartition(".")[2].partition("_")[0]
    return _PREFIXES.get(first, "unit")


def _literal(text: str) -> Value:
    """Parameters are written as Python writes them."""
    try:
        return plain(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


def _version(row: dict[str, Any]) -> int:
    """Asv gives a changed benchmark another version, which is a text."""
    return zlib.crc32(str(row.get("version", "")).encode())
