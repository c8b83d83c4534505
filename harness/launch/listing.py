"""The launchers there are: the folder listing is the registry."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from harness.config import cluster as clusters
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


def queue(launcher: clusters.Launcher, kind: str, folder: Path) -> Queue | None:
    """The batch system of a launcher of that kind; None if it has none.

    folder : that of cluster.yaml, which names files relative to it.
    """
    found = load(kind)
    if hasattr(found, "configured"):
        return cast(Queue, found.configured(launcher, folder))
    return cast(Queue, found) if hasattr(found, "submit") else None
