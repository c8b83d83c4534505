"""The Jacobi sweep against its bandwidth model: 24 B a point at the rate of a triad beside it."""

from __future__ import annotations

import time
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels.memory.stream import cpu as stream
from kernels.stencil.jacobi3d.kernel import Jacobi3d

TRIAD_N = 2**26
PAIRS = 7


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("n", "stores"), [(64, "plain"), (512, "plain"), (512, "nontemporal")])
def test_sweep(n: int, stores: str, threads: int, benchmark: Any) -> None:
    numba.set_num_threads(threads)
    kernel = Jacobi3d(n=n, nx=n, ny=n, nz=n, steps=2, stores=stores)
    state, arrays = kernel.setup(MPI.COMM_SELF), stream.allocate(TRIAD_N)
    model = []
    for _ in range(PAIRS):
        start = time.perf_counter()
        arrays.triad()
        middle = time.perf_counter()
        state.sweep(2)
        # A triad moves 32 B an element, its write-allocate read included.
        triad_s_per_B = (middle - start) / (32 * TRIAD_N)
        model.append(24 * n**3 * 2 * triad_s_per_B / (time.perf_counter() - middle))
    benchmark.pedantic(lambda: state.sweep(2), rounds=PAIRS, warmup_rounds=1)
    benchmark.extra_info["update_rate_point_per_s"] = 2 * n**3 / benchmark.stats["median"]
    benchmark.extra_info["rate_over_bandwidth_model"] = float(np.median(model))
