"""What a call of each operation costs a rank that is alone: Python, mpi4py and MPI's own checks."""

from __future__ import annotations

import pytest
from mpi4py import MPI
from pytest_benchmark.fixture import BenchmarkFixture

from kernels.network.collectives.cpu import allocate
from kernels.network.collectives.kernel import OPERATIONS

SIZE_B = 8


@pytest.mark.parametrize("operation", OPERATIONS)
def test_call(operation: str, benchmark: BenchmarkFixture) -> None:
    state = allocate((operation,), (SIZE_B,), MPI.COMM_SELF)
    benchmark(state.calls[operation, SIZE_B])


def test_verify(benchmark: BenchmarkFixture) -> None:
    state = allocate(OPERATIONS, (2**20,), MPI.COMM_SELF)
    benchmark(state.wrong)
