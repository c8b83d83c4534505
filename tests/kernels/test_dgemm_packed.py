"""The packed product of dgemm: its results and its compiled code, on three kinds of processor."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kernels._support.microkernel import Tile
from kernels._support.target import Target, target
from kernels.dense.dgemm import packed
from kernels.dense.dgemm.kernel import DEEPEST

REGISTERS = {64: "zmm", 32: "ymm", 16: "xmm"}
DTYPES = ("float64", "float32")


@pytest.fixture
def facts(facts_on: Callable[..., dict[str, Any]], processor: str) -> dict[str, Any]:
    """What packed_facts.py prints on each kind of processor."""
    return facts_on("packed_facts.py", processor)


@pytest.mark.parametrize("dtype", DTYPES)
def test_multiplies_like_numpy(facts: dict[str, Any], dtype: str) -> None:
    assert facts[dtype]["error"] < 10.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_inner_loop_is_one_tile_of_vector_instructions(
    facts: dict[str, Any], dtype: str
) -> None:
    rows, columns = facts[dtype]["tile"]
    item_B = np.dtype(dtype).itemsize
    vectors = rows * item_B // facts["vector_B"]
    assert facts[dtype]["loops"], "no loop that multiplies"
    for loop in facts[dtype]["loops"]:
        names = [line.split()[0] for line in loop["all"]]
        assert len(loop["products"]) == vectors * columns
        assert not [name for name in names if name.startswith(("call", "bl"))]
        assert len([name for name in names if name.startswith(("j", "b.", "cb", "tb"))]) == 1
        if platform.machine() == "x86_64":
            assert all(REGISTERS[facts["vector_B"]] in line for line in loop["products"])


@pytest.mark.parametrize("dtype", DTYPES)
def test_avx2_keeps_its_sums_in_registers(
    facts_on: Callable[..., dict[str, Any]], dtype: str
) -> None:
    found = facts_on("packed_facts.py", "haswell")
    assert (found["vector_B"], found["fused"]) == (32, True)
    for loop in found[dtype]["loops"]:
        assert not [line for line in loop["all"] if "(%rsp)" in line]
        assert not [line for line in loop["all"] if "zmm" in line]


def test_a_processor_without_fused_multiply_add_is_not_asked_for_it(
    facts_on: Callable[..., dict[str, Any]],
) -> None:
    """On x86-64 it came with AVX2; on 64-bit Arm every processor has it."""
    found = facts_on("packed_facts.py", "generic")
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
