"""The reductions of one rank, in turns with `load` of the ladder over as many bytes, and NumPy."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels.bigdata.reduce.kernel import Reduce
from kernels.memory.ladder.cpu import allocate
from kernels.memory.ladder.steps import Step

ROWS = 2**26
PAIRS = 9


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_phases(dtype: str, threads: int, benchmark: Any) -> None:
    """Rates of all phases, and their traffic over what `load` reaches: 0.95 for a plain sum."""
    numba.set_num_threads(threads)
    kernel = Reduce(rows=ROWS, dtype=dtype)
    state = kernel.setup(MPI.COMM_SELF)
    load = Step("load", 8 * ROWS // threads)
    ladder = allocate(threads, [load], MPI.COMM_SELF)
    load_B = load.passes * load.blocks * 512 * threads
    for phase in kernel.phases():
        phase.run(state)
        ratios = []
        for _ in range(PAIRS):
            ours = seconds(partial(phase.run, state))
            loading = seconds(partial(ladder.sweep, load))
            ratios.append(phase.work(1).bytes_read / ours * loading / load_B)
        benchmark.extra_info[f"{phase.name}_over_load"] = statistics.median(ratios)
    benchmark.pedantic(state.sum, rounds=PAIRS)
    item_B = np.dtype(dtype).itemsize
    benchmark.extra_info["sum_B_per_s"] = item_B * ROWS / benchmark.stats["median"]


def test_numpy_sum(benchmark: Any) -> None:
    numba.set_num_threads(1)
    state = Reduce(rows=ROWS).setup(MPI.COMM_SELF)
    (x,) = state.x.chunks()
    ratios = [seconds(lambda: np.add.reduce(x)) / seconds(state.sum) for _ in range(PAIRS)]
    benchmark.pedantic(lambda: np.add.reduce(x), rounds=PAIRS, warmup_rounds=1)
    benchmark.extra_info["exact_rate_over_numpy"] = statistics.median(ratios)
