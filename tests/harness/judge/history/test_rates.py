"""How often noise is suspected, and a step found: a thousand series, all judged at once.

The full simulation, with re-measurements, is tests/simulations/history.py; docs/history.md shows
its figures. The seed is fixed and was not used when the limits were chosen.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.judge.history import change
from harness.judge.history.change import Watcher, baseline, spreads, strengths
from harness.judge.history.course import Point, follow

Array = NDArray[np.float64]
SERIES = 1000
LIFE = 60


def alarms(values: Array, since: int = 0) -> tuple[Array, Array]:
    """Whether each series has an alarm, worse and better, from this run on; [series, runs]."""
    series, runs = values.shape
    worse, better = np.zeros(series, bool), np.zeros(series, bool)
    for n in range(change.LEAST_BEFORE, runs - 1):
        before = baseline(values[:, :n])
        above, below = spreads(before)
        deviations = values[:, n : n + change.NEWEST] - before.centre[:, None]
        sizes = np.where(deviations > 0.0, above[:, None], below[:, None])
        totals = np.clip(deviations / sizes, -change.CUT, change.CUT).cumsum(axis=1)
        for count in range(2, totals.shape[1] + 1):
            if n + count > since:
                up, down = strengths(totals[:, count - 1], np.array(float(count)), before)
                worse, better = worse | (up > 1.0), better | (down > 1.0)
    return worse, better


def noise(kind: str, runs: int = LIFE, seed: int = 77) -> Array:
    """1 % of noise [SERIES, runs]."""
    rng = np.random.default_rng(seed)
    drawn: Array = rng.standard_normal((SERIES, runs))
    if kind == "log-normal":
        drawn = (np.exp(0.25 * drawn) - 1.0) / 0.25
    if kind == "AR(1)":
        for t in range(1, runs):
            drawn[:, t] = 0.6 * drawn[:, t - 1] + 0.8 * drawn[:, t]
    return 0.01 * drawn


@pytest.mark.parametrize(
    ("kind", "most"), [("normal", 0.02), ("log-normal", 0.02), ("AR(1)", 0.10)]
)
def test_noise_is_rarely_suspected(kind: str, most: float) -> None:
    worse, _ = alarms(noise(kind))
    error = np.sqrt(most * (1.0 - most) / SERIES)
    assert worse.mean() <= most + error


def test_both_signs_are_found_as_often() -> None:
    """Of noise that has no side; folo found always exactly 0 improvements, and had an error."""
    worse, better = alarms(noise("AR(1)"))
    assert 0.6 < worse.sum() / better.sum() < 1.6


@pytest.mark.parametrize(("step", "within", "least"), [(0.05, 2, 0.90), (0.03, 5, 0.80)])
def test_a_step_after_40_runs_is_found(step: float, within: int, least: float) -> None:
    values = noise("normal", 40 + within, seed=78)
    values[:, 40:] += step
    assert alarms(values, since=40)[0].mean() >= least
    assert alarms(-values, since=40)[1].mean() >= least


def test_all_at_once_is_one_after_the_other() -> None:
    """The arrays of this test say what the watch says that is used."""
    values = noise("AR(1)")[:30]
    values[::3, 40:] += 0.05
    worse, better = alarms(values)
    for one, up, down in zip(values, worse, better, strict=True):
        watcher = Watcher()
        found = [watcher.add(float(value)) for value in one]
        assert any(alarm is not None for alarm in found) == bool(up or down)


def test_noise_that_was_suspected_is_not_confirmed() -> None:
    """New launches, elsewhere or later, refute it; and so do the runs that follow."""
    values = noise("normal", seed=79)
    rng = np.random.default_rng(80)
    confirmed = 0
    for one in values[alarms(values)[0]]:
        points = [Point(float(value), str(i)) for i, value in enumerate(one)]
        first = next(change_ for change_ in follow(points).changes if change_.worse)
        launches = tuple(float(x) for x in 0.01 * rng.standard_normal(5))
        points.insert(first.raised + 1, Point(0.0, "again", launches, frozenset({first.id})))
        confirmed += any(x.worse and x.status == "confirmed" for x in follow(points).changes)
    assert confirmed / SERIES <= 0.002
