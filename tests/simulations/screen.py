"""Alarms of many series at once: the statistic of `harness.judge.history.change` on arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.judge.history import change
from harness.judge.history.baseline import baseline
from harness.judge.history.change import strengths

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def alarms(values: Array, since: int = 0) -> tuple[Flags, Flags]:
    """Whether each series has an alarm, worse and better, from this run on; [series, runs]."""
    series, runs = values.shape
    worse, better = np.zeros(series, bool), np.zeros(series, bool)
    for n in range(change.LEAST_BEFORE, runs - 1):
        before = baseline(values[:, :n])
        above, below = before.allowed
        deviations = values[:, n : n + change.NEWEST] - before.centre[:, None]
        sizes = np.where(deviations > 0.0, above[:, None], below[:, None])
        scores = deviations / sizes
        totals = np.clip(scores, -change.CUT, change.CUT).cumsum(axis=1)
        least = np.minimum.accumulate(scores, axis=1)
        most = np.maximum.accumulate(scores, axis=1)
        for count in range(2, totals.shape[1] + 1):
            if n + count > since:
                up, down = strengths(totals[:, count - 1], np.array(float(count)), before)
                worse, better = worse | (up > 1.0), better | (down > 1.0)
                if count >= change.ALL_FAR:
                    worse = worse | (least[:, count - 1] > change.FAR)
                    better = better | (most[:, count - 1] < -change.FAR)
    return worse, better
