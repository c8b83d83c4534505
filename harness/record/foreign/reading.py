"""Result files of other tools are read by the module of ``formats/`` that has the tool's name."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, unknown
from harness.outcome import Outcome
from harness.record.foreign import formats
from harness.record.foreign.model import Benchmark, Measured, Source


@cache
def names() -> tuple[str, ...]:
    """All formats, as they are typed: ``google-benchmark``."""
    files = Path(next(iter(formats.__path__))).glob("[a-z]*.py")
    return tuple(sorted(path.stem.replace("_", "-") for path in files))


def read(form: str, path: Path) -> tuple[Source, bytes]:
    """What a file says, and its bytes; ConfigError if it is no file of that format."""
    if form not in names():
        raise unknown("qyran store import", "format", form, names())
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from error
    module = import_module(f"{formats.__name__}.{form.replace('-', '_')}")
    try:
        source: Source = module.read(_parsed(content), path)
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise ConfigError(str(path), f"is no result file of {form}: {_why(error)}") from error
    if not source.benchmarks:
        raise ConfigError(str(path), f"holds no benchmark of {form}")
    if any(not isinstance(one.name, str) for one in source.benchmarks):
        raise ConfigError(str(path), f"is no result file of {form}: a benchmark has no name")
    return replace(source, benchmarks=tuple(map(_usable, source.benchmarks))), content


def _usable(one: Benchmark) -> Benchmark:
    """Without metrics that no clock and no counter can have given; such a benchmark has failed."""
    good = {name: metric for name, metric in one.metrics.items() if _is_possible(metric)}
    if len(good) == len(one.metrics):
        return one
    bad = ", ".join(name for name in one.metrics if name not in good)
    reason = one.reason or f"{bad}: a sample is negative, infinite or no number"
    outcome = Outcome.ERROR if one.outcome is Outcome.PASS else one.outcome
    return replace(one, metrics=good, outcome=outcome, reason=reason)


def _is_possible(metric: Measured) -> bool:
    least = 0.0 if metric.unit in ("s", "B") else -math.inf
    samples = [one for launch in metric.samples for one in launch]
    return all(math.isfinite(one) and one >= least for one in samples)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _why(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
