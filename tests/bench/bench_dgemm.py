"""Rate of dgemm by variant, type and order, on the threads that the environment gives.

NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES= OPENBLAS_CORETYPE=Haswell measures the AVX2 code of both
variants. The ratio is the median over pairs of products that follow each other.
"""

from __future__ import annotations

import statistics
import time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from kernels.dense.dgemm import cpu

_PAIRS = 9


@pytest.mark.parametrize("n", [256, 1000, 2000])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("variant", ["blas", "numba"])
def test_multiply(benchmark: BenchmarkFixture, variant: str, dtype: str, n: int) -> None:
    state = cpu.allocate(n, seed=100, rank=0, dtype=dtype, variant=variant)
    benchmark(state.multiply)
    benchmark.extra_info["flop/s"] = 2.0 * n**3 / benchmark.stats.stats.median


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_numba_against_blas(benchmark: BenchmarkFixture, dtype: str) -> None:
    numba, blas = (
        cpu.allocate(2000, seed=100, rank=0, dtype=dtype, variant=one) for one in ("numba", "blas")
    )

    def pair() -> float:
        began = time.perf_counter()
        numba.multiply()
        between = time.perf_counter()
        blas.multiply()
        return (time.perf_counter() - between) / (between - began)

    pair()
    ratios = [pair() for _ in range(_PAIRS)]
    benchmark.extra_info["numba / blas"] = statistics.median(ratios)
    benchmark.pedantic(numba.multiply, rounds=1)


def test_clock(benchmark: BenchmarkFixture) -> None:
    state = cpu.allocate(8, seed=100, rank=0)
    benchmark(state.run_chains)
    benchmark.extra_info["Hz"] = 2.0 * cpu.CHAIN_STEPS / benchmark.stats.stats.median
