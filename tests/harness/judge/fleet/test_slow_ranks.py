"""Which rank, or which NUMA node, makes a node slow."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judge.fleet.slow_ranks import remarks
from harness.record.by_rank import RankTimes


def node(seconds: list[float]) -> RankTimes:
    """Ranks on CPUs of their own, half of them on each of two NUMA nodes."""
    n = len(seconds)
    numa = tuple(str(2 * i // n) for i in range(n))
    return RankTimes(tuple(map(str, range(n))), numa, {"star": np.array(seconds)})


def even(ranks: int = 8) -> list[float]:
    return [1.0 + 0.002 * (i % 3) for i in range(ranks)]


def test_even_ranks_are_no_remark() -> None:
    assert remarks({f"n{i}": node(even()) for i in range(5)}, "star") == {}


def test_a_slow_core_is_named() -> None:
    slow = even()
    slow[5] *= 1.3
    (found,) = remarks({"n0": node(even()), "n1": node(slow)}, "star").items()
    assert found[0] == "n1"
    assert found[1].startswith("rank 5 of 8 (CPU 5, NUMA node 1) takes 30.")


def test_a_slow_numa_node_is_named() -> None:
    slow = [one * (1.1 if i >= 4 else 1.0) for i, one in enumerate(even())]
    (words,) = remarks({"n1": node(slow)}, "star").values()
    assert words.startswith("the 4 ranks on NUMA node 1 take 10.")


def test_a_rank_that_is_slow_on_every_node_says_nothing() -> None:
    usual = even()
    usual[0] *= 1.2
    worse = list(usual)
    worse[3] *= 1.1
    found = remarks({**{f"n{i}": node(usual) for i in range(4)}, "n9": node(worse)}, "star")
    assert list(found) == ["n9"]
    assert "rank 3 of 8" in found["n9"]


@pytest.mark.parametrize("ranks", [1, 2])
def test_few_ranks(ranks: int) -> None:
    slow = [1.0, 1.5][:ranks]
    found = remarks({"n0": node(slow)}, "star")
    assert list(found) == ([] if ranks == 1 else ["n0"])


def test_another_phase_is_not_asked() -> None:
    assert remarks({"n0": node([1.0, 2.0])}, "triad") == {}
