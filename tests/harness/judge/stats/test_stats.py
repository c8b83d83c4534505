"""Statistics against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import linprog

from harness.judge import noticed
from harness.judge.stats import bootstrap, drift, effect, modes, multiple, outliers, spread
from harness.judge.stats.difference import Centres, difference


def centres(values: NDArray[np.float64]) -> Centres:
    n = values.size
    return Centres(*(np.array([one]) for one in (values.mean(), values.var(ddof=1) / n, n - 1.0)))


def test_a_difference_lies_between_welch_and_student() -> None:
    generator = np.random.default_rng(1)
    for n, m in ((5, 5), (5, 12), (30, 40)):
        one, other = generator.normal(0.0, 1.0, n), generator.normal(0.5, 2.0, m)
        found = difference(centres(one), centres(other))
        welch = stats.ttest_ind(other, one, equal_var=False)
        assert found.estimate[0] == pytest.approx(other.mean() - one.mean())
        assert found.p[0] == pytest.approx(welch.pvalue, rel=0.2)
        assert min(n, m) - 1 <= found.freedom[0] <= n + m - 2
        low, high = welch.confidence_interval(0.95)
        assert (found.low[0], found.high[0]) == pytest.approx((low, high), rel=0.25, abs=0.05)


def test_adjusted_p_values_are_those_of_scipy() -> None:
    generator = np.random.default_rng(2)
    p = generator.random((4, 50)) ** 3
    assert multiple.adjusted(p) == pytest.approx(stats.false_discovery_control(p, axis=-1))


@pytest.mark.parametrize(
    ("first", "second", "delta"),
    [((1, 2), (3, 4), 1.0), ((3, 4), (1, 2), -1.0), ((1, 2), (1, 2), 0.0), ((1, 3), (2,), 0.0)],
)
def test_cliffs_delta(first: tuple[float, ...], second: tuple[float, ...], delta: float) -> None:
    assert effect.cliffs_delta(first, second) == delta


def test_the_bootstrap_draws_launches_first() -> None:
    """Three launches that agree within and differ among themselves: the interval spans them."""
    launches = [[level + 0.001 * i for i in range(10)] for level in (1.0, 1.1, 1.2)]
    found = bootstrap.median_of(launches)
    assert found.median == pytest.approx(1.1045)
    assert found.low < 1.02
    assert found.high > 1.18
    assert bootstrap.median_of(launches) == found  # a fixed seed
    alone = bootstrap.median_of([launches[0]])
    assert alone.high - alone.low < 0.01


def test_the_bootstrap_of_one_launch_is_that_of_its_samples() -> None:
    samples = np.random.default_rng(3).normal(10.0, 1.0, 40)
    found = bootstrap.median_of([samples.tolist()])
    known = stats.bootstrap((samples,), np.median, rng=4, method="percentile").confidence_interval
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.1)


def test_launches_of_unequal_length_are_drawn_within_their_own() -> None:
    found = bootstrap.median_of([[1.0] * 3, [1.0] * 50, [], [1.0]])
    assert (found.median, found.low, found.high, found.n) == (1.0, 1.0, 1.0, 54)
    with pytest.raises(ValueError, match="no samples"):
        bootstrap.median_of([[], []])


def least_distance(x: NDArray[np.float64]) -> float:
    """The dip by its definition: a linear programme for each place of the mode."""
    return min(_with_mode(x, mode) for mode in range(x.size))


def _with_mode(x: NDArray[np.float64], mode: int) -> float:
    """Unknowns: the function just below each sample, at it, and the distance."""
    n = x.size
    rows, limits, equal = [], [], []

    def row(*parts: tuple[int, float]) -> NDArray[np.float64]:
        made = np.zeros(2 * n + 1)
        for place, factor in parts:
            made[place] += factor
        return made

    for i in range(n):
        for place, value in ((n + i, (i + 1) / n), (i, i / n)):
            rows += [row((place, 1), (2 * n, -1)), row((place, -1), (2 * n, -1))]
            limits += [value, -value]
        rows.append(row((i, 1), (n + i, -1)))
        limits.append(0.0)
        if i != mode:
            equal.append(row((i, 1), (n + i, -1)))
        if 0 < i < n - 1 and i != mode:
            sign = 1.0 if i < mode else -1.0
            before, after = sign / (x[i] - x[i - 1]), sign / (x[i + 1] - x[i])
            rows.append(row((i, before), (n + i - 1, -before), (i + 1, -after), (n + i, after)))
            limits.append(0.0)
        if i < n - 1:
            rows.append(row((n + i, 1), (i + 1, -1)))
            limits.append(0.0)
    goal = row((2 * n, 1))
    found = linprog(goal, np.array(rows), limits, np.array(equal), np.zeros(n - 1), (0, 1))
    return float(found.fun)


@pytest.mark.parametrize("n", [4, 6, 9, 12])
def test_the_dip_is_the_distance_to_the_nearest_unimodal_distribution(n: int) -> None:
    generator = np.random.default_rng(n)
    one_mode = np.sort(generator.random(n))
    two_modes = np.sort(generator.random(n) + 3.0 * (np.arange(n) < n // 2))
    for x in (one_mode, two_modes):
        assert modes.dip(x) == pytest.approx(least_distance(x), abs=1e-9)


def test_two_modes_are_noticed_and_described() -> None:
    generator = np.random.default_rng(5)
    samples = np.concatenate([generator.normal(9.6, 0.1, 12), generator.normal(2.6, 0.1, 8)])
    found = modes.two(generator.permutation(samples).tolist())
    assert found is not None
    assert (found.low, found.high) == pytest.approx((2.6, 9.6), abs=0.15)
    assert found.share == pytest.approx(0.4)
    assert modes.two(samples[:11].tolist()) is None  # too few


@pytest.mark.parametrize("kind", ["uniform", "normal", "log-normal"])
@pytest.mark.parametrize("n", [12, 40])
def test_one_mode_is_hardly_ever_called_two(kind: str, n: int) -> None:
    from tests.simulations import noticing

    assert noticing.called_bimodal(kind, n, 1000) <= 0.02


def test_ties_and_equal_samples_have_one_mode() -> None:
    assert modes.two([1.0] * 40) is None
    assert modes.dip(np.array([1.0])) == 0.5


def test_a_drift_is_measured_with_its_interval() -> None:
    generator = np.random.default_rng(6)
    trend = 1.0 + 0.05 * np.linspace(-0.5, 0.5, 20)
    launches = trend * np.exp(0.005 * generator.standard_normal((3, 20)))
    found = drift.drift(launches.tolist())
    assert found is not None
    assert found.low < 0.05 < found.high
    assert found.change == pytest.approx(0.05, abs=0.01)
    assert found.matters
    known = stats.theilslopes(launches[0], alpha=0.99)
    alone = drift.drift([launches[0].tolist()])
    assert alone is not None
    scale = 19 / np.median(launches[0])
    assert alone.change == pytest.approx(known.slope * scale)
    assert (alone.low, alone.high) == pytest.approx(
        (known.low_slope * scale, known.high_slope * scale), abs=0.002
    )


def test_launches_at_different_levels_are_no_drift() -> None:
    generator = np.random.default_rng(7)
    launches = [level * np.exp(0.01 * generator.standard_normal(10)) for level in (1.0, 1.1, 1.2)]
    found = drift.drift([one.tolist() for one in launches])
    assert found is not None
    assert not found.matters
    assert drift.drift([[1.0, 2.0, 3.0]] * 9) is None  # too few in a launch


def test_far_samples_are_named() -> None:
    samples = [1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0, 1.01, 2.0, 0.5]
    assert outliers.far(samples) == (2.0, 0.5)
    assert outliers.far(samples[:7]) == ()
    assert outliers.far([1.0] * 9 + [1.001]) == ()  # a step of the clock
    assert outliers.far([1.0] * 9 + [1.5]) == (1.5,)


def test_what_is_noticed_is_said() -> None:
    generator = np.random.default_rng(8)
    quiet = np.exp(0.01 * generator.standard_normal(30))
    assert list(noticed.remarks("rate", [quiet.tolist()], "B/s")) == []
    disturbed = [*quiet.tolist()[:-1], 0.5]
    (words,) = noticed.remarks("rate", [disturbed], "B/s")
    assert words == (
        "rate: 1 of 30 samples lies far from the others (0.5 to 0.5 B/s); none is left out"
    )
    rising = (quiet * np.linspace(1.0, 1.3, 30)).tolist()
    assert any("rate drifts by +2" in one for one in noticed.remarks("rate", [rising], "B/s"))
    two = np.concatenate([quiet, 0.5 * quiet]).tolist()
    assert any(
        "rate has two modes: 50% of 60" in one for one in noticed.remarks("rate", [two], "B/s")
    )


def test_the_spread_between_runs_hardly_feels_a_step() -> None:
    generator = np.random.default_rng(9)
    flat = np.exp(0.01 * generator.standard_normal((500, 20)))
    stepped = flat * np.where(np.arange(20) < 12, 1.0, 0.9)
    found = [[spread.of_runs(one.tolist()) for one in many] for many in (flat, stepped)]
    typical = [np.median([one.deviation for one in many if one]) for many in found]
    assert typical[0] == pytest.approx(0.01, rel=0.05)
    assert typical[1] < 0.022
    assert spread.of_runs([1.0] * 4) is None
    assert spread.of_runs([1.0] * 5) == spread.Spread(0.0, 5, pytest.approx(32 / 11), 0.0)
