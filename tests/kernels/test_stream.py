"""STREAM and its variant against the NumPy twin, its sizes, its counts and its verifier."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.memory import CACHE_LINE_B, aligned
from kernels.contract import IllegalParameter, Value
from kernels.memory.stream import cpu
from kernels.memory.stream.kernel import Stream
from kernels.memory.stream.reference import START, step

GIB = 2**30
PHASES = ("copy", "scale", "add", "triad")
VARIANTS = ("plain", "nontemporal")


def cases(ranks: int) -> list[dict[str, Value]]:
    plain: list[dict[str, Value]] = [{"n": 1}, {"n": 7}, {"n": 1000}, {"n": 4097}]
    return plain + [{**one, "variant": "nontemporal"} for one in plain]


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


def dot_of_another_rank(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.product *= 1.0 + 1e-12


def dot_without_a_thread(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        state.product -= state.sums[-1]


MUTATIONS = {
    "dot_of_another_rank": dot_of_another_rank,
    "dot_without_a_thread": dot_without_a_thread,
    "flip_last_element": flip_last_element,
    "forget_a_phase": forget_a_phase,
    "not_a_number": not_a_number,
    "skip_an_element": skip_an_element,
}


def allocate(n: int, variant: str = "plain") -> cpu.State:
    return Stream(n=n, variant=variant).setup(MPI.COMM_SELF)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("n", [1, 2, 3, 63, 64, 65, 1001])
def test_each_phase_equals_numpy(n: int, variant: str) -> None:
    rng = np.random.default_rng(n)
    state = allocate(n, variant)
    state.a[:], state.b[:], state.c[:] = rng.random((3, n))
    expected = state.a.copy(), state.b.copy(), state.c.copy()
    for phase in PHASES:
        getattr(state, phase)()
        expected = step(phase, *expected, cpu.SCALAR)
        for got, want in zip((state.a, state.b, state.c), expected, strict=True):
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("offset", range(9))
@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 100])
def test_parts_that_begin_anywhere_are_written_whole_and_alone(offset: int, size: int) -> None:
    x, y = np.random.default_rng(size).random((2, 128))
    to = aligned(128)
    to[:] = -1.0
    part = slice(offset, offset + size)
    cpu.triad(to[part], x[part], y[part], cpu.SCALAR, 3, True)
    np.testing.assert_array_equal(to[part], x[part] + cpu.SCALAR * y[part])
    assert (to[:offset] == -1.0).all()
    assert (to[offset + size :] == -1.0).all()


@pytest.mark.parametrize("n", [1, 5, 64, 1001, 100_000])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_dot_is_as_exact_as_its_bound_says(n: int, threads: int) -> None:
    """Terms that are rounded, unlike the small integers that STREAM's own arrays hold."""
    state = allocate(n)
    state.a[:], state.b[:] = np.pi, np.e
    state.product = cpu.dot(state.a, state.b, np.zeros(threads), threads)
    exact = Fraction(np.pi) * Fraction(np.e) * n
    error = abs(Fraction(state.product) - exact) / exact
    assert error <= cpu.dot_bound(n, threads)
    assert cpu.dot_bound(n, threads) < 1e-10


def test_dot_does_not_depend_on_who_sums() -> None:
    x, y = np.random.default_rng(0).random((2, 10_007))
    sums = [cpu.dot(x, y, np.zeros(threads), threads) for threads in (1, 2, 5)]
    assert np.ptp(sums) <= cpu.dot_bound(x.size, 1) * max(sums)
    assert sums == [cpu.dot(x, y, np.zeros(threads), threads) for threads in (1, 2, 5)]


def test_dot_that_never_ran_is_noticed() -> None:
    kernel, comm = Stream(n=10), MPI.COMM_SELF
    state = kernel.setup(comm)
    state.triad()
    state.calls.append("dot")
    assert not kernel.verify(state, comm).passed


def test_arrays_start_on_a_cache_line() -> None:
    state = allocate(3)
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
    assert [works[name].bytes_moved for name in (*PHASES, "dot")] == [480, 480, 720, 720, 480]
    assert [works[name].flop for name in (*PHASES, "dot")] == [0, 30, 30, 60, 60]
    assert [works[name].bytes_hidden for name in (*PHASES, "dot")] == [240, 240, 240, 240, 0]


def test_stores_past_the_caches_read_nothing_and_are_not_called_stream() -> None:
    kernel, comm = Stream(n=10, variant="nontemporal"), MPI.COMM_SELF
    assert {phase.work(1).bytes_hidden for phase in kernel.phases()} == {0.0}
    assert "variant of STREAM, nontemporal stores" in kernel.verify(kernel.setup(comm), comm).what
    plain = Stream(n=10)
    assert "variant" not in plain.verify(plain.setup(comm), comm).what


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
