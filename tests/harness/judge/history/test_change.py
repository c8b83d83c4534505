"""The watch of a series: what noise does not, and a step does."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judge.history import change
from harness.judge.history.change import LEAST_BEFORE, Alarm, Watcher, baseline


def watch(values: list[float]) -> list[Alarm | None]:
    watcher = Watcher()
    return [watcher.add(one) for one in values]


def noise(n: int, seed: int = 5) -> list[float]:
    return [float(one) for one in 0.01 * np.random.default_rng(seed).standard_normal(n)]


def test_nothing_is_said_of_few_runs() -> None:
    assert not any(watch([0.0] * LEAST_BEFORE + [0.5]))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_two_runs_on_another_level_are_an_alarm(sign: float) -> None:
    found = watch([*noise(30), sign * 0.06, sign * 0.06])
    assert not any(found[:31])
    assert found[31] is not None
    assert (found[31].count, found[31].worse) == (2, sign > 0.0)


@pytest.mark.parametrize("spike", [0.1, 0.5, 5.0])
def test_one_run_alone_is_none_however_bad(spike: float) -> None:
    assert not any(watch([*noise(30), spike, *noise(5, seed=6)]))


def test_a_spike_before_does_not_hide_a_step() -> None:
    values = noise(30)
    values[12] = 1.0
    assert watch([*values, 0.06, 0.06])[-1] is not None


def test_constant_values_are_no_alarm_and_have_the_least_spread() -> None:
    assert not any(watch([0.25] * 40))
    assert float(baseline(np.full(20, 0.25)).spread) == pytest.approx(change.LEAST_SPREAD)


def test_baseline_of_normal_noise() -> None:
    found = baseline(0.3 + 0.01 * np.random.default_rng(8).standard_normal((500, 40)))
    assert float(np.mean(found.centre)) == pytest.approx(0.3, abs=1e-3)
    assert float(np.mean(found.spread)) == pytest.approx(0.01, rel=0.05)
    assert float(np.mean(found.correlation)) < 0.06


def test_spreads_are_those_of_each_side() -> None:
    drawn = 0.01 * np.exp(np.random.default_rng(8).standard_normal((200, 60)))
    found = baseline(drawn)
    assert float(np.mean(found.above / found.below)) > 1.5


def test_correlated_noise_is_seen_as_such() -> None:
    rng = np.random.default_rng(8)
    values = np.zeros((200, 60))
    for t in range(1, 60):
        values[:, t] = 0.8 * values[:, t - 1] + 0.01 * rng.standard_normal(200)
    assert 0.45 < float(np.mean(baseline(values).correlation)) < 0.8


def test_old_runs_are_forgotten_in_the_end() -> None:
    found = watch([*noise(change.MOST_BEFORE + 50), 0.06, 0.06])[-1]
    assert found is not None
    assert found.before.n == change.MOST_BEFORE
