"""A node against its peers: the main group of a fleet, and how far each node is behind it.

Values are logarithms with the sign of the metric, so that differences are relative and more is
better. One metric at a time: arrays are (nodes,), NaN for a node without a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from harness.judge.fleet.table import Bools, Floats, Ints
from harness.judge.fleet.thresholds import Thresholds

_ROUNDS: Final = 20
_CLIPPED: Final = 1.003  # sd of a normal distribution over that of the part within 3.5 sd
_MEDIAN: Final = np.pi / 2.0  # variance of a median over that of a mean
_START: Final = 3.0  # sd around the shortest half; a slow minority should stay outside
_SMALL: Final = 3.0  # simulated: the shortest half of n normal values is too short by 1 + 3/n
# Separation over the sd within two groups, which 0.5 % of normal fleets exceed, and 1 % of uniform
# ones of 16 nodes or more (docs/accept.md); by number of nodes.
_NODES: Final = (5, 6, 8, 10, 12, 16, 24, 32, 64, 512)
_SEPARATION: Final = (15.0, 9.0, 6.5, 6.2, 5.6, 5.2, 4.8, 4.6, 4.3, 3.8)


@dataclass(frozen=True)
class Compared:
    """Nodes beside what is expected of them; arrays are (nodes,).

    expected : logarithm; scale : sd of the peers, at least the floor and the node's own error;
    others : how many peers; t, p : one-sided, for a node that is worse; sure : the upper limit of
    the spread is within the tolerance.
    """

    expected: Floats
    scale: Floats
    others: Ints
    t: Floats
    p: Floats
    sure: Bools


@dataclass(frozen=True)
class Groups:
    """Two groups of a fleet: how many nodes are in the worse one, and how far it is behind."""

    worse: int
    better: int
    behind: float


def compare(value: Floats, error: Floats, limits: Thresholds) -> Compared:
    """Each node against the main group without it (leave-one-out)."""
    there = np.flatnonzero(~np.isnan(value))
    main = np.zeros(len(value), bool)
    main[there] = main_group(value[there], limits)
    kept = int(main.sum())
    expected = np.full(len(value), np.nan)
    expected[there] = np.median(value[main])
    expected[main] = _medians_without_one(value[main])
    spread = np.full(len(value), np.std(value[main], ddof=1))
    spread[main] = _sd_without_one(value[main])
    return against(value, expected, spread * _CLIPPED, kept - main.astype(np.int64), error, limits)


def against(
    value: Floats, expected: Floats, spread: Floats, others: Ints, error: Floats, limits: Thresholds
) -> Compared:
    """Student's t of a new value beside the median of ``others`` values with this sd."""
    scale = np.maximum(np.maximum(spread, limits.floor), error)
    t = (expected - value) / (scale * np.sqrt(1.0 + _MEDIAN / others))
    free = np.maximum(others - 1, 1)
    sure = upper_limit(np.maximum(spread, limits.floor), free, limits.doubt) <= limits.tolerance
    return Compared(expected, scale, others, t, special.stdtr(free, -t), sure)


def upper_limit(sd: Floats, free: Ints, doubt: float) -> Floats:
    """The upper confidence limit of an sd with ``free`` degrees of freedom (chi-square)."""
    unique, which = np.unique(free, return_inverse=True)
    factor: Floats = np.sqrt(unique / (2.0 * special.gammaincinv(unique / 2.0, doubt)))
    return sd * factor[which]


def main_group(value: Floats, limits: Thresholds) -> Bools:
    """The nodes that belong together: from the shortest half, grown and clipped until it rests."""
    centre, scale = _shortest_half(value)
    main = np.abs(value - centre) <= _START * max(scale, limits.floor)
    for _ in range(_ROUNDS):
        spread = max(_CLIPPED * float(np.std(value[main], ddof=1)), limits.floor)
        new = np.abs(value - np.median(value[main])) <= limits.clip * spread
        if 2 * int(new.sum()) <= len(value) or bool(np.all(new == main)):
            break
        main = new
    return main


def _shortest_half(value: Floats) -> tuple[float, float]:
    """Centre and scale from the shortest interval with more than half of the values."""
    rising = np.sort(value)
    half = len(value) // 2 + 1
    widths = rising[half - 1 :] - rising[: len(value) - half + 1]
    at = int(np.argmin(widths))
    reach = float(special.ndtri(0.5 + half / (2.0 * (len(value) + 1))))
    scale = 0.5 * float(widths[at]) / reach * (1.0 + _SMALL / len(value))
    return float(np.median(rising[at : at + half])), scale


def _medians_without_one(value: Floats) -> Floats:
    """(n,): the median of all values but the one at each place."""
    order = np.argsort(value, kind="stable")
    rising, place = value[order], np.empty(len(value), np.int64)
    place[order] = np.arange(len(value))
    low, high = (len(value) - 2) // 2, (len(value) - 1) // 2
    found: Floats = 0.5 * (rising[low + (low >= place)] + rising[high + (high >= place)])
    return found


def _sd_without_one(value: Floats) -> Floats:
    """(n,): the sd of all values but the one at each place."""
    n, away = len(value), value - np.mean(value)
    squares = np.sum(away * away) - away * away * n / (n - 1)
    found: Floats = np.sqrt(np.maximum(squares, 0.0) / max(n - 2, 1))
    return found


@dataclass(frozen=True)
class Split:
    """The best division of a fleet in two: how many are worse, how far behind, how far apart.

    behind : fraction; separation : distance of the means over the sd within the groups.
    """

    worse: int
    behind: float
    separation: float


def split(rising: Floats, least: int, most: int, floor: float) -> Split:
    """Of all splits with ``least`` to ``most`` worse values the one that separates the most.

    rising : (nodes,) sorted, without NaN; floor : the least sd within (Ashman et al. 1994).
    """
    n, worse = len(rising), np.arange(least, most + 1)
    rising = rising - rising[n // 2]
    sums, squares = np.cumsum(rising), np.cumsum(rising * rising)
    low, high = sums[worse - 1] / worse, (sums[-1] - sums[worse - 1]) / (n - worse)
    inside = squares[-1] - worse * low**2 - (n - worse) * high**2
    within = np.sqrt(np.maximum(inside, 0.0) / max(n - 2, 1))
    score = (high - low) / np.maximum(within, floor)
    at = int(np.argmax(score))
    return Split(int(worse[at]), 1.0 - float(np.exp(low[at] - high[at])), float(score[at]))


def two_groups(value: Floats, limits: Thresholds) -> Groups | None:
    """The split of a fleet into two groups none of which is a minority; None if there is none.

    value : (nodes,) without NaN.
    """
    n, least = len(value), int(np.ceil(limits.minority * len(value)))
    if n - least < least:
        return None
    found = split(np.sort(value), least, n - least, limits.floor)
    apart = found.separation >= np.interp(n, _NODES, _SEPARATION)
    if not apart or found.behind < limits.effect:
        return None
    return Groups(found.worse, n - found.worse, found.behind)


def smallest_seen(spread: float, main: int, tests: int, limits: Thresholds) -> float:
    """The smallest deficit of one node that these peers would reject, a fraction.

    tests : how many nodes and metrics are judged at once, for Holm's first step.
    """
    free = max(main - 2, 1)
    scale = max(spread * _CLIPPED, limits.floor)
    at = np.array([scale])
    sure = upper_limit(at, np.array([free]), limits.doubt)[0] <= limits.tolerance
    level = (limits.reject if sure else limits.certain) / max(tests, 1)
    beyond = -float(special.stdtrit(free, level)) * scale * np.sqrt(1.0 + _MEDIAN / main)
    seen = min(1.0 - float(np.exp(-beyond)), limits.gross)
    return max(seen, limits.effect)
