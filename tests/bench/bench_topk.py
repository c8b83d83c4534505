"""The k largest of one rank with two threads, in turns with Polars and NumPy on the same rows."""

from __future__ import annotations

import statistics
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels.bigdata.topk.kernel import Topk

ROWS = 50_000_000
PAIRS = 9


@pytest.mark.parametrize("k", [1, 100, 10_000, 1_000_000])
@pytest.mark.parametrize("way", ["uniform", "sorted"])
def test_topk_against_polars(way: str, k: int, peer_seconds: Any, benchmark: Any) -> None:
    polars = pytest.importorskip("polars", reason="Polars is missing: pip install polars")
    numba.set_num_threads(2)
    state = Topk(rows=ROWS, k=k, distribution=way).setup(MPI.COMM_SELF)
    column = polars.Series(next(state.x.chunks()))
    state.run()
    ratios = [peer_seconds(lambda: column.top_k(k)) / peer_seconds(state.run) for _ in range(PAIRS)]
    benchmark.pedantic(state.run, rounds=PAIRS)
    benchmark.extra_info["rows_per_s"] = ROWS / benchmark.stats["median"]
    benchmark.extra_info["rate_over_polars"] = statistics.median(ratios)


def test_topk_against_numpy(peer_seconds: Any, benchmark: Any) -> None:
    numba.set_num_threads(1)
    state = Topk(rows=ROWS).setup(MPI.COMM_SELF)
    x = next(state.x.chunks())
    ratios = [
        peer_seconds(lambda: np.partition(x, ROWS - 100)) / peer_seconds(state.run)
        for _ in range(3)
    ]
    benchmark.pedantic(state.run, rounds=PAIRS)
    benchmark.extra_info["rows_per_s"] = ROWS / benchmark.stats["median"]
    benchmark.extra_info["rate_over_numpy"] = statistics.median(ratios)
