"""`qyran doctor`: is this machine fit to be measured, and what to type if not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from harness.launch.starter import Asked
from harness.machine import node_checks, run_checks
from harness.machine.finding import Finding, Status
from harness.machine.node import detect
from harness.machine.state import state

_SEVERITY: Final[tuple[Status, ...]] = ("ok", "note", "warn", "fail")


def examine(
    *,
    mpirun: str | None = None,
    results: Path = Path("results"),
    root: Path = Path("/"),
    timeout_s: float = 60.0,
    launcher: Finding | None = None,
    nodes: Asked | None = None,
) -> tuple[Finding, ...]:
    """Examine MPI, libraries, folders and the node, in the order to be shown. Never raises.

    ``mpirun`` as configured, ``results`` the folder that runs are written to, ``timeout_s`` for the
    ranks that are started: two here, or ``nodes``. ``launcher``: what was found of it. Takes 2-3 s.
    """
    facts, now = detect(root), state(root)  # before the probe makes a load of its own
    return (
        *([launcher] if launcher else []),
        *run_checks.mpi(mpirun, facts.cores_usable, timeout_s, nodes),
        run_checks.blas(facts),
        run_checks.numba_cache(),
        run_checks.results_folder(results),
        *node_checks.all_of(facts, now),
    )


def worst(findings: Iterable[Finding]) -> Status:
    """The worst status among the findings; "ok" if there are none."""
    return max((finding.status for finding in findings), key=_SEVERITY.index, default="ok")
