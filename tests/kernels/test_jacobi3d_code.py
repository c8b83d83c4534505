"""The compiled code of jacobi3d's innermost loops, on three kinds of processor.

Instructions are those of x86-64; on other processors only calls and branches are looked at.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kernels._support.target import target

ROOT = Path(__file__).parent.parent.parent
X86 = platform.machine() == "x86_64"
PROCESSORS: dict[str, dict[str, str]] = {"host": {}, "generic": {"NUMBA_CPU_NAME": "generic"}}
if X86 and target().vector_B >= 32 and target().fused:
    PROCESSORS["haswell"] = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}
REGISTERS = {64: "zmm", 32: "ymm", 16: "xmm"}


@cache
def facts(processor: str) -> dict[str, Any]:
    """What jacobi3d_facts.py prints on that processor."""
    printed = subprocess.run(
        [sys.executable, "tests/kernels/jacobi3d_facts.py"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **PROCESSORS[processor]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: dict[str, Any] = json.loads(printed)
    return found


@pytest.mark.parametrize("real", ["float64", "float32"])
@pytest.mark.parametrize("processor", PROCESSORS)
def test_a_loop_calls_nothing_and_has_one_branch(processor: str, real: str) -> None:
    """Four loops: 7 and 27 points, with plain and with non-temporal stores. No index is tested."""
    loops = facts(processor)["loops"][real]
    assert len(loops) == 4
    for body in loops:
        words = [one.split()[0] for one in body]
        assert not any(one.startswith(("call", "bl")) for one in words)
        assert sum(one.startswith(("j", "b.", "cb", "tb")) for one in words) == 1


@pytest.mark.skipif(not X86, reason="instructions of x86-64")
@pytest.mark.parametrize(("real", "suffix"), [("float64", "pd"), ("float32", "ps")])
@pytest.mark.parametrize("processor", PROCESSORS)
def test_a_loop_adds_in_the_widest_registers(processor: str, real: str, suffix: str) -> None:
    found = facts(processor)
    width = REGISTERS[found["vector_B"]]
    for body in found["loops"][real]:
        additions = [one for one in body if one.lstrip("v").startswith("add" + suffix)]
        assert len(additions) % (64 // found["vector_B"]) == 0
        assert len(additions) * found["vector_B"] // 64 in (6, 11, 17)  # 17: doubled by additions
        assert all(width in one for one in additions)
        assert not any("gather" in one for one in body)


@pytest.mark.skipif(not X86, reason="instructions of x86-64")
@pytest.mark.parametrize("real", ["float64", "float32"])
@pytest.mark.parametrize("processor", PROCESSORS)
def test_two_of_the_loops_store_past_the_caches(processor: str, real: str) -> None:
    loops = facts(processor)["loops"][real]
    assert sum(any("movnt" in one for one in body) for body in loops) == 2
