"""An exchange of a rank with itself: the copies, without messages."""

from __future__ import annotations

import pytest
from mpi4py import MPI
from pytest_benchmark.fixture import BenchmarkFixture

from kernels.network.halo.kernel import Halo


@pytest.mark.parametrize("n", [16, 64, 256])
@pytest.mark.parametrize("corners", [False, True])
def test_exchange(corners: bool, n: int, benchmark: BenchmarkFixture) -> None:
    kernel = Halo(smallest=min(n, 64), largest=max(n, 64), corners=corners)
    state = kernel.setup(MPI.COMM_SELF)
    benchmark(state.exchange, n)
    (phase,) = (one for one in kernel.phases() if one.name == f"exchange_{n}")
    benchmark.extra_info["B_per_s"] = phase.work(1).bytes_moved / benchmark.stats.stats.median


def test_verify(benchmark: BenchmarkFixture) -> None:
    state = Halo(largest=64).setup(MPI.COMM_SELF)
    benchmark(state.wrong, 64, corners=False)
