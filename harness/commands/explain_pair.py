"""`qyran explain A B METRIC`: why a comparison has its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from harness.commands import compare, next_step, output
from harness.commands.compare import Options
from harness.errors import CorruptStore, unknown
from harness.judge.compare import LEAST_LAUNCHES, Judged
from harness.judge.stats import bootstrap, rank_test
from harness.record import samples, store
from harness.record.recorded import Recorded
from harness.report import compared, explanation
from harness.report.pair_document import BootstrapDoc, ExplainPairDoc, WhyDoc
from kernels import listing

_MOST_LAUNCHES: Final = 30


def explain(first: str, second: str, metric: str, results: Path, *, as_json: bool) -> None:
    """The verdicts on a metric of two selections; exit 0, whatever they are."""
    shown = document(first, second, metric, results)
    output.show(shown, explanation.pair(shown), as_json=as_json)


def document(first: str, second: str, metric: str, results: Path) -> ExplainPairDoc:
    """A metric is ``triad_bandwidth``, or ``stream.triad_bandwidth``; ConfigError if none is."""
    found = compare.sides(first, second, results, Options())
    rows = [one for one in found.rows if metric in _names(one)]
    if not rows:
        raise unknown("", "metric", metric, dict.fromkeys(_names(one)[1] for one in found.rows))
    sides = found.first.cases, found.second.cases
    return ExplainPairDoc(
        a=first,
        b=second,
        metric=metric,
        tested=sum(one.q is not None for one in found.rows),
        cases=[_why(one, *sides) for one in rows],
        environment=compare.environment(sides[0][-1], sides[1][-1]),
        next=_next(rows, sides, results),
    )


def _names(one: Judged) -> tuple[str, str]:
    return one.pair.metric, f"{one.pair.case.kernel}.{one.pair.metric}"


def _why(one: Judged, first: Sequence[Recorded], second: Sequence[Recorded]) -> WhyDoc:
    launches = [[x for run in side for x in run] for side in (one.pair.first, one.pair.second)]
    series = [None if case is None else case.series for case in one.pair.cases]
    return WhyDoc(
        row=compared.row(one),
        a=_bootstrap([case for case in first if case.series == series[0]], one.pair.metric),
        b=_bootstrap([case for case in second if case.series == series[1]], one.pair.metric),
        rank_test=rank_test.p_value(*launches),
    )


def _bootstrap(cases: Sequence[Recorded], metric: str) -> BootstrapDoc | None:
    """Of all launches of a side; None if it has none, or one of its files cannot be read."""
    try:
        launches = [one for case in cases for one in samples.of(case.path).get(metric, ())]
    except CorruptStore:
        return None
    if not any(launches):
        return None
    found = bootstrap.median_of(launches)
    return BootstrapDoc(
        median=found.median, low=found.low, high=found.high, level=found.level, samples=found.n
    )


def _next(
    rows: Sequence[Judged], sides: tuple[Sequence[Recorded], ...], results: Path
) -> list[str]:
    case = rows[0].pair.case
    more = max((one.more or 0 for one in rows), default=0)
    measured = more and case.kernel in listing.names()  # by qyran, not by another tool
    launches = min(max(LEAST_LAUNCHES, more), _MOST_LAUNCHES)
    repeat = [next_step.repeated(_header(case), results, launches)] if measured else []
    runs = [side[-1].origin.run for side in sides]
    there = next_step.at(results)
    return [
        *repeat,
        f"qyran history {case.kernel}{there}",
        f"qyran env diff {runs[0]} {runs[1]}{there}",
    ]


def _header(case: Recorded) -> dict[str, Any]:
    """The run.yaml of a case; of one that cannot be read, what its file tells."""
    try:
        return store.header(case.path.parent)
    except CorruptStore:
        return {"suite": case.origin.suite}
