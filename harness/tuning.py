"""The best parameters of a kernel on this machine, one coordinate after the other.

Each stage is an ordinary run, verified and recorded, in which the current values and all their
alternatives are measured in rounds: every case once in each mpirun. Alternatives are tried with the
best values found so far; a value is only exchanged for one whose whole interval is better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from harness import outcome as outcomes
from harness.config import parameters as checking
from harness.config import suite as suites
from harness.config.yaml_file import Document
from harness.errors import ConfigError, unknown
from harness.outcome import Outcome
from harness.plan.case import Case
from harness.plan.expand import Overrides
from harness.prepare import Prepared, Request, prepare
from harness.report import units
from harness.report.document import CaseDoc, MetricDoc, RunDoc
from kernels import listing
from kernels.contract import Kernel, Tuning, Value

ROUNDS: Final = 2
REPETITIONS: Final = 3

Measure = Callable[[Prepared], RunDoc]


@dataclass(frozen=True)
class Stage:
    """One run of a tuning: what was tried, and the values that were kept, with the reason."""

    name: str
    parameters: tuple[str, ...]
    run: RunDoc
    chosen: CaseDoc | None
    reason: str


@dataclass
class Tuned:
    """A tuning as far as it came.

    sizes : the modest sizes of the trials, which a run may fit; values : all, the best so far.
    """

    prepared: Prepared
    base: Case
    sizes: dict[str, Value]
    values: dict[str, Value]
    stages: list[Stage] = field(default_factory=list)

    @property
    def best(self) -> CaseDoc | None:
        """The trial with the chosen values; None if the last stage chose nothing."""
        return self.stages[-1].chosen if self.stages else None

    def to_best(self) -> list[dict[str, float]]:
        """For each stage the ratio of its trials to the best, by case; failed ones have none.

        The machine may have changed from one run to the next, so that only cases of one run are
        compared: the case that a stage chose is the first of the next one, and leads on from there.
        """
        found: list[dict[str, float]] = []
        scale = 1.0
        for stage in reversed(self.stages):
            if stage.chosen is None:
                return [{} for _ in self.stages]
            measured = [case for case in stage.run.cases if _has_result(case)]
            ratios = {case.case: scale * ratio(case, stage.chosen) for case in measured}
            found.insert(0, ratios)
            scale = ratios.get(stage.run.cases[0].case, math.nan)
        return found

    @property
    def interrupted(self) -> bool:
        """True if the user ended it."""
        return any(stage.run.exit_code == outcomes.INTERRUPTED for stage in self.stages)

    @property
    def outcome(self) -> Outcome:
        """The worst of all trials."""
        cases = (case for stage in self.stages for case in stage.run.cases)
        return outcomes.worst(Outcome(case.outcome) for case in cases)

    @property
    def exit_code(self) -> int:
        """That of the worst outcome, of an interruption, or of a trial that was not recorded."""
        if self.interrupted:
            return outcomes.INTERRUPTED
        codes = [stage.run.exit_code for stage in self.stages]
        return outcomes.EXIT_CODES[self.outcome] or max(codes)


def tunable() -> tuple[str, ...]:
    """The kernels that declare what is worth trying."""
    return tuple(one for one in listing.names() if listing.load(one).tuning({}, 1) is not None)


def begin(request: Request) -> Tuned:
    """The values to start from: those given, a modest size, and the kernel's own for the rest.

    ConfigError if the kernel has nothing to tune or more than one geometry is asked for.
    """
    if request.name not in listing.names():
        raise unknown("", "kernel", request.name, tunable())
    if request.name not in tunable():
        raise ConfigError(
            "", f"kernel {request.name!r} has nothing to tune", known=", ".join(tunable())
        )
    start = replace(request.overrides, sweep={})
    prepared = prepare(replace(request, overrides=start))
    if len(prepared.cases) != 1:
        found = f"{len(prepared.cases)} geometries"
        raise ConfigError("--ranks, --threads, --nodes", found, known="one at a time")
    base = prepared.cases[0]
    tuning = _tuning(request.name, base.parameters, base.geometry.ranks)
    sizes = {name: base.parameters[name] for name in tuning.sizes}
    sizes |= {name: size for name, size in tuning.sizes.items() if name in base.fitted}
    return Tuned(prepared, base, sizes, {**base.parameters, **sizes})


def tune(tuned: Tuned, request: Request, measure: Measure) -> None:
    """Run all stages, and keep in ``tuned`` what they found; an interruption ends them.

    ConfigError if the command line has fixed everything.
    """
    done: set[str] = set()
    while found := _next(tuned, request, done):
        name, alternatives = found
        done.add(name)
        cases = _distinct([{}, *alternatives], tuned.values)
        if len(cases) > 1:
            result = measure(_prepared(tuned, request, name, cases))
            _conclude(tuned, name, alternatives, result)
            if tuned.interrupted or tuned.best is None:
                return
    if not tuned.stages:
        known = ", ".join(_tuning(request.name, tuned.values, tuned.base.geometry.ranks).stages)
        raise ConfigError("--set", "leaves nothing to try", known, "set less, or --sweep NAME=A,B")


def _tuning(kernel: str, given: Mapping[str, Value], ranks: int) -> Tuning:
    found = listing.load(kernel).tuning(given, ranks)
    assert found is not None  # noqa: S101 - begin() has refused kernels without one
    return found


def _next(
    tuned: Tuned, request: Request, done: set[str]
) -> tuple[str, tuple[Mapping[str, Value], ...]] | None:
    """The first stage that was not run, with the values that are known by now."""
    for name, alternatives in _stages(tuned, request):
        if name not in done:
            return name, alternatives
    return None


def _stages(
    tuned: Tuned, request: Request
) -> Iterator[tuple[str, tuple[Mapping[str, Value], ...]]]:
    """Those of the kernel without what ``--set`` has fixed; then what ``--sweep`` gives instead."""
    kernel = listing.load(request.name)
    swept = dict(_swept(kernel, request.overrides))
    fixed = set(request.overrides.set)
    declared = _tuning(request.name, tuned.values, tuned.base.geometry.ranks).stages
    for name, alternatives in declared.items():
        names = set(alternatives[0])
        if names & swept.keys():
            yield from ((one, swept.pop(one)) for one in sorted(names & swept.keys()))
        elif not names & fixed:
            yield name, alternatives
    yield from swept.items()


def _swept(
    kernel: type[Kernel[Any]], overrides: Overrides
) -> Iterator[tuple[str, tuple[Mapping[str, Value], ...]]]:
    for name, texts in overrides.sweep.items():
        where = f"--sweep {name}"
        yield name, tuple({name: checking.from_text(kernel, name, one, where)} for one in texts)


def _distinct(
    alternatives: list[Mapping[str, Value]], values: Mapping[str, Value]
) -> list[dict[str, Value]]:
    found: list[dict[str, Value]] = []
    for one in alternatives:
        whole = {**values, **one}
        if whole not in found:
            found.append(whole)
    return found


def _prepared(
    tuned: Tuned, request: Request, stage: str, cases: list[dict[str, Value]]
) -> Prepared:
    """The run of a stage: its cases share one mpirun, which is started once in each round."""
    geometry, given = tuned.base.geometry, request.overrides
    entries = [
        suites.Case(
            kernel=request.name,
            parameters=one,
            nodes=(geometry.nodes,),
            ranks=(geometry.ranks,),
            threads=(geometry.threads,),
            repetitions=given.repetitions or REPETITIONS,
            launches=given.launches or ROUNDS,
            budget=given.budget_s,
        )
        for one in cases
    ]
    name = f"{request.name}-tune-{stage}"
    suite = suites.Suite(title=f"tuning of {request.name}: {stage}", cases=entries)
    overrides = Overrides(oversubscribe=given.oversubscribe)
    made = replace(request, name=name, overrides=overrides, suite=(suite, Document(name, {}, {})))
    return prepare(made)


def _conclude(
    tuned: Tuned, name: str, alternatives: tuple[Mapping[str, Value], ...], result: RunDoc
) -> None:
    names = tuple(alternatives[0])
    chosen, reason = choice(result.cases, names)
    tuned.stages.append(Stage(name, names, result, chosen, reason))
    if chosen is not None:
        tuned.values.update({one: chosen.parameters[one] for one in names})


def choice(cases: list[CaseDoc], names: tuple[str, ...]) -> tuple[CaseDoc | None, str]:
    """The case to go on with, and why: the first one, or one that is better beyond doubt.

    names : the parameters in which the cases differ.
    """
    measured = [case for case in cases if _has_result(case)]
    if not measured:
        return None, "no trial gave a result"
    best = max(measured, key=lambda case: ratio(case, measured[0]))
    first = cases[0]
    if first not in measured:
        return best, f"{_words(first, names)} gave no result: {first.outcome}"
    if best is first:
        return first, f"{_words(first, names)} stays: no other was better"
    gain = units.signed_percent(ratio(best, first) - 1.0)
    if min(_metric(best).n, _metric(first).n) == 1:
        stays = f"{_words(first, names)} stays: {_words(best, names)} was {gain}"
        return first, f"{stays}, but one sample tells nothing of the noise"
    if _apart(best, first):
        return best, f"{gain} over {_words(first, names)}, beyond both intervals"
    stays = f"{_words(first, names)} stays: {_words(best, names)} was {gain}"
    return first, f"{stays}, within the intervals"


def _has_result(case: CaseDoc) -> bool:
    return case.primary in case.metrics


def _metric(case: CaseDoc) -> MetricDoc:
    return case.metrics[case.primary]


def ratio(case: CaseDoc, other: CaseDoc) -> float:
    """How many times as good as another measured case; above 1 if better."""
    mine, theirs = _metric(case), _metric(other)
    return mine.value / theirs.value if mine.better == "higher" else theirs.value / mine.value


def _apart(case: CaseDoc, other: CaseDoc) -> bool:
    """The whole interval of a case is better than that of another."""
    mine, theirs = _metric(case), _metric(other)
    return mine.low > theirs.high if mine.better == "higher" else mine.high < theirs.low


def _words(case: CaseDoc, names: tuple[str, ...]) -> str:
    return " ".join(f"{name}={case.parameters[name]}" for name in names)
