"""How often intervals hold the truth and comparisons err, by simulation with fixed seeds.

Larger simulations, with the figures that docs/compare.md cites: tests/simulations/comparing.py.
"""

from __future__ import annotations

import pytest

from tests.simulations import comparing
from tests.simulations.comparing import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_interval_of_a_median_covers_it(kind: str) -> None:
    for n in range(6, 51):
        held, level = comparing.covered_median(kind, n, 2000)
        assert held >= 0.94, n
        assert level >= 0.95, n


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_fewer_samples_say_which_level_they_have(n: int) -> None:
    held, level = comparing.covered_median("log-normal", n, 20_000)
    assert level == pytest.approx(1.0 - 2.0 ** (1 - n))
    assert held == pytest.approx(level, abs=0.01)


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("kind", KINDS)
def test_the_interval_of_a_ratio_covers_it(kind: str, n: int) -> None:
    assert comparing.covered_ratio(kind, n, 20_000) >= 0.94


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_thousand_tables_without_change_few_show_a_regression(kind: str) -> None:
    share, faster = comparing.alarms(kind, 5, 1000)
    assert share <= 0.05
    assert faster <= 50  # no side is favoured


@pytest.mark.parametrize("noise", [0.01, 0.02])
def test_a_drop_of_a_tenth_is_found(noise: float) -> None:
    assert comparing.power("normal", 5, 400, noise, 0.10) >= 0.95
