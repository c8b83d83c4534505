"""What earlier runs of the compared cases say of the noise between runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import Final

from harness.judge.pairs import Spreads
from harness.judge.stats import spread
from harness.judge.stats.spread import Spread
from harness.record.recorded import Recorded

_NEWEST: Final = 30
"""Runs that count: the noise of years ago is that of another machine room."""
Library = Callable[[Recorded, float], Sequence[Recorded]]
"""The records of the series of a case on its hardware that began before a time, the oldest first.

The time is in seconds since 1970.
"""


def spreads(first: Sequence[Recorded], second: Sequence[Recorded], library: Library) -> Spreads:
    """(series, metric) -> the spread of the runs that began before both sides had.

    Those of A are among them where B is newer; none is of B. Hardware and software are those of A.
    """
    newer = {one.path for one in second}
    begins = max((min(map(_began, one)) for one in (first, second) if one), default=0.0)
    found: dict[tuple[str, str], Spread | None] = {}
    for series, case in {one.series: one for one in (*second, *first)}.items():
        like = [one for one in library(case, begins) if one.path not in newer]
        same = [one for one in like if one.origin.software_key == case.origin.software_key]
        for metric, summary in case.metrics.items():
            # A time depends on the sizes that were fitted to the machine.
            of_work = [one for one in same if one.parameters == case.parameters]
            found[series, metric] = _of(of_work if summary.better == "lower" else same, metric)
    return found


def _of(cases: Iterable[Recorded], metric: str) -> Spread | None:
    values = [one.metrics[metric].launches for one in cases if metric in one.metrics]
    usable = [one for one in values if all(v > 0.0 and math.isfinite(v) for v in one)]
    return spread.of_runs([math.exp(fmean(map(math.log, one))) for one in usable[-_NEWEST:]])


def _began(case: Recorded) -> float:
    return case.started or case.origin.run_started
