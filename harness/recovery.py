"""What is left of a run that ended too early: final outcomes, and measurements in its journals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from harness import prepare
from harness.config.cluster import RECORDED, Cluster
from harness.errors import ConfigError
from harness.machine.node import detect
from harness.measure import batch as batches
from harness.measure import journal
from harness.measure.observation import Launched, Observation
from harness.outcome import Outcome
from harness.plan.case import Case, from_dict
from harness.plan.expand import Overrides
from harness.prepare import Prepared, Request, Rules
from harness.record import store
from harness.record.result import Attempt, Run
from harness.report import compose
from harness.report.document import CaseDoc
from kernels import listing

# These say that a case was not measured through no fault of its own.
_OPEN: Final = (Outcome.INFRA, Outcome.SKIPPED)


@dataclass
class Recovered:
    """A run that was begun.

    final : cases that have their outcome. seen : launches of the others that came to their end, by
    case, and going_on : the number of the attempt they belong to. attempts : at the others, which
    have ended. launches : how many were started.
    """

    run: Run
    final: dict[str, CaseDoc] = field(default_factory=dict)
    seen: dict[str, list[Observation]] = field(default_factory=dict)
    going_on: dict[str, int] = field(default_factory=dict)
    attempts: dict[str, tuple[Attempt, ...]] = field(default_factory=dict)
    launches: int = 0


def settings(prepared: Prepared) -> dict[str, Any]:
    """All that a run needs to be resumed beside its cases, JSON-ready."""
    return {
        "cluster": prepared.cluster.model_dump(mode="json"),
        "cluster_source": prepared.cluster_source,
        "partition": prepared.partition_name,
        "launcher": prepared.request.launcher,
        "oversubscribe": prepared.request.overrides.oversubscribe,
        "rules": asdict(prepared.rules),
        "hosts": list(prepared.request.hosts),
    }


def reopened(folder: Path, results: Path) -> tuple[Prepared, Recovered]:
    """A run that was begun, to be gone on with; nothing in its folder is changed.

    Raises ConfigError if it cannot be resumed by this version, CorruptStore if it is damaged.
    """
    header = store.header(folder)
    where = str(folder / "run.yaml")
    run = _begun(header, folder)
    if not run.settings:
        raise ConfigError(
            where, "was begun by a version that did not keep what it needs", fix="run it again"
        )
    cases = tuple(planned(one, where) for one in header["cases"])
    return _prepared(run, cases, results, where), _recovered(run, cases, folder)


def unrecorded(folder: Path) -> tuple[tuple[Case, ...], Recovered]:
    """A run that nobody measures any more: what its journals hold; CorruptStore if it is damaged.

    Unlike `reopened`, on any machine and by any version that knows the kernels, and with the
    repetitions of the launch that did not come to its end.
    """
    header = store.header(folder)
    run = _begun(header, folder)
    cases = tuple(from_dict(dict(one)) for one in header["cases"])
    return cases, _recovered(run, cases, folder, whole=False)


def _begun(header: Mapping[str, Any], folder: Path) -> Run:
    return Run(
        id=header["id"],
        path=str(folder),
        cluster=header["cluster"],
        suite=header["suite"],
        title=header["title"],
        command=tuple(header["command"]),
        started=header["started"],
        environment=header["environment"],
        compare=tuple(map(tuple, header.get("compare", ()))),
        settings=header.get("settings", {}),
        tags=tuple(header.get("tags", ())),
        confirms=header.get("confirms", ""),
    )


def planned(data: Mapping[str, Any], where: str) -> Case:
    """A case of a run.yaml; ConfigError if this version would measure something else."""
    name = data["kernel"]
    if name not in listing.names() or listing.load(name).version != data["version"]:
        raise ConfigError(
            where,
            f"case {data['id']} was planned for version {data['version']} of {name}",
            known=f"version {listing.load(name).version}" if name in listing.names() else "none",
            fix=f"run it again, or use the qyran that began it: `{data['id']}` would not compare",
        )
    return from_dict(dict(data))


def _cluster(kept: Mapping[str, Any], where: str) -> Cluster:
    """The cluster of a run.yaml; ConfigError if this version does not understand it."""
    try:
        return Cluster.model_validate(kept, strict=False, context=RECORDED)
    except ValidationError as error:
        raise ConfigError(
            where,
            f"its cluster was written by another version: {error.errors()[0]['msg']}",
            fix="resume it with the qyran that began it, or run it again",
        ) from error


def _prepared(run: Run, cases: tuple[Case, ...], results: Path, where: str) -> Prepared:
    kept = run.settings
    cluster = _cluster(kept["cluster"], where)
    request = Request(
        name=run.suite,
        overrides=Overrides(oversubscribe=kept["oversubscribe"]),
        cluster=run.cluster,
        partition=kept["partition"],
        launcher=kept["launcher"],
        results=results,
        command=run.command,
        rules=Rules(**kept["rules"]),
        confirms=run.confirms,
        hosts=tuple(kept.get("hosts", ())),
    )
    name, partition = cluster.chosen(kept["partition"], where)
    facts = detect()
    launcher, allocation = prepare.allocated(request, cluster, partition, where)
    return Prepared(
        request=request,
        title=run.title,
        cluster_name=run.cluster,
        cluster=cluster,
        cluster_source=kept["cluster_source"],
        partition_name=name,
        facts=facts,
        resources=prepare.resources(cluster, partition, allocation, facts, where),
        launcher=launcher,
        allocation=allocation,
        cases=cases,
        compare=run.compare,
    )


def _recovered(run: Run, cases: Sequence[Case], folder: Path, *, whole: bool = True) -> Recovered:
    """What was recorded, and what journals hold of the rest. whole : launches that ended alone."""
    found = Recovered(run)
    recorded = store.attempts(folder)
    for case in cases:
        numbers = recorded.get(case.id, {})
        if numbers:
            _take_record(found, folder / numbers[max(numbers)])
    for path in sorted(folder.glob("launch-*.json")):
        if ".rank" not in path.name:
            found.launches += 1
            _take_journal(found, path, whole)
    return found


def _take_record(found: Recovered, path: Path) -> None:
    """A case with its outcome; or an attempt at it, if it was not measured."""
    shown = compose.recorded_case(store.record(path))
    before = tuple(Attempt(Outcome(a.outcome), a.reason, a.file) for a in shown.earlier)
    last = Attempt(Outcome(shown.outcome), shown.reason, path.name)
    if last.outcome in _OPEN or _is_half_slow(found.run, last, before):
        found.attempts[shown.case] = (*before, last)
    else:
        found.final[shown.case] = shown.model_copy(update={"file": path.name})


def _is_half_slow(run: Run, last: Attempt, before: Sequence[Attempt]) -> bool:
    """Whether a slow result was to be measured once more, and the run ended before that."""
    slow = [one for one in (*before, last) if one.outcome is Outcome.SLOW]
    again = run.settings["rules"]["retries"] > 0
    return again and last.outcome is Outcome.SLOW and len(slow) == 1


def _take_journal(found: Recovered, path: Path, whole: bool) -> None:
    """What one launch measured of cases that have no outcome yet."""
    try:
        batch = batches.read(path)
    except (OSError, ValueError, KeyError, TypeError):
        return  # torn: its ranks have not begun
    launched = Launched()
    launched.take(journal.events(path.with_suffix(".journal")))
    for case, attempt in zip(batch.cases, batch.attempts, strict=True):
        seen = launched.cases.get(case.id)
        begun = seen is not None and bool(seen.samples) and not whole
        if case.id not in found.final and (launched.has_finished(case.id) or begun):
            _take_launch(found, case.id, attempt, batch.launch, launched.cases[case.id])


def _take_launch(found: Recovered, case: str, attempt: int, launch: int, seen: Observation) -> None:
    """Keep a launch of the attempt that was going on; earlier ones have ended."""
    if attempt <= len(found.attempts.get(case, ())):
        return  # it has its record
    if attempt > found.going_on.get(case, 0):
        found.going_on[case] = attempt
        found.seen[case] = []
    if launch == len(found.seen[case]):
        found.seen[case].append(seen)


def refuse_other_hardware(earlier: Recovered, now: Run) -> None:
    """ConfigError if the run began on other hardware: its cases would not belong together."""
    old, new = _hardware(earlier.run), _hardware(now)
    if old["key"] == new["key"]:
        return
    changed = [k for k in sorted({*old, *new} - {"key"}) if old.get(k) != new.get(k)]
    raise ConfigError(
        earlier.run.path,
        "was begun on other hardware" + (f": {', '.join(changed)} differ" if changed else ""),
        fix=f"resume it there, or begin a new run: qyran run {earlier.run.suite}",
    )


def _hardware(run: Run) -> dict[str, Any]:
    found = run.environment["fingerprint"]["hardware"]
    assert isinstance(found, dict)  # noqa: S101 - for the type checker
    return found
