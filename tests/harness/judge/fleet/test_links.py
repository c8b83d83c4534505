"""Pairs of nodes out of recorded runs: which rank is which node, and which links are slow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.errors import CannotMeasure
from harness.judge.fleet import links
from harness.judge.fleet.pairs import judge
from harness.judge.fleet.thresholds import DEFAULT
from harness.judge.fleet.views import Grade
from harness.record import splits
from harness.record.recorded import Recorded
from harness.record.splits import Splits
from kernels.network.pairs import schedule
from kernels.network.pairs.kernel import Pairs as Kernel
from tests.harness.judge.examples import recorded, summary


def case(kernel: Kernel) -> Recorded:
    parameters = {name: getattr(kernel, name) for name in ("message", "ends", "lanes", "at_once")}
    about: dict[str, Any] = {"kernel": "pairs", "parameters": parameters}
    return recorded("r", {"bandwidth": summary((1.0,))}, **about)


def told(
    kernel: Kernel,
    orders: list[list[int]],
    slow: dict[frozenset[int], float],
    each: int = 1,
    repetitions: int = 3,
) -> Splits:
    """What ranks tell of a fleet at 1 % noise. orders : [launch] nodes of the ends; slow : links.

    Lanes beyond the first are a little faster: a pair is as slow as its slowest rank.
    """
    rng = np.random.default_rng(3)
    rounds = schedule.meetings(kernel.ends, kernel.at_once)
    shape = (len(orders), repetitions, kernel.ends * each, len(rounds))
    seconds = np.full(shape, 1e-9)  # of who rests
    for i, order in enumerate(orders):
        for at, one in enumerate(rounds):
            for a, b in one:
                factor = slow.get(frozenset((order[a], order[b])), 1.0)
                took = factor * (1.0 + 0.01 * rng.standard_normal(repetitions))
                for end in (a, b):
                    for lane in range(each):
                        seconds[i, :, end * each + lane, at] = took * (1.0 - 0.1 * lane)
    hosts = tuple(tuple(f"node{one:02d}" for one in order for _ in range(each)) for order in orders)
    return Splits({"latency": seconds, "bandwidth": seconds}, hosts)


def of(monkeypatch: pytest.MonkeyPatch, kernel: Kernel, found: Splits) -> links.Links:
    monkeypatch.setattr(splits, "of", lambda path: found)
    return links.of_record(case(kernel))


def named(found: links.Links) -> list[tuple[str, str]]:
    judged = judge(found.pairs, found.nodes, DEFAULT)
    return [
        (found.nodes[one.a], found.nodes[one.b])
        for one in judged.links
        if one.grade is Grade.REJECT and judged.metrics[one.metric].name == "pairs.bandwidth"
    ]


@pytest.mark.parametrize(("nodes", "at_once"), [(16, 8), (15, 3)])
def test_the_slow_link_is_that_of_the_right_nodes(
    nodes: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a second launch has the ranks in another order."""
    kernel = Kernel(message=2**20, ends=nodes, lanes=2, at_once=at_once)
    orders = [list(range(nodes)), list(range(nodes))[::-1]]
    found = of(monkeypatch, kernel, told(kernel, orders, {frozenset((3, 11)): 1.25}, each=2))
    assert found.nodes == tuple(f"node{one:02d}" for one in range(nodes))
    assert named(found) == [("node03", "node11")]


def test_values_are_those_of_the_slower_end(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(message=2**20, ends=2, at_once=1)
    times = np.array([0.5, 0.25]).reshape(1, 1, 2, 1)
    found = of(monkeypatch, kernel, Splits({"latency": times, "bandwidth": times}, (("b", "a"),)))
    assert found.nodes == ("a", "b")
    assert [one.name for one in found.pairs.table.metrics] == ["pairs.latency", "pairs.bandwidth"]
    np.testing.assert_allclose(found.pairs.table.value, [0.5 / 1000, 2 * 2**26 / 0.5])


def test_ends_become_those_of_a_larger_fleet(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(message=2**20, ends=2, at_once=1)
    found = of(monkeypatch, kernel, told(kernel, [[4, 7]], {}))
    assert found.among(["node00", "node07", "node04"]).ends.tolist() == [[2, 1]]
    with pytest.raises(KeyError):
        found.among(["node04"])


def test_ranks_of_one_node_have_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(message=2**20, ends=3, at_once=1)
    assert of(monkeypatch, kernel, told(kernel, [[1, 1, 1]], {})).nodes == (
        "node01:0", "node01:1", "node01:2",
    )  # fmt: skip


def test_ranks_that_lie_elsewhere_are_no_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(message=2**20, ends=2, at_once=1)
    scattered = told(kernel, [[1, 2]], {}, each=2)
    scattered = Splits(scattered.parts, (("node1", "node2", "node1", "node2"),))
    with pytest.raises(CannotMeasure, match="ranks 0 to 1: should lie on one node"):
        of(monkeypatch, kernel, scattered)


def test_what_holds_no_pairs_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(message=2**20, ends=2, at_once=1)
    with pytest.raises(CannotMeasure, match="is a case of 'hpl', not of 'pairs'"):
        links.of_record(replace(case(kernel), kernel="hpl"))
    with pytest.raises(CannotMeasure, match="no verified result"):
        links.of_record(replace(case(kernel), metrics={}, outcome="wrong", reason="words differ"))
    with pytest.raises(CannotMeasure, match="no times of pairs"):
        of(monkeypatch, kernel, Splits({}, ()))


def test_a_tournament_of_400_nodes_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(message=2**20, ends=400, at_once=200)
    times = np.random.default_rng(1).normal(1.0, 0.01, (1, 2, 400, 399))
    hosts = (tuple(f"n{one}" for one in range(400)),)
    found = of(monkeypatch, kernel, Splits({"latency": times, "bandwidth": times}, hosts))
    assert len(found.pairs.ends) == 400 * 399 // 2
    assert len(found.pairs.table.value) == 2 * 2 * 400 * 399 // 2
