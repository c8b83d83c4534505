"""Verdicts on simulated fleets: nobody healthy goes back, and the slow ones are found."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judge.fleet import evidence
from harness.judge.fleet.table import Measurements, Metric, wanting
from harness.judge.fleet.verdict import Anchors, Verdict, judged
from harness.judge.fleet.views import Anchor, Stored
from tests.bench.fleets import lognormal, normal, rates, slow, table

ACCEPT, REJECT = Verdict.ACCEPT, Verdict.REJECT
RETEST, NOT_TESTED = Verdict.RETEST, Verdict.NOT_TESTED


@pytest.mark.parametrize("fleet", [normal(64, cv=0.05), lognormal(64, cv=0.05)])
def test_a_healthy_fleet_goes_nowhere(fleet: object) -> None:
    found = rates(fleet, 200)  # type: ignore[arg-type]
    assert found.rejected <= 0.01
    assert found.flagged <= 0.02


def test_many_metrics_do_not_make_a_healthy_node_bad() -> None:
    found = rates(normal(64, 20, cv=0.05), 20)
    assert found.rejected == 0.0
    assert found.flagged <= 0.02


def test_one_slow_node_of_many_is_the_only_rejection() -> None:
    assert rates(slow(64, 1, 0.94, 0.01), 300, bad=1).exact >= 0.95


def test_a_slow_minority_is_found() -> None:
    """Their share is too large for a mean, and for the median absolute deviation."""
    assert rates(slow(8, 3, 0.94, 0.003), 200, bad=3).exact >= 0.95


def test_a_slow_minority_of_few_noisy_nodes_is_measured_again() -> None:
    found = rates(slow(8, 3, 0.94, 0.01), 100, bad=3, seed=4)
    assert found.noticed >= 0.7
    healthy = rates(normal(8, cv=0.05), 200, seed=5)
    assert healthy.flagged <= 0.02


def test_the_group_of_a_slow_minority_is_said() -> None:
    value = np.array([0.94, 0.945, 0.935, 1.0, 1.01, 0.995, 1.004, 0.998])
    found = judged(table(value))
    fleet = found.fleets[0]
    assert fleet is not None
    assert fleet.slow == (0, 1, 2)
    lines = [one.remark for one in evidence.of_node(found, 1)]
    assert "3 of 8 nodes stand together behind the others" in lines


def test_one_very_slow_node_of_five_is_found() -> None:
    assert rates(slow(5, 1, 0.7, 0.01), 200, bad=1).exact >= 0.95


def test_a_lower_value_of_a_time_is_better() -> None:
    value = np.array([1.0, 1.001, 0.999, 1.002, 0.998, 1.3, 0.7])
    assert judged(table(value, "lower")).verdicts[5:] == (REJECT, ACCEPT)
    assert judged(table(value, "higher")).verdicts[5:] == (ACCEPT, REJECT)


def test_half_a_fleet_that_is_slow_is_no_matter_for_peers() -> None:
    value = slow(64, 32, 0.91, 0.01)(np.random.default_rng(1))
    found = judged(table(value))
    assert set(found.verdicts) == {RETEST}
    assert "bimodal" in found.views[2].silent[0]
    assert found.fleets[0] is not None
    assert found.fleets[0].groups is not None
    assert found.fleets[0].groups.behind == pytest.approx(0.09, abs=0.01)


def test_an_anchor_rejects_the_slow_half() -> None:
    value = slow(64, 32, 0.91, 0.005)(np.random.default_rng(1))
    found = judged(table(value), Anchors({"m0": Anchor(0.95, "contract")}))
    assert found.verdicts == (REJECT,) * 32 + (ACCEPT,) * 32


def test_a_stored_baseline_rejects_the_slow_half() -> None:
    value = slow(64, 32, 0.91, 0.01)(np.random.default_rng(1))
    found = judged(table(value), Anchors(baseline={"m0": Stored(1.0, 0.01, 64, "")}))
    assert found.verdicts[:32].count(REJECT) >= 30
    assert set(found.verdicts[32:]) == {ACCEPT}


@pytest.mark.parametrize("nodes", [1, 2, 4])
def test_too_few_nodes_are_not_judged_by_peers(nodes: int) -> None:
    value = np.ones(nodes)
    value[0] = 0.5
    found = judged(table(value))
    assert set(found.verdicts) == {RETEST}
    assert "of the 5 nodes" in found.views[2].silent[0]
    anchored = judged(table(value), Anchors({"m0": Anchor(0.9, "")})).verdicts
    assert anchored == (REJECT,) + (ACCEPT,) * (nodes - 1)


def test_equal_values_are_accepted() -> None:
    found = judged(table(np.ones((10, 3, 4))))
    assert set(found.verdicts) == {ACCEPT}
    assert np.all(found.views[2].sd == 0.0)


def test_equal_values_but_one() -> None:
    value = np.ones(8)
    value[3] = 0.9
    assert judged(table(value)).verdicts == (ACCEPT,) * 3 + (REJECT,) + (ACCEPT,) * 4


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 0.0, -1.0])
def test_what_is_no_measurement_never_passes(bad: float) -> None:
    value = np.ones(8)
    value[2] = bad
    found = judged(table(value)).verdicts
    assert found == (ACCEPT,) * 2 + (NOT_TESTED,) + (ACCEPT,) * 5


def test_a_fleet_without_any_value_is_not_tested() -> None:
    assert set(judged(table(np.full(6, np.nan))).verdicts) == {NOT_TESTED}


def test_a_failed_repetition_is_measured_again() -> None:
    value = np.ones((8, 1, 5))
    value[2, 0, 3] = np.nan
    assert judged(table(value)).verdicts == (ACCEPT,) * 2 + (RETEST,) + (ACCEPT,) * 5


def test_a_missing_metric_of_one_node_never_passes() -> None:
    full = table(np.ones((6, 2)))
    keep = ~((full.node == 4) & (full.metric == 1))
    part = Measurements(
        full.nodes, full.metrics, full.node[keep], full.metric[keep], full.repetition[keep],
        full.rank[keep], full.value[keep],
    )  # fmt: skip
    assert judged(part).verdicts == (ACCEPT,) * 4 + (NOT_TESTED, ACCEPT)


def test_a_metric_or_a_node_that_is_wanted_and_not_there_never_passes() -> None:
    full = table(np.ones(6))
    without = judged(wanting(full, [Metric("hpl", "flop/s", "higher")]))
    assert set(without.verdicts) == {NOT_TESTED}
    assert judged(wanting(full, nodes=["n5", "n6"])).verdicts == (ACCEPT,) * 6 + (NOT_TESTED,)


def test_a_rejection_outweighs_what_is_missing() -> None:
    value = np.ones((8, 2))
    value[0] = 0.5, np.nan
    assert judged(table(value)).verdicts[0] is REJECT


def test_no_errors_are_better_than_any() -> None:
    """A count of 0 is a measurement; a few beside many zeros have no relative difference."""
    assert set(judged(table(np.zeros(6), "lower")).verdicts) == {ACCEPT}
    errors = np.array([0.0, 0, 0, 0, 0, 5])
    assert judged(table(errors, "lower")).verdicts == (ACCEPT,) * 5 + (RETEST,)
    none = Anchors({"m0": Anchor(0.0, "none are allowed")})
    assert judged(table(errors, "lower"), none).verdicts == (ACCEPT,) * 5 + (REJECT,)


def test_a_value_within_the_noise_of_an_anchor_is_measured_again() -> None:
    value = np.array([1.0, 0.995, 0.98])
    found = judged(table(value), Anchors({"m0": Anchor(1.0, "")}))
    assert found.verdicts == (ACCEPT, RETEST, REJECT)


def test_a_noisy_node_is_measured_again_before_it_goes_back() -> None:
    rng = np.random.default_rng(3)
    value = 1.0 + 0.002 * rng.standard_normal((32, 1, 4))
    value[0, 0] = 0.70, 0.99, 1.0, 0.80
    assert judged(table(value)).verdicts == (RETEST,) + (ACCEPT,) * 31


def test_small_differences_do_not_count_however_certain() -> None:
    value = np.ones(32)
    value[0] = 0.98
    assert set(judged(table(value)).verdicts) == {ACCEPT}


def test_the_order_of_samples_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    made = table(slow(16, 2, 0.9, 0.01)(rng)[:, None, None] * rng.normal(1, 0.001, (16, 2, 5)))
    mixed = rng.permutation(made.value.size)
    other = Measurements(
        made.nodes, made.metrics, made.node[mixed], made.metric[mixed], made.repetition[mixed],
        made.rank[mixed], made.value[mixed],
    )  # fmt: skip
    one, two = judged(made), judged(other)
    assert one.verdicts == two.verdicts
    assert np.array_equal(one.cells.value, two.cells.value)
    assert np.array_equal(one.views[2].p, two.views[2].p)
