"""Findings beside numbers, and second measurements: what becomes of a verdict."""

from __future__ import annotations

import numpy as np
import pytest

from harness.acceptance import again
from harness.judge.fleet import findings
from harness.judge.fleet.findings import Finding
from harness.judge.fleet.table import Measurements, Metric
from harness.judge.fleet.verdict import Anchors, Judged, Verdict, judged
from harness.judge.fleet.views import Anchor

METRIC = Metric("dgemm.star_flop_rate", "flop/s", "higher")


def table(values: dict[str, float], metric: Metric = METRIC) -> Measurements:
    """Three repetitions of one metric on each node."""
    names = tuple(values)
    node = np.repeat(np.arange(len(names)), 3)
    value = np.concatenate([[v * 0.999, v, v * 1.001] for v in values.values()])
    zero = np.zeros(len(node), np.int64)
    return Measurements(
        names, (metric,), node, zero, np.tile(np.arange(3), len(names)), zero - 1, value
    )


def fleet(**slow: float) -> Judged:
    """Eight nodes, some of them slow."""
    values = {f"n{i}": 100.0 * (1 + 0.002 * (i % 3)) for i in range(8)}
    return judged(table(values | slow))


def verdicts(found: Judged) -> dict[str, str]:
    pairs = zip(found.table.nodes, found.verdicts, strict=True)
    return {name: str(one) for name, one in pairs if one is not Verdict.ACCEPT}


def finding(verdict: Verdict, node: str = "n2") -> Finding:
    return Finding(node, "consistency", "kernel", verdict, "kernel 5.10")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([Verdict.RETEST], "re-test"),
        ([Verdict.RETEST, Verdict.REJECT], "reject"),
        ([Verdict.NOT_TESTED, Verdict.RETEST], "not tested"),
        ([Verdict.NOT_TESTED, Verdict.REJECT], "reject"),
    ],
)
def test_the_worst_counts(given: list[Verdict], expected: str) -> None:
    found = findings.beside(fleet(), [finding(one) for one in given])
    assert verdicts(found) == {"n2": expected}


def test_what_is_not_confirmed_is_a_retest() -> None:
    found = fleet(n4=60.0, n6=60.0)
    assert verdicts(found) == {"n4": "reject", "n6": "reject"}
    assert verdicts(findings.beside(found, [], {"n4"})) == {"n4": "re-test", "n6": "reject"}


@pytest.mark.parametrize(
    ("second", "control", "stands", "words"),
    [
        (61.0, 100.0, True, "confirmed by re-measurement beside n1"),
        (99.0, 100.0, False, "not confirmed by re-measurement beside n1"),
        (82.0, 100.0, False, "not confirmed"),  # not half of what it was
        (61.0, 62.0, False, "the control is behind too"),
        (float("nan"), 100.0, False, "it has no value"),
    ],
)
def test_a_second_measurement(second: float, control: float, stands: bool, words: str) -> None:
    values = again.values(table({"n4": second, "n1": control}))
    found = again.compared(fleet(n4=60.0), values, "n1", {})
    (one,) = found.findings
    assert (one.node, one.verdict is Verdict.REJECT, words in one.line) == ("n4", stands, True)
    assert found.unconfirmed == (frozenset() if stands else {"n4"})


def test_a_time_is_worse_where_it_is_longer() -> None:
    metric = Metric("pingpong.latency", "s", "lower")
    values = {f"n{i}": 1e-6 * (1 + 0.002 * (i % 3)) for i in range(8)} | {"n4": 1.6e-6}
    found = judged(table(values, metric))
    second = table({"n4": 1.58e-6, "n1": 1e-6}, metric)
    assert not again.compared(found, again.values(second), "n1", {}).unconfirmed
    assert again.kernels(found) == {"pingpong"}


def test_a_run_that_failed_confirms_nothing() -> None:
    empty = table({"n1": 100.0})
    found = again.compared(fleet(n4=60.0), again.values(empty), "n1", {"n4": "a node was lost"})
    assert found.unconfirmed == {"n4"}
    assert "measured again, a node was lost" in found.findings[0].line


def test_only_what_a_view_found_bad_is_suspected() -> None:
    """Two nodes that no peers can judge are no suspects; below an anchor they are."""
    two = table({"n1": 100.0, "n2": 60.0})
    assert again.suspects(judged(two)) == []
    anchored = judged(two, Anchors({METRIC.name: Anchor(90.0, "offer")}))
    assert again.suspects(anchored) == ["n2"]
