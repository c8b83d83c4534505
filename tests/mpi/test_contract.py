"""The contract of every kernel, on as many ranks as mpirun started, with 1 and 2 threads."""

from __future__ import annotations

import importlib.util
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
import pytest
from mpi4py import MPI
from threadpoolctl import threadpool_limits

from kernels import listing
from kernels.contract import Check, IllegalParameter, Kernel, Value

_spec = importlib.util.spec_from_file_location(
    "catalogue", Path(__file__).parent.parent / "kernels" / "catalogue.py"
)
assert _spec is not None
assert _spec.loader is not None
catalogue = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(catalogue)

RANKS = MPI.COMM_WORLD.size


@contextmanager
def threads(count: int) -> Generator[None]:
    numba.set_num_threads(count)
    with threadpool_limits(count):
        yield


def run(kernel: Kernel[Any], comm: MPI.Intracomm, repetitions: int = 2) -> Any:
    kernel.check_geometry(comm.size)
    state = kernel.setup(comm)
    for _ in range(repetitions):
        kernel.prepare(state)
        for phase in kernel.phases():
            comm.Barrier()
            phase.run(state)
    return state


def kernels() -> list[str]:
    """Those that run on so few ranks."""
    names = catalogue.kernels_with_tests()
    return [name for name in names if listing.load(name).least_ranks <= RANKS]


def each_case() -> list[Any]:
    return [
        pytest.param(name, values, id=f"{name}-" + "-".join(f"{k}={v}" for k, v in values.items()))
        for name in kernels()
        for values in catalogue.tests_of(name).cases(RANKS)
    ]


def each_mutation() -> list[Any]:
    return [
        pytest.param(name, mutation, id=f"{name}-{mutation}")
        for name in kernels()
        for mutation in catalogue.tests_of(name).MUTATIONS
    ]


@pytest.mark.parametrize("thread_count", [1, 2])
@pytest.mark.parametrize(("name", "values"), each_case())
def test_verified(
    name: str, values: dict[str, Value], thread_count: int, comm: MPI.Intracomm
) -> None:
    kernel = listing.load(name)(**values)
    with threads(thread_count):
        check = kernel.verify(run(kernel, comm), comm)
    assert check.passed, check
    assert comm.bcast(check) == check, "the check differs between ranks"


@pytest.mark.parametrize(("name", "mutation"), each_mutation())
def test_verifier_rejects(name: str, mutation: str, comm: MPI.Intracomm) -> None:
    tests = catalogue.tests_of(name)
    kernel = listing.load(name)(**tests.mutation_case(comm.size))
    state = run(kernel, comm, repetitions=1)
    tests.MUTATIONS[mutation](state, comm)
    check: Check = kernel.verify(state, comm)
    assert not check.passed, f"{mutation} was not noticed: {check}"


@pytest.mark.parametrize("name", kernels())
def test_counts_its_work(name: str, comm: MPI.Intracomm) -> None:
    kernel = listing.load(name)(**catalogue.tests_of(name).mutation_case(comm.size))
    for phase in kernel.phases():
        work = phase.work(comm.size)
        assert phase.metric.value(work, 1.0) > 0.0
    assert kernel.memory_B(comm.size) > 0


def test_too_few_ranks_are_refused() -> None:
    """Every kernel that needs several says so."""
    for name in catalogue.kernels_with_tests():
        kernel = listing.load(name)(**catalogue.tests_of(name).mutation_case(4))
        if kernel.least_ranks > 1:
            with pytest.raises(IllegalParameter, match="ranks"):
                kernel.check_geometry(kernel.least_ranks - 1)
