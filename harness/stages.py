"""The stages of a run: its cases are launched, judged and recorded, geometry by geometry."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from harness import assemble, ranks
from harness import outcome as outcomes
from harness.errors import QyranError
from harness.judge import bounds, hosts, verdict
from harness.launch import starter
from harness.launch.nodes import Nodes
from harness.launch.process import uninterrupted
from harness.ledger import Ledger
from harness.machine import oom
from harness.machine.energy import slurm
from harness.machine.state import state
from harness.measure import driver
from harness.measure.batch import Batch
from harness.measure.driver import Ending
from harness.measure.journal import Event
from harness.measure.observation import Launched
from harness.outcome import Outcome
from harness.plan import rounds
from harness.plan.case import Case, Geometry
from harness.prepare import Prepared
from harness.programs import Programs
from harness.record import recorded, store
from harness.record.owner import Owner
from harness.record.result import OVERSUBSCRIBED, CaseResult, Run
from harness.recovery import Recovered
from harness.report import compose, document

_SEARCHED_RUNS = 30
_INTERRUPTED = Ending(Outcome.SKIPPED, "interrupted by the user")


class Display(Protocol):
    """What a run tells while it goes on."""

    def started(self, run: Run, cases: tuple[Case, ...]) -> None:
        """The run begins."""

    def event(self, event: Event) -> None:
        """The ranks reported something."""

    def again(self, result: document.CaseDoc) -> None:
        """An attempt at a case has ended, and another one follows."""

    def finished(self, result: document.CaseDoc) -> None:
        """A case has its outcome."""


class Watched:
    """The display of a run, and the sign of life that its owner gives."""

    def __init__(self, display: Display, owner: Owner) -> None:
        self.display = display
        self._owner = owner

    def __call__(self, events: list[Event]) -> None:
        """Show events; called a few times a second."""
        self._owner.beat()
        for event in events:
            self.display.event(event)


class Stages:
    """One run: its cases are measured, judged and recorded, stage by stage."""

    def __init__(
        self,
        prepared: Prepared,
        programs: Programs,
        begun: Run,
        watched: Watched,
    ) -> None:
        self._prepared = prepared
        self._programs = programs
        self._run = begun
        self._folder = Path(begun.path).absolute()
        self._watched = watched
        self._display = watched.display
        self._ledger = Ledger(prepared.cases, prepared.rules.retries)
        self._crowded = prepared.request.overrides.oversubscribe
        self._in_turns = bool(prepared.compare or prepared.request.confirms) or any(
            one.is_program or one.scaling for one in prepared.cases
        )
        self._documents: dict[str, document.CaseDoc] = {}
        self._hosts = prepared.allocation.hosts if prepared.allocation else ()
        self._nodes = Nodes(self._hosts)
        self._limits = prepared.rules.limits(time.monotonic())
        self._accounting = slurm.Accounting()
        self._launches = 0
        self._unrecorded = 0
        self._interrupted = False

    def go_on_from(self, earlier: Recovered) -> None:
        """Take over what an earlier process of this run has measured."""
        self._documents.update(earlier.final)
        self._ledger.seen.update(earlier.seen)
        self._ledger.earlier.update(earlier.attempts)
        self._launches = earlier.launches

    def run(self) -> document.RunDoc:
        """All stages, one after the other."""
        left = tuple(one for one in self._prepared.cases if one.id not in self._documents)
        self._display.started(self._run, left)
        for cases in rounds.stages(left, in_turns=self._in_turns) if left else []:
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
        """Cases are measured round after round, judged and recorded; some are measured again."""
        while cases:
            try:
                self._measure(cases)
            except KeyboardInterrupt:  # between two launches
                self._interrupted = True
            with uninterrupted():
                geometries = rounds.by_geometry(cases).items()
                again = [self._conclude(geometry, members) for geometry, members in geometries]
            cases = list(itertools.chain.from_iterable(again))

    def _measure(self, cases: list[Case]) -> None:
        """All launches of these cases."""
        for launch, wanted in enumerate(rounds.rounds(cases, in_turns=self._in_turns)):
            ready = partial(self._ledger.wants, launch=launch)
            for together in rounds.batches(wanted, ready):
                left = together
                while left and not self._is_over():
                    left = self._launch(left, launch)

    def _is_over(self) -> bool:
        """Whether nothing more is to be started."""
        return self._interrupted or self._limits.passed()

    def _conclude(self, geometry: Geometry, cases: list[Case]) -> list[Case]:
        """Judge and record the cases of a geometry; returns those to be measured again."""
        self._run = replace(
            self._run, environment={**self._run.environment, "state_after": asdict(state())}
        )
        results = [self._result(case) for case in cases]
        limits = self._bounds(results, geometry)
        kept = [self._recorded(bounds.bounded(one, limits)) for one in results]
        again = [] if self._is_over() else filter(self._ledger.is_to_be_repeated, kept)
        repeated = [one.case.id for one in again]
        for one in kept:
            if one.case.id in repeated:
                self._ledger.again(one)
                self._display.again(compose.of_case(one))
            else:
                self._show(one)
        return [case for case in cases if case.id in repeated]

    def _launch(self, cases: list[Case], launch: int) -> list[Case]:
        """One mpirun for these cases; returns those that need another one after a crash."""
        geometry, mpirun = cases[0].geometry, self._programs.mpirun(cases[0])
        hosts = self._nodes.chosen(geometry.nodes)
        launcher = self._prepared.cluster.launcher
        asked = ranks.asked(launcher, geometry, hosts, oversubscribe=self._crowded)
        kills = oom.kills()
        self._accounting.begin()
        try:
            batch, file = self._batch(cases, launch)
            chronicle = self._programs.launch(batch)
            payload = (
                starter.program(chronicle.order_file) if chronicle else starter.payload(str(file))
            )
            command = [*starter.command(mpirun, asked), *payload]
            launched, ending = driver.run(
                batch,
                command,
                starter.variables(mpirun, asked),
                self._folder / "log.txt",
                self._watched,
                self._limits,
                chronicle,
            )
            launched.started_by(command)
        except driver.Interrupted as interrupt:
            self._interrupted = True
            launched, ending = interrupt.launched, _INTERRUPTED
        except QyranError as error:  # the disk is full, mpirun has gone: no case can be started
            launched, ending = Launched(), Ending(Outcome.INFRA, str(error))
        launched.account(self._accounting.end())
        if ending.transient:
            self._nodes.doubt(hosts)
        if ending.outcome is Outcome.KILLED and oom.kills() > kills:
            ending = replace(ending, reason=f"{oom.REASON}: {ending.reason}")
        return self._ledger.take(cases, launched, ending)

    def _batch(self, cases: list[Case], launch: int) -> tuple[Batch, Path]:
        stem = self._folder / f"launch-{self._launches:03d}"
        self._launches += 1
        attempts = tuple(self._ledger.attempt(case) for case in cases)
        batch = Batch(tuple(cases), stem.with_suffix(".journal"), launch, attempts)
        file = stem.with_suffix(".json")
        batch.write(file)
        return batch, file

    def _result(self, case: Case) -> CaseResult:
        seen = self._ledger.seen[case.id]
        ending = self._ledger.failed.get(case.id)
        if ending is None and len(seen) < case.launches:
            ending = _INTERRUPTED if self._interrupted else driver.OUT_OF_TIME
        raw = assemble.result(case, seen, ending)
        crowded = (OVERSUBSCRIBED,) if self._crowded else ()
        notes = (*crowded, *hosts.notes(raw.hosts))
        raw = replace(raw, notes=notes, earlier=self._ledger.earlier[case.id])
        raw = self._programs.identified(raw, seen)
        judged = verdict.judged(raw, oversubscribe=self._crowded, hosts=self._hosts)
        return verdict.of_attempts(judged)

    def _bounds(self, results: list[CaseResult], geometry: Geometry) -> bounds.Bounds:
        """The limits of this geometry: from this run, else from earlier runs of this machine."""
        llc_B = self._prepared.resources.llc_B * geometry.nodes
        now = bounds.measured(results, geometry, llc_B)
        return bounds.recorded(now, self._earlier, geometry, _hardware_key(self._run))

    def _earlier(self, kernel: str) -> Iterator[dict[str, Any]]:
        """What was recorded of a kernel, newest first."""
        return store.newest_first(self._prepared.request.results, _SEARCHED_RUNS, (kernel,))

    def _recorded(self, result: CaseResult) -> CaseResult:
        """Write the file of a case that was started; a full disk costs the file, not the run."""
        if not self._ledger.seen[result.case.id]:
            return result
        try:
            return store.add(self._run, result, self._index_record(result))
        except QyranError as error:
            self._unrecorded += 1
            return replace(result, notes=(*result.notes, f"not recorded: {error}"))

    def _show(self, result: CaseResult) -> None:
        shown = compose.of_case(result)
        self._documents[shown.case] = shown
        self._display.finished(shown)

    def _index_record(self, result: CaseResult) -> dict[str, Any]:
        """The document of the case and what later runs look for in it."""
        origin = recorded.origin(self._run, len(self._prepared.cases))
        return {
            **compose.of_case(result).model_dump(),
            **recorded.as_members(origin),
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
