"""One run from its cases to its exit code: launch, judge, record.

The rooms do the work; this is the order in which they are visited.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from harness import assemble
from harness import outcome as outcomes
from harness.errors import QyranError
from harness.judge import bounds, verdict
from harness.launch import environment as rank_environment
from harness.launch import starter
from harness.launch.process import uninterrupted
from harness.launch.starter import Asked
from harness.machine.environment import environment
from harness.machine.mpi import find_mpirun
from harness.machine.state import state
from harness.measure import driver
from harness.measure.batch import Batch
from harness.measure.driver import Ending
from harness.measure.journal import Event
from harness.measure.observation import Launched, Observation
from harness.outcome import Outcome
from harness.plan import rounds
from harness.plan.case import Case, Geometry, from_dict
from harness.prepare import Prepared, can_run_here
from harness.programs import Programs
from harness.record import store
from harness.record.result import CaseResult, Run
from harness.report import compose, document

_SEARCHED_RUNS = 30
_INTERRUPTED = Ending(Outcome.SKIPPED, "interrupted by the user")


class Display(Protocol):
    """What a run tells while it goes on."""

    def started(self, run: Run, cases: tuple[Case, ...]) -> None:
        """The run begins."""

    def event(self, event: Event) -> None:
        """The ranks reported something."""

    def finished(self, result: document.CaseDoc) -> None:
        """A case has its outcome."""


def run(prepared: Prepared, display: Display) -> document.RunDoc:
    """Run all cases; whatever happens to one of them, the others and the record go on.

    Raises QyranError if the run cannot even begin: no mpirun, no results folder.
    """
    can_run_here(prepared)
    programs = Programs(prepared.cases, find_mpirun(prepared.cluster.launcher.mpirun))
    return _Session(prepared, programs, _begin(prepared), display).run()


def _begin(prepared: Prepared) -> Run:
    """The run with its folder, its run.yaml, and the state of the machine before it."""
    request = prepared.request
    now = time.time()
    name = store.new_id(Path(request.name).stem, now)
    begun = Run(
        id=name,
        path=str(request.results / prepared.cluster_name / name),
        cluster=prepared.cluster_name,
        suite=request.name,
        title=prepared.title,
        command=request.command,
        started=now,
        environment=environment(mpirun=prepared.cluster.launcher.mpirun, facts=prepared.facts),
        compare=prepared.compare,
    )
    store.create(begun, prepared.cases)
    return begun


class _Session:
    """The state of one run: what has been measured and what is recorded."""

    def __init__(
        self, prepared: Prepared, programs: Programs, begun: Run, display: Display
    ) -> None:
        self._prepared = prepared
        self._programs = programs
        self._run = begun
        self._folder = Path(begun.path).absolute()
        self._display = display
        self._crowded = prepared.request.overrides.oversubscribe
        self._in_turns = bool(prepared.compare) or any(
            one.is_program or one.scaling for one in prepared.cases
        )
        self._documents: dict[str, document.CaseDoc] = {}
        self._seen: dict[str, list[Observation]] = {case.id: [] for case in prepared.cases}
        self._failed: dict[str, Ending] = {}
        self._launches = 0
        self._unrecorded = 0
        self._interrupted = False

    def run(self) -> document.RunDoc:
        """All stages, one after the other."""
        self._display.started(self._run, self._prepared.cases)
        for cases in rounds.stages(self._prepared.cases, in_turns=self._in_turns):
            try:
                self._stage(cases)
            except KeyboardInterrupt:  # while results were recorded: that came to its end
                self._interrupted = True
        if not self._unrecorded:
            self._forget_journals()
        shown = [self._documents[case.id] for case in self._prepared.cases]
        return compose.of_run(self._run, shown, self._exit_code())

    def _exit_code(self) -> int:
        if self._interrupted:
            return outcomes.INTERRUPTED
        found = outcomes.worst(Outcome(one.outcome) for one in self._documents.values())
        code = outcomes.EXIT_CODES[found]
        return outcomes.NOT_MEASURED if code == outcomes.GOOD and self._unrecorded else code

    def _stage(self, cases: list[Case]) -> None:
        """Cases are measured round after round; then they are judged and recorded."""
        try:
            self._measure(cases)
        except KeyboardInterrupt:  # between two launches
            self._interrupted = True
        with uninterrupted():
            for geometry, members in rounds.by_geometry(cases).items():
                self._conclude(geometry, members)

    def _measure(self, cases: list[Case]) -> None:
        """All launches of these cases."""
        for launch, wanted in enumerate(rounds.rounds(cases, in_turns=self._in_turns)):
            for together in rounds.batches(wanted, lambda case: case.id not in self._failed):
                left = together
                while left and not self._interrupted:
                    left = self._launch(left, launch)

    def _conclude(self, geometry: Geometry, cases: list[Case]) -> None:
        """Judge and record the cases of a geometry."""
        self._run = replace(
            self._run, environment={**self._run.environment, "state_after": asdict(state())}
        )
        results = [self._result(case) for case in cases]
        limits = self._bounds(results, geometry)
        for one in results:
            self._record(bounds.bounded(one, limits))

    def _launch(self, cases: list[Case], launch: int) -> list[Case]:
        """One mpirun for these cases; returns those that need another one after a crash."""
        geometry, mpirun = cases[0].geometry, self._programs.mpirun(cases[0])
        command = starter.command(str(mpirun.path), mpirun.flavour, self._asked(geometry))
        try:
            batch, file = self._batch(cases, launch)
            chronicle = self._programs.launch(batch)
            payload = (
                starter.program(chronicle.order_file) if chronicle else starter.payload(str(file))
            )
            launched, ending = driver.run(
                batch,
                [*command, *payload],
                rank_environment.of_ranks(geometry.threads),
                self._folder / "log.txt",
                self._display.event,
                chronicle,
            )
        except driver.Interrupted as interrupt:
            self._interrupted = True
            launched, ending = interrupt.launched, _INTERRUPTED
        except QyranError as error:  # the disk is full, mpirun has gone: no case can be started
            launched, ending = Launched(), Ending(Outcome.INFRA, str(error))
        return self._after(cases, launched, ending)

    def _asked(self, geometry: Geometry) -> Asked:
        """Which ranks a launch has, and on which nodes."""
        launcher = self._prepared.cluster.launcher
        assert self._prepared.allocation is not None  # noqa: S101 - for the type checker
        hosts = self._prepared.allocation.hosts
        return Asked(
            geometry,
            hosts[: geometry.nodes],
            oversubscribe=self._crowded,
            environment=rank_environment.names(),
            agent=launcher.agent,
            options=launcher.options,
        )

    def _batch(self, cases: list[Case], launch: int) -> tuple[Batch, Path]:
        stem = self._folder / f"launch-{self._launches:03d}"
        self._launches += 1
        batch = Batch(tuple(cases), stem.with_suffix(".journal"), launch)
        file = stem.with_suffix(".json")
        batch.write(file)
        return batch, file

    def _after(self, cases: list[Case], launched: Launched, ending: Ending) -> list[Case]:
        """Keep what was measured; blame the case that was running; return the rest.

        A launch that broke while no case was running would break again: it ends all of them.
        """
        for name, seen in launched.cases.items():
            self._seen[name].append(seen)
        left = [one for one in cases if not launched.has_finished(one.id)]
        blamed = [launched.running.case] if launched.running else [one.id for one in left]
        if ending.outcome is not Outcome.PASS:
            self._failed.update(dict.fromkeys(blamed, ending))
        return [one for one in left if one.id not in blamed]

    def _result(self, case: Case) -> CaseResult:
        ending = self._failed.get(case.id)
        if ending is None and len(self._seen[case.id]) < case.launches:
            ending = _INTERRUPTED
        raw = assemble.result(case, self._seen[case.id], ending)
        notes = ("oversubscribed",) if self._crowded else ()
        raw = self._programs.identified(replace(raw, notes=notes), self._seen[case.id])
        return verdict.judged(raw, oversubscribe=self._crowded)

    def _bounds(self, results: list[CaseResult], geometry: Geometry) -> bounds.Bounds:
        """The limits of this geometry: from this run, else from earlier runs of this machine."""
        llc_B = self._prepared.resources.llc_B * geometry.nodes
        now = bounds.measured(results, geometry, llc_B)
        return bounds.recorded(now, self._earlier, geometry, _hardware_key(self._run))

    def _earlier(self, kernel: str) -> Iterator[dict[str, Any]]:
        """What was recorded of a kernel, newest first."""
        return store.newest_first(self._prepared.request.results, _SEARCHED_RUNS, (kernel,))

    def _record(self, result: CaseResult) -> None:
        """Write the file of a case that was started; a full disk costs the file, not the run."""
        if self._seen[result.case.id]:
            try:
                result = store.add(self._run, result, self._index_record(result))
            except QyranError as error:
                self._unrecorded += 1
                result = replace(result, notes=(*result.notes, f"not recorded: {error}"))
        shown = compose.of_case(result)
        self._documents[shown.case] = shown
        self._display.finished(shown)

    def _index_record(self, result: CaseResult) -> dict[str, Any]:
        """The document of the case and what later runs look for in it."""
        return compose.of_case(result).model_dump() | {
            "run": self._run.id,
            "hardware_key": _hardware_key(self._run),
            "limits": bounds.limits(result),
        }

    def _forget_journals(self) -> None:
        """Everything is in HDF5 files now."""
        for path in self._folder.glob("launch-*"):
            if path.is_dir():  # the folder of a program
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _hardware_key(run: Run) -> str:
    return str(run.environment["fingerprint"]["hardware"]["key"])


def show(folder: Path) -> document.RunDoc:
    """A recorded run as the document it was: finished cases from their files, the rest skipped."""
    header = store.header(folder)
    found = {one["case"]: compose.recorded_case(one) for one in store.case_records(folder)}
    run = Run(
        id=header["id"],
        path=str(folder),
        cluster=header["cluster"],
        suite=header["suite"],
        title=header["title"],
        command=tuple(header["command"]),
        started=header["started"],
        compare=tuple(map(tuple, header.get("compare", ()))),
    )
    return compose.of_run(run, [_from_record(one, found) for one in header["cases"]])


def _from_record(planned: dict[str, Any], found: dict[str, document.CaseDoc]) -> document.CaseDoc:
    if planned["id"] in found:
        return found[planned["id"]]
    return compose.skipped(from_dict(planned), "no record: the run ended before it")
