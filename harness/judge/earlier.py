"""What earlier runs of the compared cases say of the noise between runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import Final

from harness.judge.stats import spread
from harness.judge.stats.spread import Spread
from harness.record.recorded import Recorded

_NEWEST: Final = 20
"""Runs that count: the noise of years ago is that of another machine room."""
Library = Callable[[str], Sequence[Recorded]]
"""All recorded cases of a kernel, the oldest first."""


def spreads(
    first: Sequence[Recorded], second: Sequence[Recorded], library: Library
) -> dict[tuple[str, str], Spread | None]:
    """(series, metric) -> the spread of the runs before B on the hardware and software of A."""
    newer = {one.path for one in second}
    begins = max((min(map(_began, one)) for one in (first, second) if one), default=math.inf)
    found: dict[tuple[str, str], Spread | None] = {}
    kernels: dict[str, Sequence[Recorded]] = {}
    for series, case in {one.series: one for one in (*second, *first)}.items():
        if case.kernel not in kernels:
            kernels[case.kernel] = library(case.kernel)
        like = [
            one
            for one in kernels[case.kernel]
            if one.series == series and one.path not in newer and _began(one) <= begins
        ]
        same = [one for one in like if _keys(one) == _keys(case)]
        for metric, summary in case.metrics.items():
            of_work = [one for one in same if one.parameters == case.parameters]
            found[series, metric] = _of(of_work if summary.better == "lower" else same, metric)
    return found


def _of(cases: Iterable[Recorded], metric: str) -> Spread | None:
    values = [one.metrics[metric].launches for one in cases if metric in one.metrics]
    usable = [one for one in values if all(v > 0.0 and math.isfinite(v) for v in one)]
    return spread.of_runs([math.exp(fmean(map(math.log, one))) for one in usable[-_NEWEST:]])


def _began(case: Recorded) -> float:
    return case.started or case.origin.run_started


def _keys(case: Recorded) -> tuple[str, str]:
    return case.origin.hardware_key, case.origin.software_key
