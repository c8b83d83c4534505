"""From results to the documents that show them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from statistics import fmean, median
from typing import Any, Final

from harness.judge import energy
from harness.outcome import EXIT_CODES, Outcome, worst
from harness.plan.case import Case
from harness.record.curve import Curve, curves
from harness.record.meters import together
from harness.record.result import CaseResult, Nested, Run, Value
from harness.report import placement, ratios, scaling
from harness.report.document import (
    AccountedDoc,
    AttemptDoc,
    CallsDoc,
    CaseDoc,
    CheckDoc,
    CurveDoc,
    EnergyDoc,
    EvidenceDoc,
    MemberDoc,
    MetersDoc,
    MetricDoc,
    PartDoc,
    RunDoc,
    UsedDoc,
)
from harness.report.plan_document import PlannedDoc
from kernels.contract import Check

MOST_EVIDENCE: Final = 1000
"""Wrong answers in a document; the file of the case has all of them."""


def of_case(result: CaseResult) -> CaseDoc:
    """The document of a case."""
    case = result.case
    return CaseDoc(
        case=case.id,
        kernel=case.kernel,
        kernel_version=case.version,
        parameters=case.parameters,
        fitted=list(case.fitted),
        nodes=case.geometry.nodes,
        ranks=case.geometry.ranks,
        threads=case.geometry.threads,
        outcome=str(result.outcome),
        reason=result.reason,
        notes=list(result.notes),
        file=result.file,
        check=_check(result.check),
        wrong=[EvidenceDoc(**asdict(one)) for one in result.wrong[:MOST_EVIDENCE]],
        primary=result.primary,
        metrics={name: _metric(value) for name, value in result.metrics.items()},
        parts={name: _part(nested) for name, nested in result.parts.items()},
        series={name: _last(nested) for name, nested in result.series.items()},
        curves={name: _curve(one) for name, one in curves(result).items()},
        scaling=_members(case),
        seconds=_seconds(result),
        peak_memory=max(map(sum, result.peak_memory_B), default=None),
        earlier=[AttemptDoc(**asdict(one)) for one in result.earlier],
        placement=placement.of_places(result.places),
        energy=_energy(result),
        started=result.started or None,
        ended=result.ended or None,
    )


def _energy(result: CaseResult) -> EnergyDoc | None:
    nodes = together(one for launch in result.energy.nodes for one in launch)
    if not nodes and not result.energy.accounted:
        return None
    phases = {name: UsedDoc(**asdict(one)) for name, one in energy.used(result).items()}
    accounted = [AccountedDoc(**one) for one in result.energy.accounted]
    meters = [MetersDoc(**one) for one in nodes]
    return EnergyDoc(phases=phases, nodes=meters, accounted=accounted)


def _part(nested: Nested) -> PartDoc:
    """Medians of each rank over the repetitions in which the part was told, then over the ranks."""
    told = [ranks for launch in nested for ranks in launch if ranks]
    ranks = [median(one) for one in zip(*told, strict=True)]
    high = max(ranks)
    return PartDoc(seconds=fmean(ranks), low=min(ranks), high=high, slowest=ranks.index(high))


def _last(nested: Nested) -> list[float | None]:
    numbers = [one for launch in nested for one in launch][-1]
    return [one if math.isfinite(one) else None for one in numbers]


def _check(check: Check | None) -> CheckDoc | None:
    if check is None:
        return None
    error = check.error if math.isfinite(check.error) else None
    return CheckDoc(what=check.what, error=error, tolerance=check.tolerance, passed=check.passed)


def _metric(value: Value) -> MetricDoc:
    return MetricDoc(
        phase=value.phase,
        value=value.value,
        unit=value.metric.unit,
        better=value.metric.better,
        low=value.low,
        high=value.high,
        level=value.level,
        n=value.n,
        bound=value.bound,
        bound_source=value.bound_source,
        launches=list(value.launches),
        calls=CallsDoc(**asdict(value.calls)) if value.calls else None,
    )


def _curve(curve: Curve) -> CurveDoc:
    return CurveDoc(
        axis=curve.axis,
        unit=curve.unit,
        metric=curve.metric.name,
        value_unit=curve.metric.unit,
        better=curve.metric.better,
        metrics=list(curve.names),
        at=list(curve.at),
        value=list(curve.value),
        low=list(curve.low),
        high=list(curve.high),
        calls={name: list(values) for name, values in curve.calls.items()},
    )


def _members(case: Case) -> list[MemberDoc]:
    return [MemberDoc(kind=one.kind, base=one.base, factor=one.factor) for one in case.scaling]


def _seconds(result: CaseResult) -> dict[str, float]:
    """What the case spent beside its metrics, and in all."""
    return {
        "compile": sum(result.times.compile_s),
        "setup": sum(result.times.setup_s),
        "verify": sum(result.times.verify_s),
        "total": max(0.0, result.ended - result.started),
    }


def of_run(run: Run, cases: Iterable[CaseDoc], exit_code: int | None = None) -> RunDoc:
    """The document of a run from those of its cases; the worst outcome is that of the run."""
    listed = list(cases)
    outcome = worst(Outcome(one.outcome) for one in listed)
    return RunDoc(
        run=run.id,
        path=run.path,
        cluster=run.cluster,
        suite=run.suite,
        started=run.started,
        outcome=str(outcome),
        exit_code=EXIT_CODES[outcome] if exit_code is None else exit_code,
        cases=listed,
        ratios=ratios.of_cases(run.compare, listed),
        scaling=scaling.of_cases(listed),
    )


def recorded_case(record: Mapping[str, Any]) -> CaseDoc:
    """The document of a case from its index record, which holds more than the document."""
    return CaseDoc.model_validate({k: v for k, v in record.items() if k in CaseDoc.model_fields})


def skipped(case: Case, reason: str) -> CaseDoc:
    """The document of a planned case that has no record."""
    return of_case(CaseResult(case, Outcome.SKIPPED, reason))


def planned(case: Case) -> PlannedDoc:
    """The document of a case that is planned."""
    return PlannedDoc(
        case=case.id,
        kernel=case.kernel,
        parameters=case.parameters,
        fitted=list(case.fitted),
        nodes=case.geometry.nodes,
        ranks=case.geometry.ranks,
        threads=case.geometry.threads,
        repetitions=case.repetitions,
        launches=case.launches,
        budget_s=case.budget_s,
        memory_B=case.memory_B,
        estimated_s=case.estimated_s,
        scaling=_members(case),
    )
