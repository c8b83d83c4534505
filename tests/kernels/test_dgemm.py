"""dgemm: the product against NumPy, its check, its sizes; and the cases of the contract tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from mpi4py import MPI

from kernels.contract import IllegalParameter, Value
from kernels.dense.dgemm import cpu, reference
from kernels.dense.dgemm.cpu import ALPHA, BETA, State
from kernels.dense.dgemm.kernel import Dgemm

KINDS = [(dtype, variant) for dtype in ("float64", "float32") for variant in ("blas", "numba")]
EVERY_KIND = pytest.mark.parametrize(("dtype", "variant"), KINDS)
COMM = MPI.COMM_SELF


def cases(ranks: int) -> list[dict[str, Value]]:
    return [
        {"n": 1},
        {"n": 37},
        {"n": 64, "seed": 0},
        *({"n": 51, "dtype": dtype, "variant": variant} for dtype, variant in KINDS),
        {"n": 1, "dtype": "float32", "variant": "numba"},
    ]


def mutation_case(ranks: int) -> dict[str, Value]:
    return {"n": 41}


def _flip_an_element(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.c[-1, state.n - 1] *= -1.0


def _forget_the_product(state: State, comm: MPI.Intracomm) -> None:
    state.restore()
    state.run_chains()


def _forget_to_restore(state: State, comm: MPI.Intracomm) -> None:
    state.multiply()


def _forget_the_product_alone(state: State, comm: MPI.Intracomm) -> None:
    _forget_the_product(state, comm)
    state.multiply()


def _corrupt_the_product_alone(state: State, comm: MPI.Intracomm) -> None:
    _forget_the_product(state, comm)
    state.multiply_alone()
    if comm.rank == 0:
        state.c[3, 1] += 1e4 * np.finfo(state.c.dtype).eps
    state.multiply()


def _lose_a_number(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.c[0, 0] = np.nan


def _transpose(state: State, comm: MPI.Intracomm) -> None:
    state.c[:, : state.n] = state.c[:, : state.n].T.copy()


def _stop_a_chain(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.ends[-1] -= np.uint64(1)


MUTATIONS: dict[str, Callable[[State, MPI.Intracomm], None]] = {
    "flip_an_element": _flip_an_element,
    "forget_the_product": _forget_the_product,
    "forget_to_restore": _forget_to_restore,
    "forget_the_product_alone": _forget_the_product_alone,
    "corrupt_the_product_alone": _corrupt_the_product_alone,
    "lose_a_number": _lose_a_number,
    "transpose": _transpose,
    "stop_a_chain": _stop_a_chain,
}


def finished(n: int, dtype: str = "float64", variant: str = "blas", rank: int = 0) -> State:
    """A state after one repetition."""
    state = cpu.allocate(n, 3, rank, dtype, variant)
    for phase in Dgemm(n=n).phases():
        phase.run(state)
    return state


@EVERY_KIND
@pytest.mark.parametrize("n", [1, 2, 7, 33, 100])
def test_multiplies_like_numpy(n: int, dtype: str, variant: str) -> None:
    state = cpu.allocate(n, 3, 0, dtype, variant)
    state.multiply()
    expected = reference.multiply(n, 3, (ALPHA, BETA), 1, dtype)
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(state.c[:, :n].T, expected, rtol=100 * eps, atol=100 * eps)


@EVERY_KIND
def test_a_repetition_multiplies_twice_on_rank_0_and_once_elsewhere(
    dtype: str, variant: str
) -> None:
    first, second = (finished(20, dtype, variant, rank) for rank in (0, 1))
    assert (first.products, second.products) == (2, 1)
    expected = reference.multiply(20, 3, (ALPHA, BETA), 2, dtype)
    atol = 100 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(first.c[:, :20].T, expected, rtol=0, atol=atol)
    assert all(state.error(COMM) <= 16.0 for state in (first, second))


@EVERY_KIND
@pytest.mark.parametrize("name", MUTATIONS)
def test_the_check_rejects_in_every_kind(name: str, dtype: str, variant: str) -> None:
    state = finished(41, dtype, variant)
    assert state.error(COMM) <= 16.0
    MUTATIONS[name](state, COMM)
    assert not state.error(COMM) <= 16.0


@EVERY_KIND
@pytest.mark.parametrize("n", [40, 1500])
def test_an_error_of_a_few_hundred_roundings_in_one_element_is_noticed(
    n: int, dtype: str, variant: str
) -> None:
    """HPCC's own scale, n ||C|| ||x|| eps, lets a wrong sign pass here in float32."""
    state = finished(n, dtype, variant)
    assert state.error(COMM) <= 4.0
    roundings = float(np.finfo(dtype).eps) * n**1.5
    state.c[n // 2, n // 3] += np.asarray(8 * roundings, dtype)
    assert state.error(COMM) > 16.0


def test_ranks_have_different_matrices() -> None:
    first, second = (cpu.allocate(9, seed=3, rank=rank) for rank in (0, 1))
    assert not np.intersect1d(first.a[:, :9], second.a[:, :9]).size
    expected = reference.matrix(9, 3, second.first)
    np.testing.assert_array_equal(second.c[:, :9].T, expected)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_columns_are_aligned_and_off_powers_of_two(dtype: str) -> None:
    state = cpu.allocate(1024, 3, 0, dtype)
    for matrix in (state.a, state.b, state.c):
        assert matrix.ctypes.data % 64 == 0
        assert matrix.strides[0] % 64 == 0
        assert matrix.strides[0] % 2048 != 0


def test_counts_the_flop_of_one_rank_and_of_all() -> None:
    works = {phase.name: phase.work(3) for phase in Dgemm(n=100).phases()}
    assert list(works) == ["single", "star", "clock"]
    assert (works["single"].flop, works["star"].flop, works["clock"].flop) == (2e6, 6e6, 0)
    assert works["clock"].items == 2 * cpu.CHAIN_STEPS


@EVERY_KIND
@pytest.mark.parametrize("n", [1, 100, 256, 700])
def test_memory_covers_what_is_allocated(n: int, dtype: str, variant: str) -> None:
    state = cpu.allocate(n, 3, 0, dtype, variant)
    allocated_B = state.a.nbytes + state.b.nbytes + state.c.nbytes + state.ends.nbytes
    if state.packed is not None:
        allocated_B += state.packed.a.nbytes + state.packed.b.nbytes + state.packed.edges.nbytes
    counted_B = Dgemm(n=n, dtype=dtype, variant=variant).memory_B(1)
    assert allocated_B <= counted_B <= 1.6 * allocated_B + 2**17


@EVERY_KIND
@pytest.mark.parametrize(("memory_B", "ranks"), [(10**6, 1), (10**7, 3), (10**12, 2)])
def test_fit_fills_memory_up_to_the_plateau(
    memory_B: int, ranks: int, dtype: str, variant: str
) -> None:
    given: dict[str, Value] = {"dtype": dtype, "variant": variant}
    kernel = Dgemm(n=int(Dgemm.fit(given, memory_B, 0, ranks)["n"]), dtype=dtype, variant=variant)
    assert ranks * kernel.memory_B(ranks) <= memory_B
    larger = replace(kernel, n=kernel.n + 32)
    assert kernel.n == 4000 or ranks * larger.memory_B(ranks) > memory_B


def test_fit_leaves_what_is_given_and_names_what_is_missing() -> None:
    assert Dgemm.fit({"n": 5}, 1, 0, 1) == {}
    with pytest.raises(IllegalParameter, match=r"n = 1 needs \d+ B"):
        Dgemm.fit({}, 100, 0, 1)
