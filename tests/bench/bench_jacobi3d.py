"""The Jacobi sweep: against the same loop in C, temporal against spatial, and what halos cost.

Ratios are medians of pairs that were measured side by side.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.memory import aligned
from kernels.stencil.jacobi3d import cpu
from kernels.stencil.jacobi3d.kernel import Jacobi3d

N = 512
PAIRS = 7
STEPS = 6
"""A multiple of the steps of a temporal pass."""


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def state_of(n: int = N, **given: Any) -> cpu.State:
    chosen = {"n": n, "steps": STEPS, **given}
    fitted = Jacobi3d.fit(chosen, memory_B=2**36, llc_B=2**25, ranks=1)
    return Jacobi3d(**{**chosen, **fitted}).setup(MPI.COMM_SELF)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("stores", ["plain", "nontemporal"])
def test_spatial(stores: str, threads: int, in_c: Any, peer_seconds: Any, benchmark: Any) -> None:
    numba.set_num_threads(threads)
    peer = in_c("jacobi3d")
    state = state_of(stores=stores)
    fields = [aligned((N + 2) ** 3) for _ in range(2)]
    addresses = [ctypes.c_void_p(one.ctypes.data) for one in fields]
    n, count = ctypes.c_ssize_t(N), ctypes.c_int(threads)
    for one in addresses:
        peer_seconds(lambda one=one: peer.fill(one, n, ctypes.c_double(1.0), count))
    ratios = [
        peer_seconds(lambda: peer.jacobi3d(*addresses, n, 2, count))
        / seconds(lambda: state.sweep(2))
        for _ in range(PAIRS)
    ]
    report(benchmark, state, 2)
    benchmark.extra_info["rate_over_C"] = float(np.median(ratios))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("stencil", ["7pt", "27pt"])
def test_temporal(stencil: str, dtype: str, threads: int, benchmark: Any) -> None:
    numba.set_num_threads(threads)
    same: dict[str, Any] = {"stencil": stencil, "dtype": dtype}
    spatial, temporal = state_of(**same), state_of(variant="temporal", **same)
    ratios = [
        seconds(lambda: spatial.sweep(2)) / 2 * STEPS / seconds(lambda: temporal.sweep(STEPS))
        for _ in range(PAIRS)
    ]
    report(benchmark, temporal, STEPS)
    benchmark.extra_info["rate_over_spatial"] = float(np.median(ratios))


def report(benchmark: Any, state: cpu.State, steps: int) -> None:
    benchmark.pedantic(lambda: state.sweep(steps), rounds=PAIRS, warmup_rounds=1)
    rate = steps * state.u.size / benchmark.stats["median"]
    benchmark.extra_info["update_rate_point_per_s"] = rate


@pytest.mark.parametrize("boundary", ["dirichlet", "periodic"])
@pytest.mark.parametrize("depth", [1, STEPS])
def test_halos_of_two_ranks(depth: int, boundary: str, benchmark: Any) -> None:
    """256^3 points a rank: the time with exchange over that without; see the script."""
    script = Path(__file__).with_name("jacobi3d_exchange.py")
    ranks = ["mpirun", "-n", "2", "--bind-to", "core", sys.executable, "-P", "-m", "mpi4py"]
    environment = {
        **os.environ,
        "NUMBA_NUM_THREADS": "1",
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }

    def measure() -> dict[str, float]:
        command = [*ranks, str(script), str(depth), boundary]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=120
        )
        found: dict[str, float] = json.loads(done.stdout)
        return found

    benchmark.extra_info.update(benchmark.pedantic(measure, rounds=1))
