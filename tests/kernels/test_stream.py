"""STREAM against its NumPy twin, its sizes, its counts and its verifier."""

from __future__ import annotations

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.memory import CACHE_LINE_B
from kernels.contract import IllegalParameter, Value
from kernels.memory.stream import cpu
from kernels.memory.stream.kernel import Stream
from kernels.memory.stream.reference import START, step

GIB = 2**30
PHASES = ("copy", "scale", "add", "triad")


def cases(ranks: int) -> list[dict[str, Value]]:
    return [{"n": 1}, {"n": 7}, {"n": 1000}, {"n": 4097}]


def mutation_case(ranks: int) -> dict[str, Value]:
    return {"n": 1001}


def flip_last_element(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.c[-1] = np.nextafter(state.c[-1], 0.0) * (1.0 - 1e-12)


def forget_a_phase(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.calls.append("add")


def not_a_number(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        state.a[500:] = np.nan


def skip_an_element(state: cpu.State, comm: MPI.Intracomm) -> None:
    kept = state.b[0]
    state.scale()
    state.copy()
    state.scale()
    if comm.rank == comm.size - 1:
        state.b[0] = kept


MUTATIONS = {
    "flip_last_element": flip_last_element,
    "forget_a_phase": forget_a_phase,
    "not_a_number": not_a_number,
    "skip_an_element": skip_an_element,
}


@pytest.mark.parametrize("n", [1, 2, 3, 63, 64, 65, 1001])
def test_each_phase_equals_numpy(n: int) -> None:
    rng = np.random.default_rng(n)
    state = cpu.allocate(n)
    state.a[:], state.b[:], state.c[:] = rng.random((3, n))
    expected = state.a.copy(), state.b.copy(), state.c.copy()
    for phase in PHASES:
        getattr(state, phase)()
        expected = step(phase, *expected, cpu.SCALAR)
        for got, want in zip((state.a, state.b, state.c), expected, strict=True):
            np.testing.assert_array_equal(got, want)


def test_arrays_start_on_a_cache_line() -> None:
    state = cpu.allocate(3)
    for array, value in zip((state.a, state.b, state.c), START, strict=True):
        assert array.ctypes.data % CACHE_LINE_B == 0
        assert (array == value).all()


def test_many_repetitions_do_not_overflow() -> None:
    kernel, comm = Stream(n=3), MPI.COMM_SELF
    state = kernel.setup(comm)
    for _ in range(301):
        kernel.prepare(state)
        for phase in kernel.phases():
            phase.run(state)
    check = kernel.verify(state, comm)
    assert check.passed, check
    assert np.isfinite(state.a).all()


def test_one_bad_element_among_many_is_noticed() -> None:
    kernel, comm = Stream(n=100_000), MPI.COMM_SELF
    state = kernel.setup(comm)
    state.triad()
    state.b[77_777] *= 1.0 + 2e-13
    assert not kernel.verify(state, comm).passed


def test_a_corruption_before_any_phase_is_noticed_where_zero_is_expected() -> None:
    kernel, comm = Stream(n=10), MPI.COMM_SELF
    state = kernel.setup(comm)
    assert kernel.verify(state, comm).passed
    state.c[3] = 1e-10
    assert not kernel.verify(state, comm).passed


def test_counts_are_those_of_stream() -> None:
    works = {phase.name: phase.work(3) for phase in Stream(n=10).phases()}
    assert [works[name].bytes_moved for name in PHASES] == [480, 480, 720, 720]
    assert [works[name].flop for name in PHASES] == [0, 30, 30, 60]
    assert {work.bytes_hidden for work in works.values()} == {240}


def test_fit_takes_four_times_the_caches() -> None:
    n = Stream.fit({}, memory_B=64 * GIB, llc_B=480 * 2**20, ranks=2)["n"]
    assert isinstance(n, int)
    assert n * 8 * 2 >= 4 * 480 * 2**20


def test_fit_stays_within_the_memory() -> None:
    n = Stream.fit({}, memory_B=1 * GIB, llc_B=480 * 2**20, ranks=3)["n"]
    assert isinstance(n, int)
    assert 0.99 * GIB < Stream(n=n).memory_B(3) * 3 <= GIB


def test_fit_leaves_a_given_size_alone() -> None:
    assert Stream.fit({"n": 5}, memory_B=GIB, llc_B=0, ranks=1) == {}


def test_fit_refuses_too_little_memory() -> None:
    with pytest.raises(IllegalParameter, match="needs 48 B over 2 ranks"):
        Stream.fit({}, memory_B=47, llc_B=0, ranks=2)
