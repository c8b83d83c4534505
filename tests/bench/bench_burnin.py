"""Burn-in against what the node can do: its products against the BLAS alone, its passes against a
triad of the same memory, its transforms against SciPy's. Every answer of it is compared as well.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI
from scipy.fft import fft

from kernels.endurance.burnin import cpu, products
from kernels.endurance.burnin.kernel import PASSES, Burnin
from kernels.memory.stream.kernel import Stream

PAIRS = 7
FILLED_B = 2**30


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.fixture(scope="module")
def made() -> tuple[Burnin, cpu.State]:
    """On one core."""
    numba.set_num_threads(1)
    kernel = Burnin(filled=FILLED_B, n=1024, points=2**18, cores=1, products=20, transforms=20)
    state = kernel.setup(MPI.COMM_SELF)
    kernel.prepare(state)
    return kernel, state


def rate(kernel: Burnin, state: cpu.State, name: str) -> float:
    phase = next(one for one in kernel.phases() if one.name == name)
    return phase.metric.value(phase.work(1), seconds(lambda: phase.run(state)))


def ratio(ours: Callable[[], float], theirs: Callable[[], float], benchmark: Any) -> None:
    pairs = [(ours(), theirs()) for _ in range(PAIRS)]
    benchmark.pedantic(lambda: None, rounds=1)
    benchmark.extra_info["rate"] = statistics.median(one for one, _ in pairs)
    benchmark.extra_info["ratio"] = statistics.median(one / other for one, other in pairs)


def test_products(made: Any, benchmark: Any) -> None:
    kernel, state = made
    a, b, c = (one[:, : kernel.n] for one in (state.products.a["stress"],
               state.products.b["stress"], state.products.c[0]))  # fmt: skip
    flop = 2.0 * kernel.n**3 * (kernel.products + 1)

    def blas() -> None:
        for _ in range(kernel.products + 1):
            products.multiply(a, b, c)

    ratio(
        lambda: rate(kernel, state, "dgemm"),
        lambda: flop / seconds(lambda: state.workers.each(lambda _: blas())),
        benchmark,
    )


@pytest.mark.parametrize("pattern", PASSES)
def test_patterns(pattern: str, made: Any, benchmark: Any) -> None:
    kernel, state = made
    stream = Stream(n=FILLED_B // 24)
    other = stream.setup(MPI.COMM_SELF)
    work = {one.name: one.work(1) for one in stream.phases()}["triad"]
    ratio(
        lambda: rate(kernel, state, pattern),
        lambda: work.traffic / seconds(other.triad),  # a pass needs no write-allocate
        benchmark,
    )


def test_transforms(made: Any, benchmark: Any) -> None:
    kernel, state = made
    x: Any = np.empty(kernel.points, complex)
    x.real, x.imag = state.transforms.x
    flop = 5.0 * kernel.points * (kernel.points.bit_length() - 1)
    ratio(
        lambda: rate(kernel, state, "fft"),
        lambda: flop / seconds(lambda: fft(x)),
        benchmark,
    )
