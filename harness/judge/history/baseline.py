"""What is expected of the next run of a series: level, spread and correlation of those before.

Location and spread by the method of P. J. Huber (Robust Statistics, section 6.7), the spread above
and below apart, since times have a tail on one side; and the correlation of one run with the next,
which makes means of neighbours less certain. The constants were chosen by simulation;
tests/simulations/history.py shows what they reach, with other seeds than they were chosen with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST_BEFORE: Final = 200
"""Runs from which a baseline is estimated at most: the newest of the level."""
LEAST_SPREAD: Final = 0.002
"""A relative spread that is not believed to be smaller: 0.2 %."""

_CLIP: Final = 4.0
_FAR: Final = 12.0
_FEW_FAR: Final = 0.1
_ROUNDS: Final = 4
# Squared deviations of both sides that each side is given beside its own.
_POOLED: Final = 3.0
# Where scores are cut before they are correlated.
_CUT_SCORE: Final = 2.5
_MOST_CORRELATED: Final = 0.8
_BY_CHANCE: Final = 0.8
# The allowance for an estimate from few runs.
_FEW: Final = 3.0


@dataclass(frozen=True)
class Baseline:
    """What is expected, estimated from n runs; arrays of the leading shape of the values.

    centre : relative level; above, below : standard deviations on the worse and the better side;
    correlation : of one run with the next, 0 unless it is larger than chance makes it.
    """

    n: Array
    centre: Array
    above: Array
    below: Array
    correlation: Array

    @property
    def columns(self) -> Baseline:
        """The same with one more axis, of length 1."""
        return Baseline(*(one[..., None] for one in vars(self).values()))

    @property
    def spread(self) -> Array:
        """The standard deviation of both sides together."""
        return np.sqrt((self.above**2 + self.below**2) / 2.0)

    @property
    def allowed(self) -> tuple[Array, Array]:
        """Standard deviations above and below, with the allowance for few runs."""
        few = 1.0 + _FEW / self.n
        return self.above * few, self.below * few


def baseline(values: Array) -> Baseline:
    """The baseline of values of shape [..., runs], at least 2 runs."""
    return _estimated(values, np.ones(values.shape[-1], bool))


def of_prefixes(values: Sequence[float], first: int, last: int) -> Baseline:
    """The baselines of ``values[:n]`` for n from ``first`` to ``last``, shape [last - first + 1].

    Each is that of `baseline` of its newest `MOST_BEFORE` values, all in one pass.
    """
    n = np.arange(first, last + 1)
    ages = np.arange(min(MOST_BEFORE, last), 0, -1)
    places = n[:, None] - ages  # the newest value of each on the right
    there = places >= 0
    known = np.array(values[:last])
    return _estimated(np.where(there, known[np.maximum(places, 0)], 0.0), there)


def _estimated(values: Array, there: Flags) -> Baseline:
    """The same of the values that are there; one without a gap follows the other."""
    n = np.broadcast_to(there, values.shape).sum(axis=-1, keepdims=True).astype(np.float64)
    centre = _median(values, there, n)
    middle = 1.4826 * _median(np.abs(values - centre), there, n)
    above = below = np.maximum(middle, LEAST_SPREAD)
    for _ in range(_ROUNDS):
        centre = centre + _cut(values - centre, above, below, there, n).sum(-1, keepdims=True) / n
        above, below = _sides(_cut(values - centre, above, below, there, n), there, n)
    deviations = values - centre
    scores = deviations / np.where(deviations > 0.0, above, below)
    found = _correlation(scores, there, n, _BY_CHANCE / np.sqrt(n[..., 0]))
    return Baseline(n[..., 0], centre[..., 0], above[..., 0], below[..., 0], found)


def _median(values: Array, there: Flags, n: Array) -> Array:
    ordered = np.sort(np.where(there, values, np.inf), axis=-1)
    high = n.astype(np.intp) // 2
    low = (n.astype(np.intp) - 1) // 2
    below, above = (np.take_along_axis(ordered, one, axis=-1) for one in (low, high))
    found: Array = (below + above) / 2.0
    return found


def _cut(deviations: Array, above: Array, below: Array, there: Flags, n: Array) -> Array:
    """Deviations cut at some standard deviations; 0 where there is none.

    A few that are very far say nothing of the spread; if they are many, they are a part of it.
    """
    sizes = np.where(deviations > 0.0, above, below)
    cut = np.clip(deviations, -_CLIP * sizes, _CLIP * sizes)
    far = (np.abs(deviations) > _FAR * sizes) & there
    few = far.sum(axis=-1, keepdims=True) <= _FEW_FAR * n
    return np.where(there & ~(far & few), cut, 0.0)


def _sides(cut: Array, there: Flags, n: Array) -> tuple[Array, Array]:
    """Standard deviations above and below, each with a share of what both have."""
    squares = cut * cut
    both = squares.sum(axis=-1, keepdims=True)
    high = cut > 0.0
    own = np.where(high, squares, 0.0).sum(axis=-1, keepdims=True)
    count = high.sum(axis=-1, keepdims=True)
    pooled = _POOLED * both / (n - 1.0)

    def side(mine: Array, of: Array) -> Array:
        found: Array = np.sqrt((mine + pooled) / (of + _POOLED))
        return np.maximum(found, LEAST_SPREAD)

    return side(own, count), side(both - own, n - count)


def neighbours(scores: Array) -> Array:
    """The correlation of each score with the next, of shape [..., runs], without its bias."""
    n = scores.shape[-1]
    return _correlation(scores, np.ones(n, bool), np.full((*scores.shape[:-1], 1), float(n)), 0.0)


def _correlation(scores: Array, there: Flags, n: Array, by_chance: Array | float) -> Array:
    """Without what chance makes, and without its bias: M. G. Kendall, Biometrika 41 (1954), 403."""
    cut = np.clip(scores, -_CUT_SCORE, _CUT_SCORE)
    mean = np.where(there, cut, 0.0).sum(axis=-1, keepdims=True) / n
    centred = np.where(there, cut - mean, 0.0)
    products = (centred[..., 1:] * centred[..., :-1]).sum(axis=-1)
    raw = products / np.maximum((centred**2).sum(axis=-1), 1e-30)
    corrected = raw + (1.0 + 3.0 * raw) / n[..., 0]
    found: Array = np.clip(corrected - by_chance, 0.0, _MOST_CORRELATED)
    return found
