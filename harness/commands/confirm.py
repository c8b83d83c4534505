"""`qyran history --confirm`: what is under suspicion is measured again, in turns with other work.

The cases are those of the suspicious runs, with every parameter they had then, fitted sizes too;
on other nodes than then where the allocation has others.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from harness import recovery, session
from harness.commands import history, output, run
from harness.commands.history import Wanted
from harness.config import suite as suites
from harness.config.yaml_file import Document
from harness.errors import CannotMeasure, ConfigError, QyranError
from harness.judge.history.series import VERIFIED, began
from harness.machine.environment import environment
from harness.outcome import INTERRUPTED, NOT_MEASURED
from harness.plan.case import Case
from harness.plan.expand import Overrides
from harness.prepare import Prepared, Request, prepare
from harness.record import library, store
from harness.record.library import Selection
from harness.record.recorded import Recorded
from kernels import listing

NAME: Final = "confirm"
_NEIGHBOUR_S: Final = 120.0


@dataclass(frozen=True)
class _Suspect:
    """A suspicion, and the run that raised it."""

    id: str
    case: Recorded


def confirm(wanted: Wanted, launches: int, cluster_file: Path | None, *, as_json: bool) -> None:
    """Measure the suspects again, record that as a run of its own, and judge anew.

    Raises CannotMeasure if they are those of other machines. Returns if there is no suspect.
    """
    run.heed_signals()
    suspects = _suspects(wanted)
    if not suspects:
        output.note("nothing is under suspicion: nothing is measured")
        return
    mine = _measurable(suspects)
    prepared = _prepared(mine, wanted, launches, cluster_file)
    result = session.run(prepared, run.display(stderr=as_json))
    if result.exit_code == INTERRUPTED:
        output.end(INTERRUPTED)
    shown = history.shown(wanted, result.run)
    again = {one.case.case for one in mine}
    if not any(one.case in again and one.outcome in VERIFIED for one in result.cases):
        shown = shown.model_copy(update={"exit_code": NOT_MEASURED})
    history.show(wanted, shown, as_json=as_json)


def _suspects(wanted: Wanted) -> list[_Suspect]:
    return [_Suspect(name, one.cases[i]) for one, name, i in history.suspicious(wanted)]


def _measurable(suspects: Sequence[_Suspect]) -> list[_Suspect]:
    """Those of this hardware and of one cluster; the others are named."""
    key = str(environment()["fingerprint"]["hardware"]["key"])
    here = [one for one in suspects if one.case.origin.hardware_key == key]
    if not here:
        others = sorted({_place(one.case) for one in suspects})
        raise CannotMeasure(
            "history --confirm",
            f"the suspects were measured on other hardware: {', '.join(others)}",
            known=f"this is hardware {key}",
            fix="run it on a node of that hardware",
        )
    cluster = here[0].case.origin.cluster
    mine = [one for one in here if one.case.origin.cluster == cluster]
    for one in suspects:
        if one not in mine:
            output.note(f"{one.id} is not measured: it is of {_place(one.case)}")
    return mine


def _place(case: Recorded) -> str:
    return f"{case.origin.cluster} (hardware {case.origin.hardware_key or 'unknown'})"


def _prepared(
    mine: Sequence[_Suspect], wanted: Wanted, launches: int, cluster_file: Path | None
) -> Prepared:
    """The run: each suspicious case, and a neighbour if there is only one."""
    planned = {one.case.case: _planned(one.case) for one in mine}
    settings = store.header(mine[0].case.path.parent).get("settings") or {}
    if len(planned) == 1:
        planned |= {one.id: one for one in _neighbour(mine[0].case, wanted)}
    suite = suites.Suite(cases=[_entry(one, launches) for one in planned.values()])
    request = Request(
        name=NAME,
        overrides=Overrides(oversubscribe=bool(settings.get("oversubscribe"))),
        cluster=mine[0].case.origin.cluster,
        partition=settings.get("partition"),
        launcher=settings.get("launcher"),
        cluster_file=cluster_file,
        results=wanted.results,
        command=tuple(sys.argv),
        suite=(suite, Document(NAME, {}, {})),
        confirms=" ".join(sorted({one.id for one in mine})),
    )
    return _as_measured(prepare(request), planned, [one.case for one in mine])


def _planned(case: Recorded) -> Case:
    """The case as it was planned; ConfigError if this version would measure something else."""
    folder = case.path.parent
    where = str(folder / "run.yaml")
    for data in store.header(folder)["cases"]:
        if data["id"] == case.case and data["kernel"] in listing.names():
            return recovery.planned(data, where)
    raise ConfigError(where, f"{case.case} is none that qyran can measure")


def _entry(case: Case, launches: int) -> suites.Case:
    at = case.geometry
    given: dict[str, Any] = {
        "kernel": case.kernel,
        "parameters": dict(case.parameters),
        "ranks": [at.ranks],
        "threads": [at.threads],
        "nodes": [at.nodes],
        "repetitions": None if case.is_program else case.repetitions,
        "launches": launches,
        "budget": case.budget_s,
    }
    return suites.Case(**given)


def _neighbour(case: Recorded, wanted: Wanted) -> list[Case]:
    """The shortest other case of the same machine, so that launches of one are apart in time."""
    of = case.origin
    found = library.find(
        wanted.results, Selection(cluster=of.cluster, hardware_key=of.hardware_key)
    ).cases
    fit = (one for one in found if one.case != case.case and _fits(one, case))
    for one in sorted(fit, key=lambda one: (_lasted(one), -began(one))):
        with suppress(QyranError):  # of an older version of its kernel, or imported
            return [_planned(one)]
    output.note("no other case is known here: the launches follow one another directly")
    return []


def _fits(one: Recorded, case: Recorded) -> bool:
    return (
        one.outcome in VERIFIED
        and one.nodes <= case.nodes
        and one.ranks * one.threads <= case.ranks * case.threads
        and 0.0 < _lasted(one) < _NEIGHBOUR_S
    )


def _lasted(one: Recorded) -> float:
    return (one.ended or 0.0) - (one.started or 0.0)


def _as_measured(
    prepared: Prepared, planned: dict[str, Case], suspects: Iterable[Recorded]
) -> Prepared:
    """Sizes that were fitted then count as fitted now: the new runs belong to the same series."""
    cases = tuple(replace(one, fitted=planned[one.id].fitted) for one in prepared.cases)
    if prepared.allocation is not None:
        hosts = others_first(prepared.allocation.hosts, suspects)
        prepared = replace(prepared, allocation=replace(prepared.allocation, hosts=hosts))
    return replace(prepared, cases=cases)


def others_first(hosts: Sequence[str], suspects: Iterable[Recorded]) -> tuple[str, ...]:
    """Nodes that the suspects were not measured on, then the others, each as they were allocated.

    Launchers give ranks to the first nodes: what is slow on other nodes too is not a node's fault.
    """
    used = {host for one in suspects for host in one.hosts}
    return tuple(sorted(hosts, key=lambda host: host in used))
