"""From what the ranks observed to the result of a case: metrics, outcome, reason."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from statistics import median
from typing import Any

from harness.judge import noticed, placement
from harness.measure.interval import median_interval
from harness.outcome import Outcome
from harness.plan.case import Expected
from harness.plan.metrics import Measured, metrics, primary
from harness.record.result import Calls, CaseResult, Nested, Samples, Value
from kernels.contract import Check, Kernel, Work


def judged(result: CaseResult, *, oversubscribe: bool, hosts: Collection[str] = ()) -> CaseResult:
    """Fill in work, metrics, outcome and reason of a case whose ranks came to their end.

    A case that already has another outcome than pass keeps it: its samples are no result.
    hosts : names of the nodes of the allocation; () where it has no names.
    """
    kernel = result.case.instance()
    ranks = result.case.geometry.ranks
    work = {phase.name: phase.work(ranks) for phase in kernel.phases()}
    result = replace(result, work=work)
    if result.outcome is not Outcome.PASS:
        return result
    outcome, reason = _verdict(result, oversubscribe, hosts)
    if outcome is not Outcome.PASS:
        return replace(result, outcome=outcome, reason=reason)
    result = replace(result, metrics=_metrics(kernel, result, work), primary=primary(kernel))
    outcome, reason = _against_references(result)
    notes = (*_notes(result), *_noticed(result, work), *_too_good(result))
    return replace(result, outcome=outcome, reason=reason, notes=notes)


def of_attempts(result: CaseResult) -> CaseResult:
    """The verdict after several attempts: what was slow once only is neither slow nor good.

    Every attempt is kept with its record; the last one does not simply win.
    """
    slow = [one for one in result.earlier if one.outcome is Outcome.SLOW]
    if not slow:
        return result
    if result.outcome is Outcome.SLOW:
        note = "slow in both attempts: this is no passing disturbance"
        return replace(result, notes=(*result.notes, note))
    if result.outcome is not Outcome.PASS:
        return result
    reason = f"slow in the first attempt and not in the second, measure again: {slow[0].reason}"
    return replace(result, outcome=Outcome.INCONCLUSIVE, reason=reason)


def _verdict(
    result: CaseResult, oversubscribe: bool, hosts: Collection[str]
) -> tuple[Outcome, str]:
    if result.check is None:
        return Outcome.ERROR, "the ranks ended without a verification"
    if not result.check.passed:
        return Outcome.WRONG, failed(result.check)
    if timeless := _timeless(result.samples):
        return Outcome.ERROR, f"{timeless} took no time that the clock can measure: raise its size"
    for places in result.places or ((),):
        geometry = result.case.geometry
        why = placement.broken(geometry, places, oversubscribe=oversubscribe, hosts=hosts)
        if why:
            return Outcome.INFRA, f"invalid placement: {why}"
    return Outcome.PASS, ""


def _timeless(samples: dict[str, Samples]) -> str:
    """The first phase with a repetition of no measurable time, which has no rate; or nothing."""
    return next(
        (
            name
            for name, one in samples.items()
            if not all(seconds > 0.0 for launch in one.slowest for seconds in launch)
        ),
        "",
    )


def failed(check: Check) -> str:
    """``scaled residual: 2.1e+12 is not within 16``."""
    return f"{check.what}: {check.error:.3g} is not within {check.tolerance:.3g}"


def _metrics(kernel: Kernel[Any], result: CaseResult, work: dict[str, Work]) -> dict[str, Value]:
    found = {}
    for name, one in metrics(kernel).items():
        phase = one.phase.name
        value = _value(one, result.samples[phase], work[phase])
        calls = result.calls.get(phase) if one.metric.better == "lower" else None
        found[name] = replace(value, calls=_calls(one, calls, work[phase])) if calls else value
    return found


def _calls(one: Measured, calls: Nested, work: Work) -> Calls:
    """In the unit of a cost, which grows with the time."""
    repetitions = [statistics for launch in calls for statistics in launch if statistics]
    least, middle, p99, most = zip(*repetitions, strict=True)
    seconds = min(least), median(middle), median(p99), max(most)
    return Calls(*(one.metric.value(work, each) for each in seconds))


def _value(one: Measured, samples: Samples, work: Work) -> Value:
    launches = [[one.metric.value(work, s) for s in launch] for launch in samples.slowest]
    interval = median_interval([rate for launch in launches for rate in launch])
    return Value(
        metric=one.metric,
        phase=one.phase.name,
        value=interval.median,
        low=interval.low,
        high=interval.high,
        level=interval.level,
        n=interval.n,
        launches=tuple(median_interval(rates).median for rates in launches if rates),
    )


def _notes(result: CaseResult) -> tuple[str, ...]:
    notes = list(result.notes)
    wanted = result.case.repetitions
    done = min((len(one) for one in result.samples[_first(result)].seconds), default=0)
    if "budget" in result.stopped:
        of_wanted = f" of {wanted}" if wanted else ""
        notes.append(f"the budget ended it after {done}{of_wanted} repetitions")
    if "time" in result.stopped:
        notes.append("the median is known less well than asked for: time ran out")
    if any(placement.unbound(places) for places in result.places):
        notes.append("ranks were not bound to cores")
    return tuple(notes)


def _noticed(result: CaseResult, work: dict[str, Work]) -> Iterator[str]:
    """About the samples of the primary metric."""
    value = result.metrics[result.primary]
    slowest = result.samples[value.phase].slowest
    launches = [[value.metric.value(work[value.phase], s) for s in one] for one in slowest]
    yield from noticed.remarks(result.primary, launches, value.metric.unit)


def _too_good(result: CaseResult) -> Iterator[str]:
    """References that a result is better than: they are out of date, or something is wrong."""
    for name, one in result.case.references.items():
        value = result.metrics[name]
        if beyond(one, value.metric.better, value.low, value.high):
            source = f" ({one.source})" if one.source else ""
            yield f"{name} is better than its reference allows{source}: is that out of date?"


def _first(result: CaseResult) -> str:
    return next(iter(result.samples))


def _against_references(result: CaseResult) -> tuple[Outcome, str]:
    """Slow if the whole interval misses a reference, inconclusive if only a part of it does."""
    if result.case.reference_required and result.primary not in result.case.references:
        return Outcome.NO_REFERENCE, f"no reference of {result.primary} fits this case"
    outcome, reason = Outcome.PASS, ""
    for name, expected in result.case.references.items():
        value = result.metrics[name]
        missed = missed_by(expected, value.metric.better, value.low, value.high)
        if missed == "all":
            return Outcome.SLOW, _below(name, value, expected)
        if missed == "part":
            outcome, reason = Outcome.INCONCLUSIVE, _below(name, value, expected)
    return outcome, reason


def missed_by(expected: Expected, better: str, low: float, high: float) -> str:
    """How much of an interval misses a reference: ``all``, ``part`` or nothing."""
    limit = limit_of(expected, better)
    if better == "higher":
        return "all" if high < limit else "part" if low < limit else ""
    return "all" if low > limit else "part" if high > limit else ""


def limit_of(expected: Expected, better: str) -> float:
    """What a value may not be worse than."""
    limit = expected.lowest(better) if better == "higher" else expected.highest(better)
    assert limit is not None  # noqa: S101 - the worse side has at least its tolerance
    return limit


def beyond(expected: Expected, better: str, low: float, high: float) -> bool:
    """Whether a whole interval is better than a reference allows."""
    if better == "higher":
        most = expected.highest(better)
        return most is not None and low > most
    least = expected.lowest(better)
    return least is not None and high < least


def _below(name: str, value: Value, expected: Expected) -> str:
    source = f" ({expected.source})" if expected.source else ""
    part = abs(limit_of(expected, value.metric.better) / expected.value - 1.0)
    return (
        f"{name}: {value.value:.4g} {value.metric.unit} in [{value.low:.4g}, {value.high:.4g}] "
        f"against {expected.value:.4g} within {100 * part:.3g} %{source}"
    )
