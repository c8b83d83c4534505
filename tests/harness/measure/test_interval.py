"""The interval of the median: its values, and that it covers what it claims."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.interval import LEVEL, median_interval

# Tables of the sign test: the k of the interval [x(k), x(n+1-k)] of at least 95 %.
RANKS = {6: 1, 7: 1, 8: 1, 9: 2, 10: 2, 12: 3, 15: 4, 20: 6, 25: 8, 30: 10, 40: 14, 50: 18}
SETS = 20_000
DRAWS = {
    "normal": lambda rng, shape: rng.normal(10.0, 1.0, shape),
    "log-normal": lambda rng, shape: rng.lognormal(0.0, 1.0, shape),
    "bimodal": lambda rng, shape: rng.normal(0.0, 0.1, shape) + 10.0 * (rng.random(shape) < 0.6),
}
MEDIANS = {"normal": 10.0, "log-normal": 1.0}


@pytest.mark.parametrize(("n", "k"), RANKS.items())
def test_which_order_statistics(n: int, k: int) -> None:
    found = median_interval(list(range(1, n + 1)))
    assert (found.low, found.high) == (k, n + 1 - k)
    assert found.level >= LEVEL
    assert found.n == n


@pytest.mark.parametrize(
    ("n", "level"), [(1, 0.0), (2, 0.5), (3, 0.75), (4, 0.875), (5, 0.9375), (6, 0.96875)]
)
def test_few_samples_give_their_range_and_the_level_it_has(n: int, level: float) -> None:
    found = median_interval([float(i) for i in range(n)])
    assert (found.low, found.high, found.level) == (0.0, n - 1.0, level)


def test_no_samples() -> None:
    with pytest.raises(ValueError, match="no samples"):
        median_interval([])


def _median(name: str) -> float:
    """The true median; of the bimodal one the quantile 1/6 of its upper peak."""
    if name in MEDIANS:
        return MEDIANS[name]
    return 10.0 + 0.1 * -0.967421566101701


@pytest.mark.parametrize("name", DRAWS)
def test_coverage(name: str) -> None:
    """The k of each n is taken from the code; the sorting of 45 x 20000 sets is NumPy's."""
    rng = np.random.default_rng(20261123)
    true = _median(name)
    for n in range(6, 51):
        chosen = median_interval(list(range(n)))
        samples = np.sort(DRAWS[name](rng, (SETS, n)), axis=1)
        low, high = samples[:, int(chosen.low)], samples[:, int(chosen.high)]
        covered = float(np.mean((low <= true) & (true <= high)))
        assert covered >= 0.94, n
        assert covered == pytest.approx(chosen.level, abs=5 * math.sqrt(0.05 / SETS))


SAMPLES = st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=60)


@given(SAMPLES, st.randoms())
def test_properties(samples: list[float], random: object) -> None:
    found = median_interval(samples)
    assert found.low <= found.median <= found.high
    assert found.median == pytest.approx(np.median(samples), rel=1e-12)
    assert {found.low, found.high} <= set(samples)
    assert 0.0 <= found.level <= 1.0
    assert median_interval(sorted(samples, reverse=True)) == found
    assert found.relative >= 0.0


def test_relative_width() -> None:
    assert median_interval([1.0]).relative == math.inf
    assert median_interval([-1.0, 0.0, 1.0]).relative == math.inf
    assert median_interval([9.0, 10.0, 11.0]).relative == pytest.approx(0.1)
    assert median_interval([-9.0, -10.0, -11.0]).relative == pytest.approx(0.1)
    assert median_interval([5.0] * 8).relative == 0.0


@pytest.mark.parametrize("n", [1000, 1030, 5001])
def test_thousands_of_samples_are_as_a_normal_distribution_has_it(n: int) -> None:
    found = median_interval([float(one) for one in range(n)])
    assert found.level == pytest.approx(0.95, abs=0.012)
    assert found.low == pytest.approx((n - 1.96 * math.sqrt(n)) / 2.0, abs=2.0)
