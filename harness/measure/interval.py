"""The distribution-free confidence interval of a median, from order statistics.

H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed., section 7.1: for n independent samples, the
interval from the k-th smallest to the k-th largest covers the median with probability
1 - 2 * P(Binomial(n, 1/2) <= k - 1), whatever the distribution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

LEVEL: Final = 0.95


@dataclass(frozen=True)
class Interval:
    """A median with its interval; ``level`` is the coverage really reached (n = 5: 0.9375)."""

    median: float
    low: float
    high: float
    level: float
    n: int

    @property
    def relative(self) -> float:
        """Half the width over the median; infinite where it means nothing."""
        if self.n < 2 or self.median == 0.0:
            return math.inf
        return (self.high - self.low) / 2.0 / abs(self.median)


def median_interval(samples: Sequence[float], level: float = LEVEL) -> Interval:
    """The narrowest symmetric interval of at least ``level``; the whole range if none reaches it.

    Raises ValueError for no samples.
    """
    ordered = sorted(samples)
    n = len(ordered)
    if n == 0:
        raise ValueError("no samples")
    k, reached = _narrowest(n, level)
    return Interval(
        median=(ordered[(n - 1) // 2] + ordered[n // 2]) / 2.0,
        low=ordered[k - 1],
        high=ordered[n - k],
        level=reached,
        n=n,
    )


@cache
def _narrowest(n: int, level: float) -> tuple[int, float]:
    """The largest k whose interval reaches ``level``, and what it reaches; the first if none does.

    In whole numbers, so that thousands of samples are no trouble.
    """
    k, term, below, all_ = 1, 1, 1, 1 << n  # term: C(n, k - 1); below: the sum of them up to it
    reached = 1.0 - 2 * below / all_
    while k < n // 2:
        term = term * (n - k + 1) // k
        further = 1.0 - 2 * (below + term) / all_
        if further < level:
            break
        k, below, reached = k + 1, below + term, further
    return k, max(0.0, reached)
