"""A recorded case as later runs look for it: what it measured, when, where and with what.

All of it comes from the index record of its file, without the raw samples (`record.samples`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import CorruptStore
from harness.record import store

if TYPE_CHECKING:
    from harness.record.result import Run

Header = Callable[[], Mapping[str, Any]]
"""The content of the run.yaml that a file stands beside; read only if the file does not say it."""


@dataclass(frozen=True)
class Summary:
    """A metric in base units: median, distribution-free interval, and the median of each launch."""

    value: float
    low: float
    high: float
    level: float
    n: int
    unit: str
    better: Literal["higher", "lower"]
    launches: tuple[float, ...]


@dataclass(frozen=True)
class Origin:
    """The run a case belongs to, as its file tells.

    suite : as it was asked for; run_started : seconds since 1970; planned : cases of the run;
    commit : of the git checkout that measured, "" outside of one; dirty : it had changes; tags :
    given when the run began; confirms : id of the suspicion it was measured for, "" for most.
    """

    run: str
    cluster: str
    suite: str
    run_started: float
    planned: int
    hardware_key: str
    software_key: str
    commit: str
    dirty: bool
    tags: tuple[str, ...]
    confirms: str


@dataclass(frozen=True)
class Recorded:
    """One recorded case. path : of its file; started, ended : seconds since 1970, or None.

    series : as `series_of` names it; fitted : names of the parameters that were chosen for the
    machine; hosts : where ranks ran.
    """

    path: Path
    origin: Origin
    case: str
    kernel: str
    version: int
    parameters: dict[str, int | float | str | bool]
    fitted: tuple[str, ...]
    nodes: int
    ranks: int
    threads: int
    outcome: str
    reason: str
    started: float | None
    ended: float | None
    hosts: tuple[str, ...]
    primary: str
    metrics: Mapping[str, Summary]
    series: str


def series_of(
    kernel: str,
    version: int,
    parameters: Mapping[str, Any],
    fitted: Collection[str],
    geometry: tuple[int, int, int],
) -> str:
    """``hpl-3f2a9c1b07``: what is measured, without the values that were fitted to the machine.

    geometry : nodes, ranks, threads. Two records of one series on one hardware key belong to one
    history: a size that follows the free memory does not begin another.
    """
    identity = {
        "kernel": kernel,
        "version": version,
        "parameters": {k: v for k, v in parameters.items() if k not in fitted},
        "geometry": dict(zip(("nodes", "ranks", "threads"), geometry, strict=True)),
    }
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return f"{kernel}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def origin(run: Run, planned: int) -> Origin:
    """What is written about a run into the index record of each of its cases."""
    return Origin(run.id, run.cluster, run.suite, run.started, planned, **_measured_by(asdict(run)))


def as_members(found: Origin) -> dict[str, Any]:
    """The members of an index record, JSON-ready."""
    return {**asdict(found), "tags": list(found.tags)}


def read(path: Path, header: Header) -> Recorded:
    """The case of a file; CorruptStore if it is not what was written, or cannot be read."""
    record = store.record(path)
    try:
        return of(record, path, header)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CorruptStore(str(path), f"its index record lacks something: {error!r}") from error


def of(record: Mapping[str, Any], path: Path, header: Header) -> Recorded:
    """The case of an index record; files before schema 1.1 leave a part of it to the run.yaml."""
    kernel, version = record["kernel"], record["kernel_version"]
    parameters, fitted = dict(record["parameters"]), tuple(record["fitted"])
    nodes, ranks, threads = record["nodes"], record["ranks"], record["threads"]
    return Recorded(
        path=path,
        origin=_origin(record, header),
        case=record["case"],
        kernel=kernel,
        version=version,
        parameters=parameters,
        fitted=fitted,
        nodes=nodes,
        ranks=ranks,
        threads=threads,
        outcome=record["outcome"],
        reason=record["reason"],
        started=record.get("started"),
        ended=record.get("ended"),
        hosts=_hosts(record.get("placement")),
        primary=record["primary"],
        metrics={name: _summary(one) for name, one in record["metrics"].items()},
        series=series_of(kernel, version, parameters, fitted, (nodes, ranks, threads)),
    )


def _origin(record: Mapping[str, Any], header: Header) -> Origin:
    if "planned" in record:
        named = {name: record[name] for name in Origin.__dataclass_fields__}
        return Origin(**{**named, "tags": tuple(record["tags"])})
    run = header()
    return Origin(
        run=run["id"],
        cluster=run["cluster"],
        suite=run["suite"],
        run_started=run["started"],
        planned=len(run["cases"]),
        **_measured_by(run),
    )


def _measured_by(run: Mapping[str, Any]) -> dict[str, Any]:
    environment = run.get("environment") or {}
    keys = environment.get("fingerprint") or {}
    git = (environment.get("software") or {}).get("git") or {}
    return {
        "hardware_key": str(keys.get("hardware", {}).get("key", "")),
        "software_key": str(keys.get("software", {}).get("key", "")),
        "commit": str(git.get("commit", "")),
        "dirty": bool(git.get("dirty", False)),
        "tags": tuple(run.get("tags", ())),
        "confirms": str(run.get("confirms", "")),
    }


def _hosts(placement: Mapping[str, Any] | None) -> tuple[str, ...]:
    groups = placement["groups"] if placement else ()
    return tuple(sorted({host for one in groups for host in one["hosts"]}))


def _summary(metric: Mapping[str, Any]) -> Summary:
    named = {name: metric[name] for name in Summary.__dataclass_fields__ if name != "launches"}
    return Summary(**named, launches=tuple(metric.get("launches") or (metric["value"],)))
