"""A request as the words of a command line again: what a batch job runs is what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.plan.expand import Overrides
from harness.prepare import Request


def words(request: Request, *, suite: str, hpl_dat: Path | None, into: Path) -> list[str]:
    """The arguments of `qyran` that run this request.

    suite : the copy of its suite file, or a kernel; hpl_dat, and ``request.cluster_file``, are
    copies too. Every value stands in one word with its flag: it may begin with a dash.
    """
    return [
        "run",
        suite,
        *_changes(request.overrides),
        *_flag("--retries", request.rules.retries),
        *_flag("--stall", request.rules.stall_s),
        *_flag("--time-limit", request.rules.limit_s),
        *_flag("--hpl-dat", hpl_dat),
        *_flag("--cluster", request.cluster),
        *_flag("--partition", request.partition),
        *_flag("--launcher", request.launcher),
        *_flag("--cluster-file", request.cluster_file),
        *_flag("--results", request.results),
        *(f"--tag={one}" for one in request.tags),
        *_flag("--hosts", ",".join(request.hosts) or None),
        *(["--require-references"] if request.require_references else []),
        *_flag("--into", into),
    ]


def _changes(changes: Overrides) -> Iterator[str]:
    for flag, counts in (
        ("--ranks", changes.ranks),
        ("--threads", changes.threads),
        ("--nodes", changes.nodes),
    ):
        yield from _flag(flag, ",".join(map(str, counts)) if counts else None)
    for name, value in changes.set.items():
        yield f"--set={name}={value}"
    for name, values in changes.sweep.items():
        yield f"--sweep={name}={','.join(values)}"
    yield from _flag("--repeat", changes.repetitions)
    yield from _flag("--launches", changes.launches)
    yield from _flag("--scaling", changes.scaling)
    yield from _flag("--budget", changes.budget_s)
    if changes.oversubscribe:
        yield "--oversubscribe"


def _flag(name: str, value: object) -> list[str]:
    return [] if value is None else [f"{name}={value}"]
