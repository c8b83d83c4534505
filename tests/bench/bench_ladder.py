"""The ladder against likwid-bench, in turns: loads of each level of memory, and the FMA peak."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import pytest
from mpi4py import MPI

from kernels.memory.ladder import cpu
from kernels.memory.ladder.kernel import FMA_TERMS, Ladder
from kernels.memory.ladder.steps import READS, WRITES, Step

KIB, MIB = 2**10, 2**20
LEVELS = {"L1": 16 * KIB, "L2": 512 * KIB, "L3": 4 * MIB, "memory": 256 * MIB}
"""A working set of a thread in each level: level 3 is shared."""
PAIRS = 3
CALLS = 30


@cache
def state_of(threads: int) -> cpu.State:
    numba.set_num_threads(threads)
    ladder = Ladder(sets=threads, largest=LEVELS["memory"], cache=32 * MIB // threads)
    return ladder.setup(MPI.COMM_SELF)


def median_s(call: Callable[[], None]) -> float:
    """Seconds of a call, the median of several."""
    samples = []
    for _ in range(CALLS):
        began = time.perf_counter()
        call()
        samples.append(time.perf_counter() - began)
    return statistics.median(samples)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("operation", ["load", "store", "copy"])
def test_level(operation: str, level: str, threads: int, likwid: Any, benchmark: Any) -> None:
    numba.set_num_threads(threads)
    state, step = state_of(threads), Step(operation, LEVELS[level])
    arrays = READS[operation] + WRITES[operation]
    moved_B = 8 * arrays * step.passes * step.items * threads
    ratios = []
    for _ in range(PAIRS):
        mine = moved_B / median_s(lambda: state.sweep(step))
        name = f"{operation}_{likwid.suffix}"
        ratios.append(mine / likwid.rate(name, LEVELS[level] * threads, threads))
    benchmark.pedantic(lambda: state.sweep(step), rounds=CALLS, warmup_rounds=1)
    benchmark.extra_info["bandwidth_B_per_s"] = moved_B / benchmark.stats["median"]
    benchmark.extra_info["rate_over_likwid"] = statistics.median(ratios)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_peak(dtype: str, threads: int, likwid: Any, benchmark: Any) -> None:
    numba.set_num_threads(threads)
    state, phase = state_of(threads), f"fma_{dtype}"
    single, end = ("_sp" if dtype == "float32" else ""), likwid.suffix
    name = f"peakflops{single}_{end}" + ("" if end == "sse" else "_fma")
    ratios = []
    for _ in range(PAIRS):
        mine = 2.0 * FMA_TERMS * threads / median_s(lambda: state.fma(phase))
        ratios.append(mine / likwid.rate(name, 16 * KIB * threads, threads, "MFlops/s"))
    benchmark.pedantic(lambda: state.fma(phase), rounds=CALLS, warmup_rounds=1)
    benchmark.extra_info["flop_per_s"] = 2.0 * FMA_TERMS * threads / benchmark.stats["median"]
    benchmark.extra_info["rate_over_likwid"] = statistics.median(ratios)
