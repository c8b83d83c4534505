"""Which end or link a slow pair is the fault of."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judge.fleet.pairs import Pairs, PairsJudged, judge
from harness.judge.fleet.table import Measurements, Metric
from harness.judge.fleet.thresholds import DEFAULT
from harness.judge.fleet.verdict import Verdict, judged
from harness.judge.fleet.views import Grade
from kernels.network.pairs.schedule import tournament
from tests.bench.fleets import names


def measured(
    nodes: int,
    seed: int,
    links: dict[tuple[int, int], float] | None = None,
    slow: dict[int, float] | None = None,
    better: str = "higher",
) -> Pairs:
    """All pairs at 1 % noise; some links and nodes have a part of what others have."""
    ends = tournament(nodes).reshape(-1, 2)
    value = 1.0 + 0.01 * np.random.default_rng(seed).standard_normal(len(ends))
    for (a, b), part in (links or {}).items():
        value[(ends[:, 0] == a) & (ends[:, 1] == b)] *= part
    for node, part in (slow or {}).items():
        value[(ends == node).any(axis=1)] *= part
    none = np.zeros(len(ends), np.int64)
    metric = Metric("bandwidth", "B/s", better)  # type: ignore[arg-type]
    of_pairs = tuple(str(one) for one in range(len(ends)))
    return Pairs(
        Measurements(of_pairs, (metric,), np.arange(len(ends)), none, none, none - 1, value), ends
    )


def rejected(found: PairsJudged) -> tuple[list[int], list[tuple[int, int]]]:
    nodes = np.flatnonzero(found.peers.grade[:, 0] == Grade.REJECT).tolist()
    return nodes, [(one.a, one.b) for one in found.links if one.grade is Grade.REJECT]


def test_a_slow_link_among_32_nodes_is_named_and_its_ends_are_not() -> None:
    trials = [
        rejected(judge(measured(32, i, {(3, 17): 0.9}), names(32), DEFAULT)) for i in range(100)
    ]
    assert trials.count(([], [(3, 17)])) >= 95


def test_a_slow_node_is_named_and_its_links_are_not() -> None:
    found = judge(measured(32, 1, slow={5: 0.9}), names(32), DEFAULT)
    assert rejected(found) == ([5], [])


def test_a_slow_node_a_slow_link_of_it_and_another_are_told_apart() -> None:
    pairs = measured(32, 1, {(3, 17): 0.8, (5, 20): 0.85}, {5: 0.9})
    found = judge(pairs, names(32), DEFAULT)
    nodes, links = rejected(found)
    assert (nodes, sorted(links)) == ([5], [(3, 17), (5, 20)])
    of_slow_end = next(one for one in found.links if one.a == 5)
    assert of_slow_end.expected == pytest.approx(0.9, abs=0.02)
    assert of_slow_end.deficit == pytest.approx(0.15, abs=0.04)


def test_two_slow_nodes_do_not_accuse_the_link_between_them() -> None:
    assert rejected(judge(measured(16, 2, slow={2: 0.9, 9: 0.88}), names(16), DEFAULT)) == (
        [2, 9],
        [],
    )


def test_a_latency_is_better_lower() -> None:
    found = judge(measured(16, 2, {(1, 2): 1.2}, {7: 1.1}, better="lower"), names(16), DEFAULT)
    assert rejected(found) == ([7], [(1, 2)])


def test_healthy_pairs_accuse_nobody() -> None:
    assert all(rejected(judge(measured(16, i), names(16), DEFAULT)) == ([], []) for i in range(50))


def test_too_few_nodes_cannot_tell_an_end_from_a_link() -> None:
    found = judge(measured(4, 1, {(0, 1): 0.5}), names(4), DEFAULT)
    assert rejected(found) == ([], [])
    assert found.peers.silent[0]


def test_links_of_two_kinds_are_said_so() -> None:
    """Two switches of 8: 56 of 120 links are inside of one."""
    across = {(a, b): 0.8 for a in range(8) for b in range(8, 16)}
    found = judge(measured(16, 3, across), names(16), DEFAULT)
    assert rejected(found) == ([], [])
    assert "links not judged: bimodal: 64 of 120 pairs" in found.unjudged[0]


def test_the_ends_of_a_slow_link_are_tested_again_and_a_slow_node_goes_back() -> None:
    empty = np.zeros(0, np.int64)
    nodes = Measurements(
        tuple(f"n{i}" for i in range(16)), (), empty, empty, empty, empty, np.zeros(0)
    )
    found = judged(nodes, pairs=measured(16, 4, {(3, 7): 0.8}, {5: 0.9}))
    expected = [Verdict.ACCEPT] * 16
    expected[3] = expected[7] = Verdict.RETEST
    expected[5] = Verdict.REJECT
    assert list(found.verdicts) == expected


def test_a_pair_without_a_value_passes_at_neither_end() -> None:
    pairs = measured(8, 1)
    pairs.table.value[0] = np.nan
    empty = np.zeros(0, np.int64)
    nodes = Measurements(
        tuple(f"n{i}" for i in range(8)), (), empty, empty, empty, empty, np.zeros(0)
    )
    verdicts = judged(nodes, pairs=pairs).verdicts
    again = {i for i, one in enumerate(verdicts) if one is Verdict.RETEST}
    assert again == set(pairs.ends[0].tolist())
