"""Speed-up and efficiency of a member of a series."""

from __future__ import annotations

import pytest

from harness.judge.scaling import scaled
from harness.plan.case import Kind


@pytest.mark.parametrize("kind", ["strong", "weak"])
def test_rates(kind: Kind) -> None:
    found = scaled([30.0, 36.0, 45.0, 40.0, 38.0], [10.0] * 5, "higher", kind, 4.0)
    assert found is not None
    assert found.speedup == pytest.approx(3.8)
    assert found.efficiency.median == pytest.approx(0.95)
    assert (found.efficiency.low, found.efficiency.high) == (0.75, 1.125)
    assert (found.efficiency.n, found.efficiency.level) == (5, 0.9375)


def test_the_time_of_the_same_work_shrinks() -> None:
    found = scaled([3.0], [9.0], "lower", "strong", 4.0)
    assert found is not None
    assert (found.speedup, found.efficiency.median) == (3.0, 0.75)


def test_the_time_of_as_many_times_the_work_stays() -> None:
    found = scaled([10.0], [9.0], "lower", "weak", 4.0)
    assert found is not None
    assert (found.speedup, found.efficiency.median) == (0.9, 0.9)


def test_launches_are_paired_so_that_the_weather_cancels() -> None:
    found = scaled([20.0, 2.0], [10.0, 1.0], "higher", "strong", 2.0)
    assert found is not None
    assert (found.efficiency.low, found.efficiency.high) == (1.0, 1.0)


def test_no_launch_of_both() -> None:
    assert scaled([], [1.0], "higher", "strong", 2.0) is None
