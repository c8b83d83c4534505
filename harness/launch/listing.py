"""The launchers there are: the folder listing is the registry."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from harness.errors import unknown
from harness.launch import launchers
from harness.launch.contract import Launcher, Queue


@cache
def names() -> tuple[str, ...]:
    """All kinds of launcher."""
    files = Path(next(iter(launchers.__path__))).glob("[a-z]*.py")
    return tuple(sorted(path.stem for path in files))


def load(kind: str, where: str = "launcher: kind") -> Launcher:
    """The launcher of that kind; ConfigError if there is none. where : the place that names it."""
    if kind not in names():
        raise unknown(where, "launcher", kind, names())
    return cast(Launcher, import_module(f"{launchers.__name__}.{kind}"))


def queue(kind: str) -> Queue | None:
    """The launcher of that kind if it has a batch system."""
    found = load(kind)
    return cast(Queue, found) if hasattr(found, "submit") else None
