"""Links within switches and across them: two kinds, each judged among its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.judge.fleet import kinds
from harness.judge.fleet.pairs import Pairs, PairsJudged, judge
from harness.judge.fleet.thresholds import DEFAULT
from harness.judge.fleet.views import Grade
from kernels.network.pairs.schedule import tournament
from tests.bench.fleets import SWITCHES, names, switched

TRIALS = 60


def judged(pairs: Pairs, blocks: kinds.Blocks = SWITCHES) -> PairsJudged:
    return judge(pairs, names(32), DEFAULT, blocks)


def flagged(found: PairsJudged) -> set[int]:
    """Nodes that are not accepted."""
    return set(np.flatnonzero((found.peers.grade >= Grade.RETEST).any(axis=1)).tolist())


def slow(found: PairsJudged) -> list[tuple[int, int, str]]:
    return [(one.a, one.b, one.kind) for one in found.links]


def rejected(found: PairsJudged) -> list[int]:
    return np.flatnonzero(found.peers.grade[:, 0] == Grade.REJECT).tolist()


def test_a_healthy_fleet_of_four_switches_is_accepted() -> None:
    found = [judged(switched(seed)) for seed in range(TRIALS)]
    assert sum(len(flagged(one)) for one in found) <= 0.02 * 32 * TRIALS
    assert {one.unjudged for one in found} == {("",)}


def test_without_blocks_it_is_bimodal_and_the_blocks_are_asked_for() -> None:
    """112 of 496 links are too few for that: two switches of 16, where half of them are within."""
    wide = switched(1)
    halves = {"a": names(32)[:16], "b": names(32)[16:]}
    across = wide.ends[:, 0] // 16 != wide.ends[:, 1] // 16
    value = np.where(across, 0.7, 1.0) * (1.0 + 0.01 * np.random.default_rng(1).normal(size=496))
    pairs = replace(wide, table=replace(wide.table, value=value))
    assert "`blocks` in cluster.yaml" in judged(pairs, {}).unjudged[0]
    assert judged(pairs, halves).unjudged == ("",)
    assert not judged(pairs, halves).links


def test_a_slow_link_within_and_one_across_are_named() -> None:
    wrong = 0
    for seed in range(TRIALS):
        found = judged(switched(seed, {(1, 3): 0.9, (4, 20): 0.9}))
        wanted = [(1, 3, kinds.WITHIN), (4, 20, kinds.ACROSS)]
        wrong += sorted(slow(found)) != wanted or flagged(found) != {1, 3, 4, 20}
    assert wrong <= 0.05 * TRIALS


def test_a_link_across_is_expected_at_what_others_across_have() -> None:
    found = judged(switched(1, {(1, 3): 0.8, (4, 20): 0.8}))
    expected = {one.kind: one.expected for one in found.links}
    assert expected[kinds.WITHIN] == pytest.approx(1.0, rel=0.01)
    assert expected[kinds.ACROSS] == pytest.approx(0.7, rel=0.01)


def test_a_slow_adapter_is_that_of_its_node_and_no_link_is_accused() -> None:
    found = [judged(switched(seed, node=0.85)) for seed in range(TRIALS)]
    right = [rejected(one) == [5] and flagged(one) == {5} and not one.links for one in found]
    assert sum(right) >= 0.95 * TRIALS


def test_a_slow_link_of_a_slow_node_is_still_told() -> None:
    found = judged(switched(2, {(5, 20): 0.8}, node=0.85))
    assert rejected(found) == [5]
    assert slow(found) == [(5, 20, kinds.ACROSS)]
    assert found.links[0].expected == pytest.approx(0.7 * 0.85, rel=0.03)


def test_the_value_of_a_node_is_that_of_the_most_frequent_kind() -> None:
    """Though a node of a larger switch has more links within it."""
    uneven = {"large": names(32)[:20], "small": names(32)[20:]}
    wide = switched(3)
    at = np.array(kinds.of_nodes(names(32), uneven))[wide.ends]
    value = np.where(at[:, 0] == at[:, 1], 1.0, 0.7)
    found = judged(replace(wide, table=replace(wide.table, value=value)), uneven)
    assert found.cells.value[:, 0] == pytest.approx(np.full(32, 1.0))
    assert [(one.name, one.fleet and one.fleet.nodes) for one in found.kinds[0]] == [
        (kinds.WITHIN, 190 + 66),
        (kinds.ACROSS, 240),
    ]


def test_two_groups_of_one_kind_are_told_of_that_kind_alone() -> None:
    """Every second link across is half as fast: only links across are not judged."""
    wide = switched(4, {(1, 3): 0.9})
    half = (wide.ends[:, 0] // 8 != wide.ends[:, 1] // 8) & (wide.ends.sum(axis=1) % 2 > 0)
    value = np.where(half, 0.5, 1.0) * wide.table.value
    found = judged(replace(wide, table=replace(wide.table, value=value)))
    assert found.unjudged[0].startswith("links across blocks not judged: bimodal:")
    assert "within" not in found.unjudged[0]
    assert slow(found) == [(1, 3, kinds.WITHIN)]


def test_few_links_of_a_kind_are_not_judged_and_the_others_are() -> None:
    ends = tournament(6).reshape(-1, 2)
    blocks = {"a": ["n0", "n1"], "b": ["n2", "n3"], "c": ["n4", "n5"]}
    few = switched(0)
    kept = [int(np.flatnonzero((few.ends == one).all(axis=1))[0]) for one in ends.tolist()]
    table = few.table
    value = np.where(table.value[kept] < 0.9, 0.7, 1.0)
    none = np.zeros(15, np.int64)
    of_six = replace(
        table, nodes=table.nodes[:15], node=np.arange(15), metric=none,
        repetition=none, rank=none - 1, value=value,
    )  # fmt: skip
    found = judge(Pairs(of_six, ends), names(6), DEFAULT, blocks)
    why = "3 of the 5 pairs that peers need have a value"
    assert found.unjudged[0] == f"links within blocks not judged: {why}"


def test_links_of_a_node_in_no_block_are_a_kind_of_their_own() -> None:
    fewer = {name: list(nodes) for name, nodes in SWITCHES.items()}
    fewer["switch3"].remove("n31")
    of = kinds.kinds(switched(0).ends, names(32), fewer)
    assert of.names == (kinds.WITHIN, kinds.ACROSS, kinds.OUTSIDE)
    assert np.bincount(of.of).tolist() == [3 * 28 + 21, 8 * 8 * 3 + 8 * 7 * 3, 31]
    assert np.all((switched(0).ends[of.of == 2] == 31).any(axis=1))


def test_blocks_of_other_nodes_or_one_block_for_all_change_nothing() -> None:
    pairs = switched(5)
    for blocks in ({}, {"a": ["x", "y"]}, {"a": names(32)}):
        assert kinds.kinds(pairs.ends, names(32), blocks).names == ("",)
        assert judged(pairs, blocks).kinds == ((),)


def test_hosts_are_found_with_their_domain_and_with_numbers_of_ends() -> None:
    blocks = {"a": ["n1"], "b": ["n2.cluster"]}
    assert kinds.of_nodes(["n1.cluster", "n2", "n2:1", "n3"], blocks) == [0, 1, 1, -1]


def test_a_latency_is_worse_across_and_its_slow_link_is_named() -> None:
    made = switched(6, {(4, 20): 0.85})
    metric = (replace(made.table.metrics[0], better="lower"),)
    table = replace(made.table, metrics=metric, value=1.0 / made.table.value)
    found = judged(replace(made, table=table))
    assert slow(found) == [(4, 20, kinds.ACROSS)]
    assert flagged(found) == {4, 20}
