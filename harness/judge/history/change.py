"""Whether the newest runs of a series lie on another level than those before: a robust CUSUM.

Values are relative (natural logarithms), positive where they are worse. The statistic is that of
Page's CUSUM for a shift of unknown size (D. Siegmund, E. S. Venkatraman, Ann. Statist. 23 (1995),
255): the mean of the newest k values over its standard error, for k = 2 to 8. Each value is cut at
`CUT` standard deviations, so that one run alone, however bad, is never enough.

What is expected is estimated from the runs before the k newest alone: location and spread by the
method of P. J. Huber (Robust Statistics, section 6.7), the spread above and below apart, since
times have a tail on one side; and the correlation of one run with the next, which makes means of
neighbours less certain. The constants were chosen by simulation; tests/simulations/history.py shows
what they reach, with other seeds than they were chosen with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_BEFORE: Final = 8
"""Runs from which a level and its spread are estimated at least."""
NEWEST: Final = 8
"""The newest runs that are looked at together, at most; at least 2."""
MOST_BEFORE: Final = 200
"""Runs from which they are estimated at most: the newest of the level."""
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
LEAST_SPREAD: Final = 0.002
"""A relative spread that is not believed to be smaller: 0.2 %."""

_CLIP: Final = 4.0
_FAR: Final = 12.0
_FEW_FAR: Final = 0.1
_ROUNDS: Final = 4
# Squared deviations of both sides that each side is given beside its own.
_POOLED: Final = 3.0
# Allowances for estimates from few runs, for a tail on one side, and for correlation.
_FEW: Final = 3.0
_TAIL: Final = 0.4
_MOST_TAIL: Final = 0.4
_CORRELATED: Final = 0.6
_MOST_CORRELATED: Final = 0.8
_BY_CHANCE: Final = 0.8
# The variance of Huber's location, in that of the mean of normal noise.
_OF_LOCATION: Final = 1.1


@dataclass(frozen=True)
class Baseline:
    """What is expected, estimated from n runs; arrays of the leading shape of the values.

    centre : relative level; above, below : standard deviations on the worse and the better side;
    correlation : of one run with the next, 0 unless it is larger than chance makes it.
    """

    n: int
    centre: Array
    above: Array
    below: Array
    correlation: Array

    @property
    def spread(self) -> Array:
        """The standard deviation of both sides together."""
        return np.sqrt((self.above**2 + self.below**2) / 2.0)


def baseline(values: Array) -> Baseline:
    """The baseline of values of shape [..., runs], at least 2 runs."""
    n = values.shape[-1]
    centre = np.median(values, axis=-1, keepdims=True)
    middle = 1.4826 * np.median(np.abs(values - centre), axis=-1, keepdims=True)
    above = below = np.maximum(middle, LEAST_SPREAD)
    for _ in range(_ROUNDS):
        centre = centre + _cut(values - centre, above, below).mean(axis=-1, keepdims=True)
        above, below = _sides(_cut(values - centre, above, below))
    scores = np.clip(_scores(values, centre, above, below), -2.5, 2.5)
    found = _correlation(scores, _BY_CHANCE / math.sqrt(n))
    return Baseline(n, centre[..., 0], above[..., 0], below[..., 0], found)


def _cut(deviations: Array, above: Array, below: Array) -> Array:
    """Deviations cut at some standard deviations.

    A few that are very far say nothing of the spread; if they are many, they are a part of it.
    """
    sizes = np.where(deviations > 0.0, above, below)
    cut = np.clip(deviations, -_CLIP * sizes, _CLIP * sizes)
    far = np.abs(deviations) > _FAR * sizes
    few = far.mean(axis=-1, keepdims=True) <= _FEW_FAR
    return np.where(far & few, 0.0, cut)


def _sides(cut: Array) -> tuple[Array, Array]:
    """Standard deviations above and below, each with a share of what both have."""
    n = cut.shape[-1]
    squares = cut * cut
    both = squares.sum(axis=-1, keepdims=True) / (n - 1)
    high = cut > 0.0

    def side(mine: NDArray[np.bool_]) -> Array:
        own = np.where(mine, squares, 0.0).sum(axis=-1, keepdims=True)
        count = mine.sum(axis=-1, keepdims=True)
        found: Array = np.sqrt((own + _POOLED * both) / (count + _POOLED))
        return np.maximum(found, LEAST_SPREAD)

    return side(high), side(~high)


def _scores(values: Array, centre: Array, above: Array, below: Array) -> Array:
    deviations = values - centre
    found: Array = deviations / np.where(deviations > 0.0, above, below)
    return found


def _correlation(scores: Array, by_chance: float) -> Array:
    """Of neighbours, without what chance makes; without its bias as well.

    M. G. Kendall, Biometrika 41 (1954), 403.
    """
    n = scores.shape[-1]
    centred = scores - scores.mean(axis=-1, keepdims=True)
    products = (centred[..., 1:] * centred[..., :-1]).sum(axis=-1)
    raw = products / np.maximum((centred**2).sum(axis=-1), 1e-30)
    corrected = raw + (1.0 + 3.0 * raw) / n
    found: Array = np.clip(corrected - by_chance, 0.0, _MOST_CORRELATED)
    return found


def spreads(before: Baseline) -> tuple[Array, Array]:
    """Standard deviations on the worse and the better side, with the allowance for few runs."""
    few = 1.0 + _FEW / before.n
    return before.above * few, before.below * few


def strengths(total: Array, count: Array, before: Baseline) -> tuple[Array, Array]:
    """The statistic in units of its limit, worse and better: above 1 is an alarm.

    total : sum of the scores of the ``count`` runs that follow the baseline: each its deviation
    from the centre in the standard deviations of `spreads`, cut at `CUT`.
    """
    rho = before.correlation
    variance = _of_mean(count, rho) / count + _OF_LOCATION * _of_mean(before.n, rho) / before.n
    found = total / count / np.sqrt(variance) / (1.0 + _CORRELATED * rho) / LIMIT
    tail = np.clip(_TAIL * np.log(before.above / before.below), -_MOST_TAIL, _MOST_TAIL)
    return found / (1.0 + np.maximum(tail, 0.0)), -found / (1.0 + np.maximum(-tail, 0.0))


def _of_mean(n: Array | int, rho: Array) -> Array:
    """The variance of the mean of n values, times n, in AR(1) with variance 1."""
    found: Array = (1.0 + rho) / (1.0 - rho) - 2.0 * rho * (1.0 - rho**n) / (n * (1.0 - rho) ** 2)
    return found


@dataclass(frozen=True)
class Alarm:
    """The newest ``count`` runs lie on another level than ``before``; worse, or better."""

    count: int
    worse: bool
    before: Baseline


def is_apart(before: Array, after: Array) -> bool:
    """Whether two levels still differ when all of their runs are known, at least 2 of each.

    The difference of their centres over its standard error, with spread and correlation of what is
    left of the values of both without them.
    """
    old, new = baseline(before), baseline(after)
    rest = np.concatenate([before - old.centre, after - new.centre])
    spread = baseline(rest).spread
    rho = _correlation(np.clip(rest / spread, -2.5, 2.5), 0.0)
    variance = _of_mean(len(before), rho) / len(before) + _of_mean(len(after), rho) / len(after)
    return bool(abs(new.centre - old.centre) > APART * spread * np.sqrt(variance))


class _Open:
    """The runs that follow a baseline: sum and number of their scores, as plain numbers."""

    def __init__(self, values: Sequence[float]) -> None:
        self.before = baseline(np.array(values[-MOST_BEFORE:]))
        self._centre = float(self.before.centre)
        self._worse, self._better = (float(one) for one in spreads(self.before))
        both = strengths(np.ones(len(_COUNTS)), _COUNTS, self.before)
        self._factors: list[list[float]] = [one.tolist() for one in both]
        self._total, self.count = 0.0, 0
        self._least, self._most = math.inf, -math.inf

    def add(self, value: float) -> None:
        """One more run."""
        deviation = value - self._centre
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


class Watcher:
    """Looks at a series run after run."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._open: list[_Open] = []

    def add(self, value: float) -> Alarm | None:
        """The strongest alarm after one more run, if there is one."""
        self._values.append(value)
        best, found = 1.0, None
        for one in self._open:
            one.add(value)
            if abs(one.strength) > best:
                best = abs(one.strength)
                found = Alarm(one.count, one.strength > 0.0, one.before)
        if len(self._values) >= LEAST_BEFORE:  # the run is the last one of a further baseline
            kept = [one for one in self._open if one.count < NEWEST]
            self._open = [*kept, _Open(self._values)]
        return found
