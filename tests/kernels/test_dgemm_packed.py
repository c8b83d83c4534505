"""The packed product of dgemm: its results and its compiled code, on three kinds of processor."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels._support.microkernel import Tile
from kernels._support.target import Target, target
from kernels.dense.dgemm import packed
from kernels.dense.dgemm.kernel import DEEPEST

ROOT = Path(__file__).parent.parent.parent
HASWELL = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}
PROCESSORS: dict[str, dict[str, str]] = {"host": {}, "generic": {"NUMBA_CPU_NAME": "generic"}}
if platform.machine() == "x86_64" and target().vector_B >= 32 and target().fused:
    PROCESSORS["haswell"] = HASWELL
REGISTERS = {64: "zmm", 32: "ymm", 16: "xmm"}
DTYPES = ("float64", "float32")


@cache
def facts(processor: str) -> dict[str, Any]:
    """What tests/kernels/packed_facts.py finds with the code of that processor."""
    printed = subprocess.run(
        [sys.executable, "tests/kernels/packed_facts.py"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **PROCESSORS[processor]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: dict[str, Any] = json.loads(printed)
    return found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("processor", PROCESSORS)
def test_multiplies_like_numpy(processor: str, dtype: str) -> None:
    assert facts(processor)[dtype]["error"] < 10.0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("processor", PROCESSORS)
def test_the_inner_loop_is_one_tile_of_vector_instructions(processor: str, dtype: str) -> None:
    found = facts(processor)
    rows, columns = found[dtype]["tile"]
    item_B = np.dtype(dtype).itemsize
    vectors = rows * item_B // found["vector_B"]
    assert found[dtype]["loops"], "no loop that multiplies"
    for loop in found[dtype]["loops"]:
        names = [line.split()[0] for line in loop["all"]]
        assert len(loop["products"]) == vectors * columns
        assert not [name for name in names if name.startswith(("call", "bl"))]
        assert len([name for name in names if name.startswith(("j", "b.", "cb", "tb"))]) == 1
        if platform.machine() == "x86_64":
            assert all(REGISTERS[found["vector_B"]] in line for line in loop["products"])


@pytest.mark.skipif("haswell" not in PROCESSORS, reason="needs a processor with AVX2")
@pytest.mark.parametrize("dtype", DTYPES)
def test_avx2_keeps_its_sums_in_registers(dtype: str) -> None:
    found = facts("haswell")
    assert (found["vector_B"], found["fused"]) == (32, True)
    for loop in found[dtype]["loops"]:
        assert not [line for line in loop["all"] if "(%rsp)" in line]
        assert not [line for line in loop["all"] if "zmm" in line]


def test_a_processor_without_fused_multiply_add_is_not_asked_for_it() -> None:
    """On x86-64 it came with AVX2; on 64-bit Arm every processor has it."""
    found = facts("generic")
    assert (found["vector_B"], found["fused"]) == (16, platform.machine() != "x86_64")


def test_the_target_of_this_process_is_one_that_the_tile_is_made_for() -> None:
    assert target() in {
        Target(64, 32, fused=True),
        Target(32, 16, fused=True),
        Target(32, 16, fused=False),
        Target(16, 16, fused=False),
        Target(16, 32, fused=True),
    }


@pytest.mark.parametrize("item_B", [8, 4])
def test_a_panel_of_b_fills_half_of_level_1_and_a_block_of_a_half_of_level_2(item_B: int) -> None:
    tile = Tile(item_B)
    cut = packed.blocks(tile, 32 * 1024, 2**20)
    assert cut.rows % tile.rows == 0
    assert cut.depth * tile.columns * item_B <= 16 * 1024
    assert cut.depth in (DEEPEST, 16 * 1024 // (tile.columns * item_B))
    block_B = cut.rows * cut.depth * item_B
    assert 2**19 - tile.rows * cut.depth * item_B < block_B <= 2**19


def test_tiny_caches_still_give_a_block() -> None:
    tile = Tile(8)
    assert packed.blocks(tile, 16, 16) == packed.Blocks(depth=1, rows=tile.rows)


def test_the_caches_of_this_machine_are_asked_for() -> None:
    assert packed.cache_B(188, 7) >= 2**12 or packed.cache_B(188, 7) == 7
    assert packed.cache_B(10**6, 7) == 7
