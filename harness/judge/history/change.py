"""Whether the newest runs of a series lie on another level than those before: a robust CUSUM.

Values are relative (natural logarithms), positive where they are worse. The statistic is that of
Page's CUSUM for a shift of unknown size (D. Siegmund, E. S. Venkatraman, Ann. Statist. 23 (1995),
255): the mean of the newest k values over its standard error, for k = 2 to 8. Each value is cut at
`CUT` standard deviations, so that one run alone, however bad, is never enough.

What is expected is estimated from the runs before the k newest alone (`baseline`). The constants
were chosen by simulation; tests/simulations/history.py shows what they reach, with other seeds than
they were chosen with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.judge.history.baseline import Array, Baseline, baseline, neighbours, of_prefixes

LEAST_BEFORE: Final = 8
"""Runs from which a level and its spread are estimated at least."""
NEWEST: Final = 8
"""The newest runs that are looked at together, at most; at least 2."""
LIMIT: Final = 4.35
"""What the statistic must pass, after the allowances below."""
APART: Final = 5.0
"""Standard errors by which two levels differ that nobody has measured again."""
CUT: Final = 4.2
"""Standard deviations at which a single run is cut."""
ALL_FAR: Final = 3
"""So many runs in a row, each beyond `FAR`, are an alarm whatever the correlation."""
FAR: Final = 8.0
"""Standard deviations that no run of the old level is expected to lie from it."""

# Allowances for a tail on one side, and for correlation.
_TAIL: Final = 0.4
_MOST_TAIL: Final = 0.4
_CORRELATED: Final = 0.6
# Runs whose baselines are estimated in one pass.
_AT_ONCE: Final = 64
# The variance of Huber's location, in that of the mean of normal noise.
_OF_LOCATION: Final = 1.1


def strengths(total: Array, count: Array, before: Baseline) -> tuple[Array, Array]:
    """The statistic in units of its limit, worse and better: above 1 is an alarm.

    total : sum of the scores of the ``count`` runs that follow the baseline: each its deviation
    from the centre in the standard deviations of `Baseline.allowed`, cut at `CUT`.
    """
    rho = before.correlation
    variance = _of_mean(count, rho) / count + _OF_LOCATION * _of_mean(before.n, rho) / before.n
    found = total / count / np.sqrt(variance) / (1.0 + _CORRELATED * rho) / LIMIT
    tail = np.clip(_TAIL * np.log(before.above / before.below), -_MOST_TAIL, _MOST_TAIL)
    return found / (1.0 + np.maximum(tail, 0.0)), -found / (1.0 + np.maximum(-tail, 0.0))


def _of_mean(n: Array | float, rho: Array) -> Array:
    """The variance of the mean of n values, times n, in AR(1) with variance 1."""
    found: Array = (1.0 + rho) / (1.0 - rho) - 2.0 * rho * (1.0 - rho**n) / (n * (1.0 - rho) ** 2)
    return found


@dataclass(frozen=True)
class Alarm:
    """The newest ``count`` runs lie on another level than that before; worse, or better."""

    count: int
    worse: bool
    before: float


def is_apart(before: Array, after: Array) -> bool:
    """Whether two levels still differ when all of their runs are known, at least 2 of each.

    The difference of their centres over its standard error, with spread and correlation of what is
    left of the values of both without them.
    """
    old, new = baseline(before), baseline(after)
    rest = np.concatenate([before - old.centre, after - new.centre])
    spread = baseline(rest).spread
    rho = neighbours(rest / spread)
    variance = _of_mean(len(before), rho) / len(before) + _of_mean(len(after), rho) / len(after)
    return bool(abs(new.centre - old.centre) > APART * spread * np.sqrt(variance))


class _Open:
    """The runs that follow a baseline: sum and number of their scores, as plain numbers.

    worse, better : standard deviations of the two sides; factors : of the sum in `strengths`, worse
    and better, for each count.
    """

    def __init__(
        self, centre: float, worse: float, better: float, factors: tuple[list[float], ...]
    ) -> None:
        self.centre = centre
        self._worse, self._better = worse, better
        self._factors = factors
        self._total, self.count = 0.0, 0
        self._least, self._most = math.inf, -math.inf

    def add(self, value: float) -> None:
        """One more run."""
        deviation = value - self.centre
        score = deviation / (self._worse if deviation > 0.0 else self._better)
        self._total += max(-CUT, min(CUT, score))
        self._least, self._most = min(self._least, score), max(self._most, score)
        self.count += 1

    @property
    def strength(self) -> float:
        """That of `strengths`, which is proportional to the sum; below 0 for the better side."""
        if self.count < 2:
            return 0.0
        worse, better = (one[self.count - 2] * self._total for one in self._factors)
        found = worse if worse > 0.0 else -better
        far = max(self._least, -self._most) / FAR
        if self.count < ALL_FAR or far <= abs(found):
            return found
        return math.copysign(far, self._total)


_COUNTS: Final = np.arange(2, NEWEST + 1, dtype=np.float64)


def _opened(values: Sequence[float], first: int) -> dict[int, _Open]:
    """For each n from ``first`` on, what follows the baseline of ``values[:n]``."""
    before = of_prefixes(values, first, len(values))
    factors = (one.tolist() for one in strengths(np.ones(len(_COUNTS)), _COUNTS, before.columns))
    columns = (one.tolist() for one in (before.centre, *before.allowed))
    rows = zip(*columns, zip(*factors, strict=True), strict=True)
    return {n: _Open(*row) for n, row in enumerate(rows, first)}


class Watcher:
    """Looks at a series run after run.

    ahead : the first values, as far as they are known before they are added. With them, what is
    expected is estimated for many runs at once; the answers are the same.
    """

    def __init__(self, ahead: Sequence[float] = ()) -> None:
        self._values: list[float] = []
        self._ahead = ahead
        self._made: dict[int, _Open] = {}
        self._open: list[_Open] = []

    def add(self, value: float) -> Alarm | None:
        """The strongest alarm after one more run, if there is one."""
        if self._ahead[len(self._values) : len(self._values) + 1] != [value]:
            self._ahead, self._made = [], {}
        self._values.append(value)
        best, found = 1.0, None
        for one in self._open:
            one.add(value)
            if abs(one.strength) > best:
                best = abs(one.strength)
                found = Alarm(one.count, one.strength > 0.0, one.centre)
        if len(self._values) >= LEAST_BEFORE:  # the run is the last one of a further baseline
            kept = [one for one in self._open if one.count < NEWEST]
            self._open = [*kept, self._next()]
        return found

    def _next(self) -> _Open:
        """What follows the runs up to now."""
        n = len(self._values)
        if n not in self._made:
            self._made = _opened([*self._values, *self._ahead[n : n + _AT_ONCE]], n)
        return self._made.pop(n)
