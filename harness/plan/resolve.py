"""From a draft to a case: geometry, parameters fitted to the machine, memory, time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from harness.config import suite as suites
from harness.config.yaml_file import Document
from harness.errors import ConfigError, unknown
from harness.plan import scaling
from harness.plan.case import MEASURE_S, Case, Expected, Geometry, Kind, Member
from harness.plan.expand import Draft, Overrides, Series, drafts
from harness.plan.metrics import metrics
from harness.plan.resources import Resources
from kernels.contract import AUTO, IllegalParameter, Kernel, Value, parameters, values
from kernels.program import OWN_MPIRUN, Program

# What a rank needs beside its arrays: Python, NumPy, Numba and MPI, measured at 0.19 GB with hpl.
RANK_OVERHEAD_B: Final = 200 * 10**6
# Sizes chosen by `auto` leave this much of the free memory to everybody else.
FILL: Final = 0.8
_WARM_UP: Final = 1
_DEFAULT_REPETITIONS: Final = 10
_MINIMUM_BUDGET_S: Final = 300.0
_START_S: Final = 2.0
# A barrier and two readings of the clock, between processes of one node.
_CALL_S: Final = 2e-6
_WHOLE_GIB: Final = 100.0


def plan(
    suite: suites.Suite, document: Document, overrides: Overrides, resources: Resources
) -> tuple[Case, ...]:
    """All cases of a suite, resolved and checked; ConfigError before anything starts.

    A case that is listed twice (same kernel, parameters and geometry) runs once; it may be part of
    several scaling series.
    """
    cases: dict[str, Case] = {}
    for draft, case in _all(drafts(suite, document, overrides), overrides, resources):
        known = cases.setdefault(case.id, case)
        if known is not case:
            cases[case.id] = _merged(known, case, draft)
    return tuple(cases.values())


def _merged(known: Case, case: Case, draft: Draft) -> Case:
    if replace(known, scaling=()) != replace(case, scaling=()):
        raise ConfigError(
            draft.where,
            f"is the same measurement as another case ({case.id}) with other settings",
            known="cases differ by kernel, parameters, nodes, ranks or threads",
            fix="delete one of the two, or give both the same repetitions and references",
        )
    return replace(known, scaling=tuple(dict.fromkeys((*known.scaling, *case.scaling))))


def _all(
    listed: list[Draft], overrides: Overrides, resources: Resources
) -> Iterator[tuple[Draft, Case]]:
    """Each draft with its case; the members of a series after one another."""
    done: set[Series] = set()
    for draft in listed:
        if draft.series is None:
            yield draft, _resolved(draft, overrides, resources)
        elif draft.series not in done:
            done.add(draft.series)
            members = [one for one in listed if one.series == draft.series]
            yield from _series(draft.series.kind, members, overrides, resources)


def _series(
    kind: Kind, members: list[Draft], overrides: Overrides, resources: Resources
) -> Iterator[tuple[Draft, Case]]:
    """The members of a scaling series: their sizes are those of the smallest one.

    In weak scaling it leaves memory for what the largest needs on the same nodes.
    """
    found = [(_geometry(one, overrides, resources), one) for one in members]
    smallest, draft = min(found, key=lambda pair: scaling.workers(pair[0]))
    factors = [scaling.factor(kind, smallest, one, draft.where) for one, _ in found]
    if kind == "weak":
        most = max(geometry.ranks_per_node for geometry, _ in found)
        draft = replace(draft, share=smallest.ranks_per_node / most)
    base = _resolved(draft, overrides, resources)
    for (geometry, one), times in zip(found, factors, strict=True):
        case = base
        if geometry != smallest:
            given = _given_to_member(kind, one, base, geometry, times)
            case = _resolved(replace(one, given=given), overrides, resources)
        if kind == "strong":
            scaling.same_work(base, case, one.where)
        belongs = (Member(kind, base.id, times),)
        yield one, replace(case, fitted=base.fitted, scaling=belongs)


def _given_to_member(
    kind: Kind, draft: Draft, base: Case, geometry: Geometry, times: float
) -> dict[str, Value]:
    """Its parameters, from those of the smallest member; ConfigError if it cannot have any."""
    if kind == "strong":
        return scaling.strong(base, _not_auto(draft), geometry)
    try:
        return scaling.weak(base, times)
    except IllegalParameter as error:
        raise _illegal(draft, error) from error


def _resolved(draft: Draft, overrides: Overrides, resources: Resources) -> Case:
    geometry = _geometry(draft, overrides, resources)
    fillable = replace(resources, memory_B=int(draft.share * resources.memory_B))
    kernel, fitted = _fitted(draft, _not_auto(draft), geometry, fillable)
    memory_B = _memory(draft, kernel, geometry, resources)
    _legal(draft, kernel, geometry)
    entry = draft.entry
    repetitions, launches = _repeated(draft, overrides)
    if isinstance(kernel, Program) and resources.here:
        _found(draft, kernel)
    estimated_s = _estimate(kernel, geometry, repetitions, resources)
    lasts_s = _lasts_s(kernel, repetitions)
    budget_s = overrides.budget_s or entry.budget or _budget_s(estimated_s, lasts_s)
    return Case(
        kernel=entry.kernel,
        version=kernel.version,
        parameters=values(kernel),
        geometry=geometry,
        repetitions=repetitions,
        launches=launches,
        budget_s=budget_s,
        memory_B=memory_B,
        estimated_s=estimated_s,
        fitted=fitted,
        references=_references(draft, kernel),
    )


def _not_auto(draft: Draft) -> dict[str, Value]:
    return {name: value for name, value in draft.given.items() if value != AUTO}


def _repeated(draft: Draft, overrides: Overrides) -> tuple[int | None, int]:
    """Repetitions and launches.

    A launch of a program is one repetition: it has as many as the larger of both numbers, so that
    it keeps in step with the launches of what it is compared with.
    """
    repetitions = overrides.repetitions or draft.entry.repetitions
    launches = overrides.launches or draft.entry.launches
    if draft.series and not (overrides.launches or "launches" in draft.entry.model_fields_set):
        launches = scaling.LAUNCHES
    if issubclass(draft.kernel, Program):
        return 1, max(launches, repetitions or 1)
    return repetitions, launches


def _found(draft: Draft, program: Program) -> None:
    """ConfigError if the program or its mpirun is not there."""
    for name, value, fix in (
        ("binary", program.binary, f"{program.install}, or --set binary=/path/to/it"),
        ("mpirun", program.mpirun, f"--set mpirun={OWN_MPIRUN}, or the path of an mpirun"),
    ):
        if value != OWN_MPIRUN and shutil.which(value) is None:
            where = draft.places.get(name, f"{draft.where}: {name}")
            found = f"found {value!r}, which is no program that can be started here"
            raise ConfigError(where, found, known="a path, or a name to find on PATH", fix=fix)


def _geometry(draft: Draft, overrides: Overrides, resources: Resources) -> Geometry:
    if draft.nodes > resources.nodes:
        raise ConfigError(
            draft.where,
            f"asks for {draft.nodes} nodes, found {resources.nodes} ({resources.source})",
            fix="give fewer with --nodes, or describe the cluster in cluster.yaml",
        )
    cores = draft.nodes * resources.cores
    most = draft.nodes * (resources.cores // draft.threads)
    ranks = draft.ranks or most or draft.nodes
    if ranks * draft.threads > cores and not overrides.oversubscribe:
        fewer = f"--ranks {most}" if most else f"--threads {resources.cores}"
        raise ConfigError(
            draft.where,
            f"{ranks} ranks x {draft.threads} threads on {cores} cores ({resources.source})",
            known="more threads than cores measure the scheduler, not the machine",
            fix=f"{fewer}, or allow it with --oversubscribe",
        )
    if ranks % draft.nodes:
        raise ConfigError(
            draft.where,
            f"{ranks} ranks do not divide evenly over {draft.nodes} nodes",
            fix=f"--ranks {ranks - ranks % draft.nodes or draft.nodes}",
        )
    return Geometry(draft.nodes, ranks, draft.threads)


def _fitted(
    draft: Draft, given: dict[str, Value], geometry: Geometry, resources: Resources
) -> tuple[Kernel[Any], tuple[str, ...]]:
    """The kernel with all its parameters, and the names of those that were chosen here."""
    free_B = resources.memory_B - geometry.ranks_per_node * RANK_OVERHEAD_B
    known = draft.kernel.threaded(geometry.threads)
    known |= draft.kernel.placed(geometry.nodes, geometry.ranks)
    try:
        chosen = known | draft.kernel.fit(
            {**known, **given},
            memory_B=max(1, int(FILL * free_B)) * geometry.nodes,
            llc_B=resources.llc_B * geometry.nodes,
            ranks=geometry.ranks,
        )
    except IllegalParameter as error:
        raise _illegal(draft, error) from error
    kernel = draft.kernel(**{**chosen, **given})
    names = [one.name for one in parameters(draft.kernel)]
    return kernel, tuple(name for name in names if name in chosen and name not in given)


def _legal(draft: Draft, kernel: Kernel[Any], geometry: Geometry) -> None:
    """ConfigError if the kernel cannot run with these parameters on these ranks."""
    try:
        kernel.check_geometry(geometry.ranks)
    except IllegalParameter as error:
        raise _illegal(draft, error) from error


def _illegal(draft: Draft, error: IllegalParameter) -> ConfigError:
    where = draft.places.get(error.name, f"{draft.where}: {error.name}")
    return ConfigError(where, f"found {error.found!r}", known=error.known)


def _memory(draft: Draft, kernel: Kernel[Any], geometry: Geometry, resources: Resources) -> int:
    """Bytes the case needs on its fullest node; ConfigError if the node has less."""
    each = kernel.memory_B(geometry.ranks) + RANK_OVERHEAD_B
    needed = each * geometry.ranks_per_node
    if needed <= resources.memory_B:
        return needed
    raise ConfigError(
        draft.where,
        f"{draft.entry.kernel} needs {_gib(needed)} on each node, "
        f"{_gib(resources.memory_B)} are free ({resources.source})",
        known=_sizes(kernel),
        fix=_fitting_size(draft, geometry, resources)
        if draft.series is None or draft.series.kind == "strong"
        else "a smaller size: it belongs to the smallest number of ranks",
    )


def _sizes(kernel: Kernel[Any]) -> str:
    names = [one.name for one in parameters(type(kernel)) if one.auto]
    return "the size comes from " + ", ".join(f"{n} = {getattr(kernel, n)}" for n in names)


def _fitting_size(draft: Draft, geometry: Geometry, resources: Resources) -> str:
    """Sizes that do fit, as flags to type: those that `auto` would choose."""
    sizes = {one.name for one in parameters(draft.kernel) if one.auto}
    given = {n: v for n, v in draft.given.items() if n not in sizes}
    kernel, chosen = _fitted(draft, given, geometry, resources)
    flags = [f"--set {name}={getattr(kernel, name)}" for name in chosen if name in draft.given]
    return " ".join(flags) + " (or auto)"


def _gib(size_B: int) -> str:
    size = size_B / 2**30
    return f"{size:,.0f} GiB" if size >= _WHOLE_GIB else f"{size:.3g} GiB"


def _estimate(
    kernel: Kernel[Any], geometry: Geometry, repetitions: int | None, resources: Resources
) -> float:
    """Seconds for set-up, warm-up, repetitions and verification, to the right order."""
    once = 1e-9
    cores = geometry.ranks * geometry.threads
    for phase in kernel.phases():
        work = phase.work(geometry.ranks)
        call_s = resources.seconds(work.flop, work.traffic, geometry.nodes, cores)
        once += phase.calls * (call_s + (_CALL_S if phase.calls > 1 else 0.0))
    touched = kernel.memory_B(geometry.ranks) * geometry.ranks
    set_up = resources.seconds(0.0, 4.0 * touched, geometry.nodes, cores)
    open_ended = min(_DEFAULT_REPETITIONS, max(1, round(MEASURE_S / once)))
    warm_up = 0 if isinstance(kernel, Program) else _WARM_UP
    lasts_s = _lasts_s(kernel, repetitions)
    measured_s = max(once, lasts_s) if lasts_s else once * (repetitions or open_ended)
    return _START_S + set_up + once * warm_up + measured_s


def _lasts_s(kernel: Kernel[Any], repetitions: int | None) -> float:
    """How long a kernel repeats that does so for a time, s; 0 for others."""
    return (kernel.duration_s or 0.0) if repetitions is None else 0.0


def _budget_s(estimated_s: float, lasts_s: float) -> float:
    """What is known to last is no guess: only the rest may take ten times as long.

    Half as much again: a quarter of a budget is kept for the verification.
    """
    return 1.5 * lasts_s + max(_MINIMUM_BUDGET_S, 10.0 * (estimated_s - lasts_s))


def _references(draft: Draft, kernel: Kernel[Any]) -> dict[str, Expected]:
    known = metrics(kernel)
    for name in draft.entry.references:
        if name not in known:
            raise unknown(f"{draft.where}.references", "metric", name, known)
    return {
        name: Expected(one.value, one.tolerance, one.source, place=f"{draft.where}.references")
        for name, one in draft.entry.references.items()
    }
