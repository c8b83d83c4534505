"""Whether samples have two modes: J. A. Hartigan, P. M. Hartigan, Ann. Statist. 13 (1985) 70-84.

The dip is the largest distance between the samples' distribution function and the nearest unimodal
one. It asks nothing of the shape of the modes, so that the long tail of disturbed times is none.
Computed as in P. M. Hartigan, Appl. Statist. 34 (1985) 320-325 (AS 217).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST: Final = 12
"""Samples with fewer are not asked."""
FALSE: Final = 0.01
"""How often a uniform sample, the worst unimodal one, is called bimodal; others hardly ever are."""
# Samples, and the 99 % quantile of the dip of as many uniform ones times their square root:
# 40,000 samples each, printed by `python -m tests.simulations.noticing`.
_CRITICAL: Final = (
    (12, 0.515),
    (14, 0.520),
    (17, 0.530),
    (20, 0.540),
    (25, 0.550),
    (30, 0.553),
    (40, 0.568),
    (50, 0.567),
    (70, 0.582),
    (100, 0.591),
    (200, 0.601),
)


@dataclass(frozen=True)
class Modes:
    """Medians of the two groups, the lower first, and the share of samples in the lower."""

    low: float
    high: float
    share: float


def two(samples: Sequence[float]) -> Modes | None:
    """The two modes of samples that have them; None for all others."""
    ordered = np.sort(np.asarray(samples, dtype=np.float64))
    n = ordered.size
    if n < LEAST or not dip(ordered) * math.sqrt(n) > _critical(n):
        return None
    cut = _cut(ordered)
    low, high = ordered[:cut], ordered[cut:]
    return Modes(float(np.median(low)), float(np.median(high)), cut / n)


def _critical(n: int) -> float:
    sizes, values = zip(*_CRITICAL, strict=True)
    return float(np.interp(math.log(n), np.log(sizes), values))


def _cut(ordered: NDArray[np.float64]) -> int:
    """Samples in the lower of the two groups that vary least about their means."""
    n = ordered.size
    counts = np.arange(1, n)
    sums = np.cumsum(ordered - ordered.mean())[:-1]
    between = sums**2 * (1.0 / counts + 1.0 / (n - counts))
    return int(counts[np.argmax(between)])


def dip(ordered: NDArray[np.float64]) -> float:
    """The dip of samples in ascending order, between 1 / (2 n) and 1 / 4."""
    x = [float(one) for one in ordered]
    n = len(x)
    if n < 2 or x[0] == x[-1]:
        return 0.5 / max(n, 1)
    convex, concave = _minorant(x), _majorant(x)
    low, high, found = 0, n - 1, 1.0
    while True:
        gcm = _chain(convex, high, low)
        lcm = _chain(concave, low, high)
        distance, left, right = _apart(x, gcm, lcm)
        if distance < found:
            break
        below = (_above(x, gcm[j + 1], gcm[j]) for j in range(left, len(gcm) - 1))
        above = (_below(x, lcm[j], lcm[j + 1]) for j in range(right, len(lcm) - 1))
        found = max(found, *below, *above, 1.0)
        if (low, high) == (gcm[left], lcm[right]):
            break
        low, high = gcm[left], lcm[right]
    return found / (2.0 * n)


def _chain(steps: list[int], begin: int, end: int) -> list[int]:
    chain = [begin]
    while chain[-1] != end:
        chain.append(steps[chain[-1]])
    return chain


def _minorant(x: list[float]) -> list[int]:
    """For each sample the one before it on the greatest convex minorant up to there."""
    return _hull(x, range(len(x)))


def _majorant(x: list[float]) -> list[int]:
    """For each sample the one after it on the least concave majorant from there on."""
    return _hull(x, range(len(x) - 1, -1, -1))


def _hull(x: list[float], order: range) -> list[int]:
    end, step = order[0], order.step
    before = [end] * len(x)
    for j in order[1:]:
        before[j] = j - step
        while True:
            one, two_ = before[j], before[before[j]]
            a, b = one - two_, j - one
            if one == end or (x[j] - x[one]) * a < (x[one] - x[two_]) * b:
                break
            before[j] = two_
    return before


def _apart(x: list[float], gcm: list[int], lcm: list[int]) -> tuple[float, int, int]:
    """The largest distance between minorant and majorant, and where it is on both."""
    left, right = len(gcm) - 1, len(lcm) - 1
    if len(gcm) == len(lcm) == 2:
        return 1.0, left, right
    distance, i, j = 0.0, len(gcm) - 2, 1
    while True:
        low, high = gcm[i], lcm[j]
        if low > high:
            before = gcm[i + 1]
            slope = (low - before) / (x[low] - x[before])
            here = (high - before + 1) - (x[high] - x[before]) * slope
            j += 1
            if here >= distance:
                distance, left, right = here, i + 1, j - 1
        else:
            before = lcm[j - 1]
            slope = (high - before) / (x[high] - x[before])
            here = (x[low] - x[before]) * slope - (low - before - 1)
            i -= 1
            if here >= distance:
                distance, left, right = here, i + 1, j
        i, j = max(i, 0), min(j, len(lcm) - 1)
        if gcm[i] == lcm[j]:
            return distance, left, right


def _above(x: list[float], begin: int, end: int) -> float:
    """How far the samples rise above the minorant between two of its points, in samples."""
    if end - begin < 2 or x[begin] == x[end]:
        return 1.0
    slope = (end - begin) / (x[end] - x[begin])
    return max((k - begin + 1) - (x[k] - x[begin]) * slope for k in range(begin, end + 1))


def _below(x: list[float], begin: int, end: int) -> float:
    """How far they fall below the majorant."""
    if end - begin < 2 or x[begin] == x[end]:
        return 1.0
    slope = (end - begin) / (x[end] - x[begin])
    return max((x[k] - x[begin]) * slope - (k - begin - 1) for k in range(begin, end + 1))
