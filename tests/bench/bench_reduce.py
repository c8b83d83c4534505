"""The reductions of one rank, and NumPy's naive sum beside the exact one."""

from __future__ import annotations

import time
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels.bigdata.reduce.kernel import Reduce

N = 2**26
ROUNDS = 7


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_phases(dtype: str, threads: int, benchmark: Any) -> None:
    numba.set_num_threads(threads)
    kernel = Reduce(n=N, dtype=dtype)
    state = kernel.setup(MPI.COMM_SELF)
    for phase in kernel.phases():
        phase.run(state)
    for phase in kernel.phases():
        times = [timed(lambda phase=phase: phase.run(state)) for _ in range(ROUNDS)]
        rate = phase.metric.value(phase.work(1), float(np.median(times)))
        benchmark.extra_info[f"{phase.name}_B_per_s"] = rate
    benchmark.pedantic(state.sum, rounds=ROUNDS)


def timed(call: Any) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def test_numpy_sum(benchmark: Any) -> None:
    state = Reduce(n=N).setup(MPI.COMM_SELF)
    benchmark.pedantic(lambda: np.add.reduce(state.x), rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info["bandwidth_B_per_s"] = 8 * N / benchmark.stats["median"]
