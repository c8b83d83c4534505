"""When repetitions end, on synthetic clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.measure.stopping import BUDGET_SHARE, MAXIMUM, MEASURE_S, MINIMUM, Rule, rule
from harness.plan.case import Case, Geometry


def play(
    one: Rule, times: Iterator[float] | list[float], started_s: float = 1.0
) -> tuple[int, str]:
    """Repeat as a rank does, on a clock made of the times; how often, and why it ended."""
    now = started_s
    samples: list[float] = []
    for seconds in times:
        now += seconds
        samples.append(seconds)
        reason = one.reason(samples, started_s, now)
        if reason is not None:
            return len(samples), reason
    raise AssertionError("it would go on")


def noisy(seconds: float, relative: float) -> list[float]:
    """Samples that alternate about a value."""
    return [seconds * (1.0 + relative * (-1) ** i) for i in range(500)]


def test_nothing_was_measured() -> None:
    assert Rule(5, 10.0).reason([], 0.0, 100.0) is None


@pytest.mark.parametrize("n", [1, 2, 6, 150])
def test_as_many_repetitions_as_asked_for(n: int) -> None:
    assert play(Rule(n, 1e9), noisy(0.1, 0.0)) == (n, "repetitions")
    assert play(Rule(n, 1e9), noisy(0.1, 0.5)) == (n, "repetitions")


def test_asked_for_repetitions_are_not_ended_by_the_time_of_open_ended_ones() -> None:
    assert play(Rule(8, 1e9), [2 * MEASURE_S] * 8) == (8, "repetitions")


@pytest.mark.parametrize("relative", [0.0, 0.001, 0.009])
def test_converged_at_the_earliest(relative: float) -> None:
    assert play(Rule(None, 300.0), noisy(0.1, relative)) == (MINIMUM, "converged")


def test_converged_after_outliers() -> None:
    times = [1.0, 2.0, *noisy(0.1, 0.001)]
    n, reason = play(Rule(None, 300.0), times)
    assert reason == "converged"
    assert n > MINIMUM


def test_never_converged_and_quick() -> None:
    assert play(Rule(None, 300.0), noisy(0.01, 0.3)) == (MAXIMUM, "repetitions")


def test_never_converged_and_slow() -> None:
    n, reason = play(Rule(None, 300.0), noisy(1.0, 0.3))
    assert reason == "time"
    assert sum(noisy(1.0, 0.3)[:n]) <= MEASURE_S


def test_one_repetition_longer_than_the_time() -> None:
    assert play(Rule(None, 300.0), [MEASURE_S]) == (1, "time")


@pytest.mark.parametrize("repetitions", [None, 50])
def test_the_budget_leaves_time_to_verify(repetitions: int | None) -> None:
    budget_s = 10.0
    n, reason = play(Rule(repetitions, budget_s), noisy(1.0, 0.2), started_s=2.0)
    assert reason == "budget"
    spent = 2.0 + sum(noisy(1.0, 0.2)[:n])
    assert spent <= BUDGET_SHARE * budget_s < spent + 1.2


def test_a_set_up_that_ate_the_budget_still_gives_one_sample() -> None:
    assert play(Rule(5, 10.0), [0.1], started_s=9.0) == (1, "budget")


def test_the_time_of_the_set_up_is_not_time_measured() -> None:
    n, reason = play(Rule(None, 1e9), noisy(1.0, 0.3), started_s=1e6)
    assert reason == "time"
    assert n > 10


def test_the_last_repetition_that_was_asked_for_is_a_good_end() -> None:
    assert play(Rule(1, 0.1), [5.0]) == (1, "repetitions")


def test_the_rule_of_a_case() -> None:
    case = Case("hpl", 1, {}, Geometry(1, 1, 1), 7, 1, 12.5, 1, 1.0)
    assert rule(case) == Rule(7, 12.5)


def test_a_duration_is_filled_with_repetitions_whatever_is_known() -> None:
    """To the nearest one, and with more of them than others may have."""
    assert play(Rule(None, 1e9, 94.0), [10.0] * 99) == (9, "duration")
    assert play(Rule(None, 1e9, 96.0), [10.0] * 99) == (10, "duration")
    assert play(Rule(None, 1e9, 3.0 * MAXIMUM), [1.0] * 999) == (3 * MAXIMUM, "duration")
    assert play(Rule(None, 1e9, 0.0), [1.0]) == (1, "duration")
    assert play(Rule(None, 40.0, 1000.0), [10.0] * 99)[1] == "budget"


def test_a_number_of_repetitions_goes_before_the_duration() -> None:
    given = {"filled": 80, "n": 8, "points": 8, "cores": 1, "duration": 50.0}
    case = Case("burnin", 1, given, Geometry(1, 1, 1), 7, 1, 12.5, 1, 1.0)
    assert rule(case) == Rule(7, 12.5)
    assert rule(replace(case, repetitions=None)) == Rule(None, 12.5, 50.0)
