"""The compiled code of jacobi3d's innermost loops, on three kinds of processor.

Instructions are those of x86-64; on other processors only calls and branches are looked at.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import pytest

X86 = platform.machine() == "x86_64"
REGISTERS = {64: "zmm", 32: "ymm", 16: "xmm"}


@pytest.fixture
def facts(facts_on: Callable[..., dict[str, Any]], processor: str) -> dict[str, Any]:
    """What jacobi3d_facts.py prints on each kind of processor."""
    return facts_on("jacobi3d_facts.py", processor)


@pytest.mark.parametrize("real", ["float64", "float32"])
def test_a_loop_calls_nothing_and_has_one_branch(facts: dict[str, Any], real: str) -> None:
    """Four loops: 7 and 27 points, with plain and with non-temporal stores. No index is tested."""
    loops = facts["loops"][real]
    assert len(loops) == 4
    for body in loops:
        words = [one.split()[0] for one in body]
        assert not any(one.startswith(("call", "bl")) for one in words)
        assert sum(one.startswith(("j", "b.", "cb", "tb")) for one in words) == 1


@pytest.mark.skipif(not X86, reason="instructions of x86-64")
@pytest.mark.parametrize(("real", "suffix"), [("float64", "pd"), ("float32", "ps")])
def test_a_loop_adds_in_the_widest_registers(facts: dict[str, Any], real: str, suffix: str) -> None:
    width = REGISTERS[facts["vector_B"]]
    for body in facts["loops"][real]:
        additions = [one for one in body if one.lstrip("v").startswith("add" + suffix)]
        assert len(additions) % (64 // facts["vector_B"]) == 0
        assert len(additions) * facts["vector_B"] // 64 in (6, 11, 17)  # 17: doubled by additions
        assert all(width in one for one in additions)
        assert not any("gather" in one for one in body)


@pytest.mark.skipif(not X86, reason="instructions of x86-64")
@pytest.mark.parametrize("real", ["float64", "float32"])
def test_two_of_the_loops_store_past_the_caches(facts: dict[str, Any], real: str) -> None:
    loops = facts["loops"][real]
    assert sum(any("movnt" in one for one in body) for body in loops) == 2
