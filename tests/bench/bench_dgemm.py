"""Rate of dgemm by order, on the threads that the environment gives to BLAS."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from kernels.dense.dgemm import cpu


@pytest.mark.parametrize("n", [256, 1000, 2000])
def test_multiply(benchmark: BenchmarkFixture, n: int) -> None:
    state = cpu.allocate(n, seed=100, rank=0)
    benchmark(state.multiply)
    benchmark.extra_info["flop/s"] = 2.0 * n**3 / benchmark.stats.stats.median
