"""The watch of a series: what noise does not, and a step does."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest

from harness.judge.history.baseline import LEAST_SPREAD, MOST_BEFORE, baseline, of_prefixes
from harness.judge.history.change import LEAST_BEFORE, Alarm, Watcher


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
    assert float(baseline(np.full(20, 0.25)).spread) == pytest.approx(LEAST_SPREAD)


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
    old = [1.0 + one for one in noise(50)]
    found = of_prefixes([*old, *noise(MOST_BEFORE)], 50 + MOST_BEFORE, 50 + MOST_BEFORE)
    assert found.n.tolist() == [MOST_BEFORE]
    assert float(found.centre[0]) == pytest.approx(0.0, abs=0.005)


@pytest.mark.parametrize("first", [2, 8, 9, 60, 199, 200, 201, 230])
def test_baselines_of_prefixes_are_those_of_each(first: int) -> None:
    """The one in plain loops, as the books have it, is below."""
    values = noise(230)
    values[5], values[40:46], values[100] = 0.9, [0.05] * 6, -0.3
    found = of_prefixes(values, first, len(values))
    for i, n in enumerate(range(first, len(values) + 1)):
        expected = plainly(values[max(0, n - MOST_BEFORE) : n])
        mine = [float(getattr(found, one)[i]) for one in expected]
        assert mine == pytest.approx(list(expected.values()), rel=1e-9, abs=1e-15), n


def plainly(values: list[float]) -> dict[str, float]:
    """Location, spreads and correlation, value by value."""
    n, centre = len(values), statistics.median(values)
    middle = 1.4826 * statistics.median(abs(one - centre) for one in values)
    above = below = max(middle, LEAST_SPREAD)

    def cut() -> list[float]:
        sizes = [above if one > centre else below for one in values]
        pairs = list(zip([one - centre for one in values], sizes, strict=True))
        few = sum(abs(one) > 12.0 * size for one, size in pairs) <= 0.1 * n
        return [
            0.0 if few and abs(one) > 12.0 * size else max(-4.0 * size, min(4.0 * size, one))
            for one, size in pairs
        ]

    for _ in range(4):
        centre += sum(cut()) / n
        kept = cut()
        both = 3.0 * sum(one**2 for one in kept) / (n - 1)
        high, low = [one for one in kept if one > 0.0], [one for one in kept if one <= 0.0]
        above, below = (
            max(LEAST_SPREAD, math.sqrt((sum(one**2 for one in side) + both) / (len(side) + 3.0)))
            for side in (high, low)
        )
    scores = [(one - centre) / (above if one > centre else below) for one in values]
    scores = [max(-2.5, min(2.5, one)) for one in scores]
    mean = sum(scores) / n
    raw = sum((a - mean) * (b - mean) for a, b in itertools.pairwise(scores))
    raw /= max(sum((one - mean) ** 2 for one in scores), 1e-30)
    correlation = max(0.0, min(0.8, raw + (1.0 + 3.0 * raw) / n - 0.8 / math.sqrt(n)))
    return {"n": n, "centre": centre, "above": above, "below": below, "correlation": correlation}


@pytest.mark.parametrize("known", [0, 1, 30, 75, 120])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_known_ahead_changes_no_answer(known: int, seed: int) -> None:
    values = [*noise(80, seed), 0.06, 0.06, *noise(40, seed + 20)]
    watcher = Watcher(values[:known])
    for mine, other in zip([watcher.add(one) for one in values], watch(values), strict=True):
        assert (mine is None) == (other is None)
        if mine is not None and other is not None:
            assert (mine.count, mine.worse) == (other.count, other.worse)
            assert mine.before == pytest.approx(other.before)


def test_what_comes_otherwise_than_was_said_is_judged_as_it_is() -> None:
    values = [*noise(60), 0.06, 0.06]
    watcher = Watcher(noise(90))
    found = [watcher.add(one) for one in values]
    assert found[-1] is not None
    assert [one is None for one in found] == [one is None for one in watch(values)]
