"""One run from its cases to its exit code: launch, judge, record.

The rooms do the work; this is the order in which they are visited.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from harness import recovery
from harness.machine.environment import environment
from harness.machine.mpi import find_mpirun
from harness.preflight import preflight
from harness.prepare import Prepared, can_run_here
from harness.programs import Programs
from harness.record import store
from harness.record.owner import Owner
from harness.record.result import Run
from harness.recovery import Recovered
from harness.report import document
from harness.stages import Display, Stages, Watched


def run(prepared: Prepared, display: Display) -> document.RunDoc:
    """Run all cases; whatever happens to one of them, the others and the record go on.

    Raises QyranError if the run cannot even begin: no mpirun, no ranks that meet, no folder.
    """
    can_run_here(prepared)
    programs = _proved(prepared)
    return _owned(prepared, programs, _begin(prepared), display)


def resume(prepared: Prepared, earlier: Recovered, display: Display) -> document.RunDoc:
    """Measure what has no final outcome in a run that was begun; finished files are not touched.

    Raises QyranError if it cannot go on here, or somebody else measures the run.
    """
    can_run_here(prepared)
    programs = _proved(prepared)
    now = environment(mpirun=prepared.cluster.launcher.mpirun, facts=prepared.facts)
    begun = replace(earlier.run, environment=now)
    recovery.refuse_other_hardware(earlier, begun)
    return _owned(prepared, programs, begun, display, earlier)


def _proved(prepared: Prepared) -> Programs:
    """What starts the cases, after it has proved that it can."""
    mpirun = find_mpirun(prepared.cluster.launcher.mpirun)
    programs = Programs(prepared.cases, mpirun)
    preflight(prepared, mpirun)
    return programs


def _owned(
    prepared: Prepared,
    programs: Programs,
    begun: Run,
    display: Display,
    earlier: Recovered | None = None,
) -> document.RunDoc:
    """The run, measured by this process alone."""
    assert prepared.allocation is not None  # noqa: S101 - for the type checker
    owner = Owner(Path(begun.path), prepared.allocation.job)
    try:
        stages = Stages(prepared, programs, begun, Watched(display, owner))
        if earlier is not None:
            stages.go_on_from(earlier)
        return stages.run()
    finally:
        owner.release()


def _begin(prepared: Prepared) -> Run:
    """The run with its folder, its run.yaml, and the state of the machine before it."""
    request = prepared.request
    now = time.time()
    name = request.into.name if request.into else store.new_id(Path(request.name).stem, now)
    folder = request.into or request.results / prepared.cluster_name / name
    begun = Run(
        id=name,
        path=str(folder),
        cluster=prepared.cluster_name,
        suite=request.name,
        title=prepared.title,
        command=request.command,
        started=now,
        environment=environment(mpirun=prepared.cluster.launcher.mpirun, facts=prepared.facts),
        compare=prepared.compare,
        settings=recovery.settings(prepared),
        tags=request.tags,
        confirms=request.confirms,
    )
    if request.into:
        store.create(begun, prepared.cases)
        return begun
    return store.begin(begun, prepared.cases)
