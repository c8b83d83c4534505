"""One run from its suite to its exit code: plan, preflight, launch, judge, record.

The rooms do the work; this is the order in which they are visited.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from harness import outcome as outcomes
from harness.config import cluster as clusters
from harness.config import files
from harness.config import suite as suites
from harness.config.yaml_file import Document
from harness.errors import ConfigError, QyranError, unknown
from harness.judge import bounds, verdict
from harness.launch import environment as rank_environment
from harness.launch import local
from harness.machine.environment import environment
from harness.machine.mpi import Mpirun, find_mpirun
from harness.machine.node import NodeFacts, detect
from harness.machine.state import state
from harness.measure import driver
from harness.measure.batch import Batch
from harness.measure.driver import Ending
from harness.measure.journal import Event
from harness.measure.observation import Launched, Observation
from harness.outcome import Outcome
from harness.plan.case import Case, Geometry, from_dict
from harness.plan.expand import Overrides
from harness.plan.resolve import plan
from harness.plan.resources import Resources
from harness.record import store
from harness.record.result import CaseResult, Run, Samples, Times
from harness.report import document
from kernels import listing
from kernels.contract import Check

_SEARCHED_RUNS = 30


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    name: str
    overrides: Overrides = field(default_factory=Overrides)
    cluster: str | None = None
    partition: str | None = None
    cluster_file: Path | None = None
    results: Path = store.DEFAULT
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A request with everything resolved and checked; nothing has been started."""

    request: Request
    suite: suites.Suite
    cluster_name: str
    cluster: clusters.Cluster
    cluster_source: str
    partition_name: str
    facts: NodeFacts
    resources: Resources
    cases: tuple[Case, ...]


class Display(Protocol):
    """What a run tells while it goes on."""

    def started(self, run: Run, cases: tuple[Case, ...]) -> None:
        """The run begins."""

    def event(self, event: Event) -> None:
        """The ranks reported something."""

    def finished(self, result: document.CaseDoc) -> None:
        """A case has its outcome."""


def prepare(request: Request) -> Prepared:
    """Resolve suite, cluster and cases; ConfigError before anything starts."""
    suite, text = _suite(request.name)
    file, source = clusters.load(request.cluster_file)
    name, cluster = clusters.choose(file, request.cluster, source)
    partition_name, partition = cluster.chosen(request.partition, source)
    facts = detect()
    resources = _resources(cluster, partition, facts, f"{source}: {name}")
    cases = plan(suite, text, request.overrides, resources)
    return Prepared(request, suite, name, cluster, source, partition_name, facts, resources, cases)


def _suite(name: str) -> tuple[suites.Suite, Document]:
    """A suite by name or path, or the suite of one case that a kernel's name means."""
    known = files.suites()
    if "/" in name or name.endswith((".yaml", ".yml")) or name in known:
        return suites.load(name)
    if name in listing.names():
        return suites.of_kernel(name)
    raise unknown("", "suite or kernel", name, [*known, *listing.names()], "`qyran list`")


def _resources(
    cluster: clusters.Cluster, partition: clusters.Partition, facts: NodeFacts, source: str
) -> Resources:
    """What cluster.yaml says of a node, and for this machine what is really there now."""
    node = partition.node
    here = cluster.launcher.kind == "local" and not cluster.planned
    cores = _least(node.cores, facts.cores_usable if here or node.cores is None else None)
    memory_B = _least(node.memory, facts.memory_available_B if here or not node.memory else None)
    detected = "detected" if here else "cluster.yaml"
    return Resources(
        nodes=partition.nodes,
        cores=cores or os.cpu_count() or 1,
        memory_B=memory_B or 2**30,
        llc_B=node.last_level_cache or facts.llc_B or 32 * 2**20,
        flop_rate=node.flop_rate_peak,
        bandwidth=node.bandwidth_peak,
        source=f"{source}, {detected}",
    )


def _least(*values: int | None) -> int | None:
    known = [value for value in values if value is not None]
    return min(known) if known else None


def run(prepared: Prepared, display: Display) -> document.RunDoc:
    """Run all cases; whatever happens to one of them, the others and the record go on.

    Raises QyranError if the run cannot even begin: no mpirun, no results folder.
    """
    _can_run_here(prepared)
    mpirun = find_mpirun(prepared.cluster.launcher.mpirun)
    session = _Session(prepared, mpirun, display)
    return session.run()


def _can_run_here(prepared: Prepared) -> None:
    clusters.refuse_planned(prepared.cluster_name, prepared.cluster, prepared.cluster_source)
    kind = prepared.cluster.launcher.kind
    if kind != "local":
        raise ConfigError(
            prepared.cluster_source,
            f"cluster {prepared.cluster_name!r} is started by {kind!r}",
            known="local",
            fix="run on the node itself with `--cluster laptop`",
        )


class _Session:
    """The state of one run: what has been measured and what is recorded."""

    def __init__(self, prepared: Prepared, mpirun: Mpirun, display: Display) -> None:
        self._prepared = prepared
        self._mpirun = mpirun
        self._display = display
        self._results: dict[str, CaseResult] = {}
        self._documents: dict[str, document.CaseDoc] = {}
        self._seen: dict[str, list[Observation]] = {case.id: [] for case in prepared.cases}
        self._launches = 0
        self._unrecorded = 0
        self._interrupted = False
        self._run = self._begin()

    def _begin(self) -> Run:
        request = self._prepared.request
        now = time.time()
        name = store.new_id(Path(request.name).stem, now)
        run = Run(
            id=name,
            path=str(request.results / self._prepared.cluster_name / name),
            cluster=self._prepared.cluster_name,
            suite=request.name,
            title=self._prepared.suite.title,
            command=request.command,
            started=now,
            environment=environment(
                mpirun=self._prepared.cluster.launcher.mpirun, facts=self._prepared.facts
            ),
        )
        store.create(run, self._prepared.cases)
        return run

    def run(self) -> document.RunDoc:
        """All groups of cases with one geometry, one after the other."""
        self._display.started(self._run, self._prepared.cases)
        for geometry, cases in _by_geometry(self._prepared.cases).items():
            if not self._interrupted:
                self._group(geometry, cases)
        for case in self._prepared.cases:
            if case.id not in self._documents:
                self._shown(document.skipped(case, "the run was interrupted before it"))
        if not self._unrecorded:
            self._forget_journals()
        return document.of_run(
            self._run,
            [self._documents[case.id] for case in self._prepared.cases],
            self._exit_code(),
        )

    def _exit_code(self) -> int:
        if self._interrupted:
            return outcomes.INTERRUPTED
        found = outcomes.worst(Outcome(one.outcome) for one in self._documents.values())
        code = outcomes.EXIT_CODES[found]
        return outcomes.NOT_MEASURED if code == 0 and self._unrecorded else code

    def _group(self, geometry: Geometry, cases: list[Case]) -> None:
        """Cases of one geometry share their launches; then they are judged and recorded."""
        failed: dict[str, Ending] = {}
        for launch in range(max(case.launches for case in cases)):
            wanted = [one for one in cases if one.launches > launch and one.id not in failed]
            while wanted and not self._interrupted:
                wanted = self._launch(geometry, wanted, launch, failed)
        after = environment_after(self._run)
        results = [self._result(case, failed.get(case.id)) for case in cases]
        limits = self._bounds(results, geometry)
        for one in results:
            self._record(after, bounds.bounded(one, limits))

    def _launch(
        self, geometry: Geometry, cases: list[Case], launch: int, failed: dict[str, Ending]
    ) -> list[Case]:
        """One mpirun for these cases; returns those that need another one after a crash."""
        batch, file = self._batch(cases, launch)
        command = local.command(
            str(self._mpirun.path), self._mpirun.flavour, geometry, oversubscribe=self._crowded
        )
        environment = rank_environment.of_ranks(geometry.threads)
        log = Path(self._run.path).absolute() / "log.txt"
        try:
            launched, ending = driver.run(
                batch, [*command, *local.payload(str(file))], environment, log, self._display.event
            )
        except driver.Interrupted as interrupt:
            self._interrupted = True
            launched = interrupt.launched
            ending = Ending(Outcome.SKIPPED, "interrupted by the user", None)
        return self._after(cases, launched, ending, failed)

    def _after(
        self, cases: list[Case], launched: Launched, ending: Ending, failed: dict[str, Ending]
    ) -> list[Case]:
        """Keep what was measured; blame the case that was running; return the rest."""
        for name, seen in launched.cases.items():
            self._seen[name].append(seen)
        left = [one for one in cases if not _finished(launched, one)]
        running = ending.case or (launched.running.case if launched.running else None)
        if running is None and ending.outcome is not Outcome.PASS:
            failed.update(dict.fromkeys((one.id for one in left), ending))
            return []
        if running is not None:
            failed[running] = ending
        return [one for one in left if one.id != running]

    @property
    def _crowded(self) -> bool:
        return self._prepared.request.overrides.oversubscribe

    def _batch(self, cases: list[Case], launch: int) -> tuple[Batch, Path]:
        folder = Path(self._run.path).absolute()
        stem = f"launch-{self._launches:03d}"
        self._launches += 1
        batch = Batch(tuple(cases), folder / f"{stem}.journal", launch)
        file = folder / f"{stem}.json"
        batch.write(file)
        return batch, file

    def _forget_journals(self) -> None:
        """Everything is in HDF5 files now."""
        for path in Path(self._run.path).glob("launch-*"):
            path.unlink(missing_ok=True)

    def _result(self, case: Case, ending: Ending | None) -> CaseResult:
        seen = self._seen[case.id]
        raw = CaseResult(
            case=case,
            outcome=ending.outcome if ending else Outcome.PASS,
            reason=ending.reason if ending else "",
            check=_worst_check(seen),
            samples=_samples(case, seen),
            times=_times(seen),
            stopped=tuple(one.stopped or "" for one in seen),
            places=seen[-1].places if seen else (),
            peak_memory_B=seen[-1].peak_memory_B if seen else (),
            notes=("oversubscribed",) if self._crowded else (),
            started=min((one.began or 0.0 for one in seen), default=self._run.started),
            ended=max((one.ended or one.began or 0.0 for one in seen), default=time.time()),
        )
        if not seen and not ending:
            reason = "the run was interrupted before it"
            raw = replace(raw, outcome=Outcome.SKIPPED, reason=reason)
        return verdict.judged(raw, oversubscribe=self._crowded)

    def _bounds(self, results: list[CaseResult], geometry: Geometry) -> bounds.Bounds:
        llc_B = self._prepared.resources.llc_B * geometry.nodes
        now = bounds.measured(results, geometry, llc_B)
        earlier = store.newest_first(self._prepared.request.results, _SEARCHED_RUNS)
        return bounds.recorded(now, earlier, geometry, _hardware_key(self._run))

    def _record(self, run: Run, result: CaseResult) -> None:
        """Write the file of a case that was started; a full disk costs the file, not the run."""
        shown = document.of_case(result)
        if result.outcome is not Outcome.SKIPPED or result.samples:
            index = shown.model_dump() | {
                "run": run.id,
                "hardware_key": _hardware_key(run),
                "limits": bounds.limits(result),
            }
            try:
                result = store.add(run, result, index)
            except QyranError as error:
                self._unrecorded += 1
                result = replace(result, notes=(*result.notes, f"not recorded: {error}"))
            shown = document.of_case(result)
        self._shown(shown)

    def _shown(self, shown: document.CaseDoc) -> None:
        self._documents[shown.case] = shown
        self._display.finished(shown)


def _by_geometry(cases: Iterable[Case]) -> dict[Geometry, list[Case]]:
    groups: dict[Geometry, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.geometry, []).append(case)
    return groups


def _finished(launched: Launched, case: Case) -> bool:
    return case.id in launched.cases and launched.cases[case.id].finished


def _samples(case: Case, seen: list[Observation]) -> dict[str, Samples]:
    """The samples of all launches, phase by phase; none if no repetition was finished."""
    if not any(one.samples for one in seen):
        return {}
    names = [phase.name for phase in case.instance().phases()]
    return {name: _of_phase(i, seen) for i, name in enumerate(names)}


def _of_phase(i: int, seen: list[Observation]) -> Samples:
    return Samples(
        seconds=tuple(tuple(tuple(one[i]) for one in launch.samples) for launch in seen),
        warm_up=tuple(tuple(launch.warm_up[i]) for launch in seen if launch.warm_up),
    )


def _worst_check(seen: list[Observation]) -> Check | None:
    """The check of the launch that failed, or came nearest to failing."""
    checks = [one.check for one in seen if one.check is not None]
    failed = [one for one in checks if not one.passed]
    return max(failed or checks, key=lambda one: one.error, default=None)


def _times(seen: list[Observation]) -> Times:
    return Times(
        compile_s=tuple(one.compile_s for one in seen if one.compile_s is not None),
        setup_s=tuple(one.setup_s for one in seen if one.setup_s is not None),
        verify_s=tuple(one.verify_s for one in seen if one.verify_s is not None),
    )


def environment_after(run: Run) -> Run:
    """The run with the state of the machine (load, throttling) after the measurement too."""
    return replace(run, environment={**run.environment, "state_after": asdict(state())})


def _hardware_key(run: Run) -> str:
    fingerprint = run.environment.get("fingerprint", {}).get("hardware", {})
    return str(fingerprint.get("key", ""))


def show(folder: Path) -> document.RunDoc:
    """A recorded run as the document it was: finished cases from their files, the rest skipped."""
    header = store.header(folder)
    found = {one["case"]: document.recorded_case(one) for one in store.case_records(folder)}
    cases = [_from_record(one, found) for one in header["cases"]]
    run = Run(
        id=header["id"],
        path=str(folder),
        cluster=header["cluster"],
        suite=header["suite"],
        title=header["title"],
        command=tuple(header["command"]),
        started=header["started"],
    )
    return document.of_run(run, cases)


def _from_record(planned: dict[str, Any], found: dict[str, document.CaseDoc]) -> document.CaseDoc:
    if planned["id"] in found:
        return found[planned["id"]]
    return document.skipped(from_dict(planned), "no record: the run ended before it")
