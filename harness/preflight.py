"""Before anything is measured: a few ranks prove that the run's own launcher, hosts and flags work.

What was proved is remembered for a day, so that the next run need not prove it again; a failure is
never remembered.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from harness import ranks
from harness.errors import CannotMeasure
from harness.judge.placement import is_of
from harness.launch import starter
from harness.launch.environment import cache_root, sources_hash
from harness.launch.starter import Asked
from harness.machine.diagnosis import NodesDiffer
from harness.machine.mpi import MpiNotStarted, Mpirun, mpi_library
from harness.machine.probe import Probe, Rank, probe_ranks, rank
from harness.plan.case import Case, Geometry
from harness.prepare import Prepared
from harness.report import units

_REMEMBERED_S: Final = 86400.0
_AT_ONCE_S: Final = 10.0
_WHERE: Final = "preflight"
_FEWER_CORES: Final = (
    "correct 'cores' in cluster.yaml, ask the scheduler for more, or start fewer ranks"
)


def preflight(prepared: Prepared, mpirun: Mpirun) -> None:
    """Prove that the ranks of this plan can be started, and that the nodes have what they need.

    Raises CannotMeasure with one named diagnosis. A program of others is started by the mpirun of
    its own MPI, and mpi4py has no part in it: nothing is proved for it.
    """
    cases = [one for one in prepared.cases if not one.is_program]
    if not cases:
        return
    asked = _asked(prepared, cases)
    file = _memory(prepared, mpirun, asked)
    remembered = _recalled(file)
    with suppress(CannotMeasure):
        if remembered is not None:
            _refuse_nodes(asked, remembered, cases)
            return
    probe = _started(mpirun, asked, prepared.request.results if asked.hosts else None)
    _refuse_nodes(asked, probe, cases)
    _remember(file, probe)


def _asked(prepared: Prepared, cases: Sequence[Case]) -> Asked:
    """Two ranks on this machine, or one on each node, bound to all the cores that the plan needs.

    One rank if the plan has no more. Of this machine the plan itself has seen the cores.
    """
    nodes = max(one.geometry.nodes for one in cases)
    each = min(2, max(one.geometry.ranks for one in cases)) if nodes == 1 else 1
    assert prepared.allocation is not None  # noqa: S101 - for the type checker
    hosts = prepared.allocation.hosts[:nodes]
    crowded = prepared.request.overrides.oversubscribe
    threads = max(1, _cores(cases) // each) if hosts and not crowded else 1
    geometry = Geometry(nodes, nodes * each, threads)
    return ranks.asked(prepared.cluster.launcher, geometry, hosts, oversubscribe=crowded)


def _started(mpirun: Mpirun, asked: Asked, results: Path | None) -> Probe:
    """The ranks; a second try where the first failed at once, as a busy machine lets it."""
    began = time.monotonic()
    try:
        return _probe(mpirun, asked, results)
    except MpiNotStarted:
        if time.monotonic() - began > _AT_ONCE_S:
            raise
    return _probe(mpirun, asked, results)


def _probe(mpirun: Mpirun, asked: Asked, results: Path | None) -> Probe:
    """The ranks; NodesDiffer where they could be started with fewer cores only.

    Some starters end without a word when a node has fewer cores than a rank is to be bound to.
    """
    try:
        return probe_ranks(mpirun, asked, results)
    except MpiNotStarted:
        threads = asked.geometry.threads
        if threads > 1:
            probe_ranks(mpirun, replace(asked, geometry=replace(asked.geometry, threads=1)))
            raise NodesDiffer(
                _WHERE,
                f"the plan needs {threads} cores of a node, and ranks start only with fewer",
                fix=_FEWER_CORES,
            ) from None
        raise


def _cores(cases: Sequence[Case]) -> int:
    """Cores that the plan needs of a node."""
    return max(one.geometry.ranks_per_node * one.geometry.threads for one in cases)


def _refuse_nodes(asked: Asked, probe: Probe, cases: Sequence[Case]) -> None:
    """NodesDiffer if there are other nodes than asked for, or they lack cores or memory."""
    geometry = asked.geometry
    if len(probe.hosts) != geometry.nodes:
        raise NodesDiffer(
            _WHERE,
            f"ranks were asked for on {units.counted(geometry.nodes, 'node')}, "
            f"but they run on {', '.join(probe.hosts)}",
            known=f"the launcher was told: {', '.join(asked.hosts) or 'this machine'}",
            fix="'launcher: {options: ...}' in cluster.yaml must not choose nodes; in a batch job, "
            "ask for as many as --nodes says",
        )
    _refuse_foreign(asked, probe)
    wanted_B = max(one.memory_B for one in cases)
    for host in probe.hosts:
        here = [one for one in probe.ranks if one.host == host]
        _refuse_node(asked, here, wanted_B)


def _refuse_foreign(asked: Asked, probe: Probe) -> None:
    """NodesDiffer if a host does not call itself what it was asked for by."""
    foreign = {one.host for one in probe.ranks if not is_of(one.host, one.node, asked.hosts)}
    if asked.hosts and foreign:
        raise NodesDiffer(
            _WHERE,
            f"ranks run on {', '.join(sorted(foreign))}, which was not asked for",
            known=f"the launcher was told: {', '.join(asked.hosts)}",
            fix="'hosts' in cluster.yaml must be the names that `hostname` gives on the nodes",
        )


def _refuse_node(asked: Asked, here: Sequence[Rank], wanted_B: int) -> None:
    host = here[0].host
    cpus = len(frozenset().union(*(one.cpus for one in here)))
    wanted = len(here) * asked.geometry.threads
    if cpus < wanted and not asked.oversubscribe:
        raise NodesDiffer(
            _WHERE,
            f"the plan needs {units.counted(wanted, 'core')} of a node, {host} gives {cpus}",
            fix=_FEWER_CORES,
        )
    free_B = min((one.memory_B for one in here if one.memory_B is not None), default=wanted_B)
    if free_B < wanted_B:
        raise NodesDiffer(
            _WHERE,
            f"the plan needs {units.binary(wanted_B)} of a node, {host} has "
            f"{units.binary(free_B)} free",
            fix="correct 'memory' in cluster.yaml, end what fills the node, or give smaller sizes",
        )


def _memory(prepared: Prepared, mpirun: Mpirun, asked: Asked) -> Path:
    """The file that remembers this probe; that of another starter, library or job is another."""
    found = mpirun.path.stat()
    allocation = prepared.allocation
    key = {
        "command": starter.command(mpirun, asked),
        "starter": [found.st_size, found.st_mtime_ns],
        "payload": starter.module("harness.machine.hello"),
        "library": str(_library()),
        "qyran": sources_hash(),
        "host": prepared.facts.hostname,
        "job": allocation.job if allocation else "",
        "results": str(prepared.request.results.absolute()) if asked.hosts else "",
    }
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    return cache_root() / "probes" / f"{name}.json"


def _library() -> str:
    with suppress(CannotMeasure):
        return str(mpi_library())
    return ""


def _recalled(file: Path) -> Probe | None:
    """The probe of at most a day ago; None if there is none, or it cannot be read."""
    try:
        if not 0.0 <= time.time() - file.stat().st_mtime < _REMEMBERED_S:
            return None
        said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return Probe(tuple(rank(one) for one in said["ranks"]), said["seconds"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _remember(file: Path, probe: Probe) -> None:
    """Keep it and forget those that are too old; where nothing can be kept, that is no error."""
    plain = [asdict(one) | {"cpus": sorted(one.cpus)} for one in probe.ranks]
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        for old in file.parent.glob("*.json"):
            if time.time() - old.stat().st_mtime > _REMEMBERED_S:
                old.unlink(missing_ok=True)
        draft = file.with_suffix(f".{time.time_ns()}")
        draft.write_text(json.dumps({"ranks": plain, "seconds": probe.seconds}), encoding="utf-8")
        draft.replace(file)
