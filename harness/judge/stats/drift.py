"""Whether samples drift while they are taken: slopes of all pairs, within launches.

H. Theil (1950), P. K. Sen, J. Am. Statist. Assoc. 63 (1968) 1379-1389; over several launches as
R. M. Hirsch, J. R. Slack, R. A. Smith, Water Resour. Res. 18 (1982) 107-121 do over seasons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST: Final = 8
"""A launch with fewer repetitions says nothing."""
MATTERS: Final = 0.01
_QUANTILE: Final = 2.576  # of the normal distribution: an interval of 99 %
_MOST: Final = 200
"""Repetitions of a launch that are looked at, evenly chosen: the pairs grow as their square."""


@dataclass(frozen=True)
class Drift:
    """Change over a launch as a fraction of the median, with its interval of 99 %."""

    change: float
    low: float
    high: float

    @property
    def matters(self) -> bool:
        """Whether it is no chance, and large enough to be told."""
        return (self.low > 0.0 or self.high < 0.0) and abs(self.change) >= MATTERS


def drift(launches: Sequence[Sequence[float]]) -> Drift | None:
    """The drift within launches; None if none has `LEAST` repetitions.

    launches : [launch][repetition], positive. The interval is that of Sen from the variance of
    Kendall's statistic, summed over the launches.
    """
    long = [_thinned(np.asarray(one, dtype=np.float64)) for one in launches if len(one) >= LEAST]
    if not long:
        return None
    slopes = np.sort(np.concatenate([_slopes(one) for one in long]))
    variance = sum(n * (n - 1) * (2 * n + 5) / 18.0 for n in (one.size for one in long))
    half = _QUANTILE * math.sqrt(variance) / 2.0
    first = max(0, math.floor(slopes.size / 2.0 - half))
    last = min(slopes.size - 1, math.ceil(slopes.size / 2.0 + half))
    return Drift(float(np.median(slopes)), float(slopes[first]), float(slopes[last]))


def _thinned(launch: NDArray[np.float64]) -> NDArray[np.float64]:
    return launch[np.linspace(0, launch.size - 1, min(launch.size, _MOST)).astype(np.intp)]


def _slopes(launch: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of all pairs, as a change over the whole launch relative to its median."""
    n = launch.size
    i, j = np.triu_indices(n, 1)
    rise = (launch[j] - launch[i]) / (j - i)
    return np.asarray(rise * (n - 1) / np.median(launch))
