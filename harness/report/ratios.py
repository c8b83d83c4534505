"""The comparisons of a suite, from the cases of its run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from harness.judge import ratio as judging
from harness.report.document import CaseDoc, MetricDoc, RatioDoc

_TOO_FEW: Final = "fewer than 5 pairs decide nothing: give more launches"


def of_cases(pairs: Iterable[Sequence[str]], cases: Sequence[CaseDoc]) -> list[RatioDoc]:
    """One document a pair."""
    return [_of_pair(first, second, cases) for first, second in pairs]


def _of_pair(first: str, second: str, cases: Sequence[CaseDoc]) -> RatioDoc:
    one, other = _best(first, cases), _best(second, cases)
    if one is None or other is None:
        missing = ", ".join(n for n, side in ((first, one), (second, other)) if side is None)
        return _none(first, second, f"not measured, or not passed: {missing}")
    (mine, ours), (theirs_case, theirs) = one, other
    found = judging.ratio(ours.launches, theirs.launches, ours.better)
    if found is None:
        return _none(first, second, "no launch of both was recorded")
    return RatioDoc(
        first=first,
        second=second,
        first_case=mine.case,
        second_case=theirs_case.case,
        value=found.median,
        low=found.low,
        high=found.high,
        level=found.level,
        n=found.n,
        verdict=judging.verdict(found),
        reason="" if found.level >= judging.LEAST_LEVEL else _TOO_FEW,
    )


def _none(first: str, second: str, reason: str) -> RatioDoc:
    return RatioDoc(
        first=first,
        second=second,
        first_case="",
        second_case="",
        value=None,
        low=None,
        high=None,
        level=0.0,
        n=0,
        verdict="none",
        reason=reason,
    )


def _best(name: str, cases: Sequence[CaseDoc]) -> tuple[CaseDoc, MetricDoc] | None:
    """The case of a kernel with the best median of a metric, if one passed."""
    kernel, _, metric = name.partition(".")
    found = [
        (one, one.metrics[metric])
        for one in cases
        if one.kernel == kernel and one.outcome == "pass" and metric in one.metrics
    ]
    if not found:
        return None
    higher = found[0][1].better == "higher"
    return max(found, key=lambda pair: pair[1].value if higher else -pair[1].value)
