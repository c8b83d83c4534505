"""Nodes of a class beside each other: who is the odd one out, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.judge.fleet.consistency import compared
from harness.judge.fleet.verdict import Verdict

GIB = 2**30


def environment(**facts: Any) -> dict[str, Any]:
    hardware = {
        "hostname": "n", "cpu_model": "EPYC 7763", "cores_physical": 128, "kernel": "6.1",
        "memory_present_B": 512 * GIB, "memory_B": 503 * GIB, "governor": "performance",
        "cpu_quota": None, "memory_available_B": 1, "unknown": {},
    }  # fmt: skip
    software = {"versions": {"numpy": "2.0"}, "mpi": {"flavour": "Open MPI", "version": "5.0.6"}}
    return {"hardware": hardware | facts, "software": software, "container": None}


def fleet(nodes: int, **odd: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Equal nodes but for their names and free memory; of the odd ones the facts that differ."""
    return {
        f"n{i}": environment(hostname=f"n{i}", memory_available_B=i, **odd.get(f"n{i}", {}))
        for i in range(nodes)
    }


def found(told: dict[str, dict[str, Any]]) -> dict[str, tuple[Verdict, str]]:
    return {one.node: (one.verdict, one.what) for one in compared(told).findings}


def test_equal_nodes_have_no_finding() -> None:
    made = compared(fleet(64))
    assert (made.facts, made.findings) == ((), ())
    assert made.compared > 8


@pytest.mark.parametrize(
    ("fact", "verdict"),
    [
        ({"kernel": "5.10"}, Verdict.RETEST),
        ({"governor": "powersave"}, Verdict.RETEST),
        ({"cpu_model": "EPYC 7763 engineering sample"}, Verdict.REJECT),
        ({"cores_physical": 127}, Verdict.REJECT),
        ({"memory_present_B": 480 * GIB, "memory_B": 471 * GIB}, Verdict.REJECT),
        ({"memory_present_B": 1024 * GIB}, Verdict.RETEST),
        ({"memory_present_B": None}, Verdict.RETEST),
        ({"cpu_quota": 4.0}, Verdict.REJECT),
    ],
)
def test_the_odd_one_out(fact: dict[str, Any], verdict: Verdict) -> None:
    assert found(fleet(16, n7=fact)) == {"n7": (verdict, next(iter(fact)))}


def test_memory_that_a_kernel_keeps_for_itself_is_no_difference() -> None:
    assert found(fleet(16, n7={"memory_B": 502 * GIB})) == {}


def test_without_a_clear_majority_nothing_is_rejected() -> None:
    """3 of 4 have more memory: the fourth is to be looked at; 9 of 12 are not 80 %."""
    less = {"memory_present_B": 256 * GIB}
    assert found(fleet(4, n3=less)) == {"n3": (Verdict.RETEST, "memory_present_B")}
    few = found(fleet(12, n3=less, n4=less, n5=less))
    assert few == dict.fromkeys(("n3", "n4", "n5"), (Verdict.RETEST, "memory_present_B"))


def test_a_tie_of_two_says_so_and_names_both() -> None:
    made = compared(fleet(2, n1={"kernel": "5.10"}))
    assert {one.node for one in made.findings} == {"n0", "n1"}
    assert {one.verdict for one in made.findings} == {Verdict.RETEST}
    assert made.facts[0].usual == ""
    line = next(one.line for one in made.findings if one.node == "n0")
    assert "kernel 6.1; 5.10 on n1: no majority" in line


def test_the_node_with_a_limit_is_the_odd_one_of_two() -> None:
    assert found(fleet(2, n1={"cpu_quota": 0.5})) == {"n1": (Verdict.REJECT, "cpu_quota")}
    assert found(fleet(2, n0={"cpu_quota": 0.5}, n1={"cpu_quota": 0.5})) == {}


def test_the_line_has_the_numbers_and_what_to_look_at() -> None:
    less = {"memory_present_B": 480 * GIB}
    (one,) = compared(fleet(16, n7=less)).findings
    assert one.line == "memory present 480 GiB; 15 of 16 nodes have 512 GiB"
    assert "memory module" in one.look


def test_a_node_without_a_fact_does_not_break_the_others() -> None:
    told = fleet(8)
    del told["n3"]["software"]
    assert {one.node for one in compared(told).findings} == {"n3"}
