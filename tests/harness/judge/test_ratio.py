"""Ratios of launches measured in turns."""

from __future__ import annotations

import pytest

from harness.judge.ratio import LEAST_LEVEL, ratio, verdict
from harness.measure.interval import Interval


def test_the_median_of_the_ratios_not_the_ratio_of_the_medians() -> None:
    found = ratio([1.0, 20.0, 3.0], [2.0, 10.0, 3.0], "higher")
    assert found is not None
    assert (found.median, found.low, found.high, found.n) == (1.0, 0.5, 2.0, 3)


def test_above_one_means_the_first_is_better_for_costs_too() -> None:
    found = ratio([1.0], [2.0], "lower")
    assert found is not None
    assert found.median == 2.0


def test_launches_without_a_partner_are_left() -> None:
    found = ratio([1.0, 1.0, 9.0], [1.0, 1.0], "higher")
    assert found is not None
    assert (found.n, found.high) == (2, 1.0)
    assert ratio([1.0], [], "higher") is None


@pytest.mark.parametrize(
    ("rates", "word"),
    [
        ([1.1, 1.2, 1.3, 1.2, 1.1], "faster"),
        ([0.9, 0.8, 0.9, 0.7, 0.9], "slower"),
        ([1.1, 1.2, 1.3, 1.2, 0.99], "undecided"),
        ([1.0, 1.2, 1.3, 1.2, 1.1], "undecided"),
        ([1.1, 1.2, 1.3, 1.2], "undecided"),
        ([2.0], "undecided"),
    ],
)
def test_the_verdict_is_that_of_the_interval(rates: list[float], word: str) -> None:
    found = ratio(rates, [1.0] * len(rates), "higher")
    assert isinstance(found, Interval)
    assert verdict(found) == word
    assert (found.level >= LEAST_LEVEL) == (len(rates) >= 5)
