"""Histograms on one thread of one rank, in turns with NumPy on the same rows."""

from __future__ import annotations

import statistics
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels.bigdata.histogram.kernel import Histogram

ROWS = 50_000_000
PAIRS = 5
CASES: dict[str, dict[str, Any]] = {
    "uniform": {},
    "equal": {"distribution": "equal"},
    "nan": {"distribution": "nan"},
    "weights": {"weights": "float64"},
}


@pytest.mark.parametrize("name", list(CASES))
def test_linear_against_numpy(name: str, peer_seconds: Any, benchmark: Any) -> None:
    numba.set_num_threads(1)
    state = Histogram(rows=ROWS, limits="given", **CASES[name]).setup(MPI.COMM_SELF)
    x = next(state.parts[0].chunks())
    weights = None if state.weights is None else next(state.weights.chunks())

    def theirs() -> object:
        return np.histogram(x, 1000, (0.0, 1.0), weights=weights)

    state.run()
    ratios = [peer_seconds(theirs) / peer_seconds(state.run) for _ in range(PAIRS)]
    benchmark.pedantic(state.run, rounds=PAIRS)
    benchmark.extra_info["rows_per_s"] = ROWS / benchmark.stats["median"]
    benchmark.extra_info["rate_over_numpy"] = statistics.median(ratios)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("dimensions", [1, 2])
def test_rates(dimensions: int, scale: str, threads: int, benchmark: Any) -> None:
    """Of bins that NumPy places by binary search."""
    numba.set_num_threads(threads)
    given: dict[str, Any] = {
        "limits": "given",
        "low": 1e-6,
        "bins": 1000 if dimensions == 1 else 100,
    }
    kernel = Histogram(rows=ROWS // 2, dimensions=dimensions, scale=scale, **given)
    state = kernel.setup(MPI.COMM_SELF)
    benchmark.pedantic(state.run, rounds=PAIRS, warmup_rounds=1)
    benchmark.extra_info["rows_per_s"] = ROWS // 2 / benchmark.stats["median"]
