"""Result files of other tools are read by the module of ``formats/`` that has the tool's name."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, unknown
from harness.record.foreign import formats
from harness.record.foreign.model import Source


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
    return source, content


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _why(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
