"""dgemm: the product against NumPy, its check, its sizes; and the cases of the contract tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from mpi4py import MPI

from kernels.contract import IllegalParameter, Value
from kernels.dense.dgemm import cpu, reference
from kernels.dense.dgemm.cpu import State
from kernels.dense.dgemm.kernel import Dgemm


def cases(ranks: int) -> list[dict[str, Value]]:
    return [{"n": 1}, {"n": 37}, {"n": 64, "seed": 0}]


def mutation_case(ranks: int) -> dict[str, Value]:
    return {"n": 41}


def _flip_an_element(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.c[-1, state.n - 1] *= -1.0


def _forget_the_product(state: State, comm: MPI.Intracomm) -> None:
    state.restore()


def _forget_to_restore(state: State, comm: MPI.Intracomm) -> None:
    state.multiply()


def _lose_a_number(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.c[0, 0] = np.nan


def _transpose(state: State, comm: MPI.Intracomm) -> None:
    state.c[:, : state.n] = state.c[:, : state.n].T.copy()


MUTATIONS: dict[str, Callable[[State, MPI.Intracomm], None]] = {
    "flip_an_element": _flip_an_element,
    "forget_the_product": _forget_the_product,
    "forget_to_restore": _forget_to_restore,
    "lose_a_number": _lose_a_number,
    "transpose": _transpose,
}


@pytest.mark.parametrize("n", [1, 2, 7, 33])
def test_multiplies_like_numpy(n: int) -> None:
    state = cpu.allocate(n, seed=3, rank=0)
    state.multiply()
    expected = reference.multiply(n, 3, cpu.ALPHA, cpu.BETA)
    np.testing.assert_allclose(state.c[:, :n].T, expected, rtol=1e-12, atol=1e-13)


def test_ranks_have_different_matrices() -> None:
    first, second = (cpu.allocate(9, seed=3, rank=rank) for rank in (0, 1))
    assert not np.intersect1d(first.a[:, :9], second.a[:, :9]).size
    expected = reference.matrix(9, 3, second.first)
    np.testing.assert_array_equal(second.c[:, :9].T, expected)


def test_columns_are_aligned_and_off_powers_of_two() -> None:
    state = cpu.allocate(512, seed=3, rank=0)
    for matrix in (state.a, state.b, state.c):
        assert matrix.ctypes.data % 64 == 0
        assert matrix.shape[1] % 8 == 0
        assert matrix.shape[1] % 256 != 0


def test_counts_the_flop_of_all_ranks() -> None:
    (phase,) = Dgemm(n=100).phases()
    assert phase.work(3).flop == 3 * 2e6


@pytest.mark.parametrize("n", [1, 100, 256])
def test_memory_covers_the_matrices(n: int) -> None:
    state = cpu.allocate(n, seed=3, rank=0)
    assert Dgemm(n=n).memory_B(1) >= 3 * state.a.nbytes


@pytest.mark.parametrize(("memory_B", "ranks"), [(10**6, 1), (10**7, 3), (10**12, 2)])
def test_fit_fills_memory_up_to_the_plateau(memory_B: int, ranks: int) -> None:
    chosen = Dgemm.fit({}, memory_B, 0, ranks)
    kernel = Dgemm(n=int(chosen["n"]))
    assert ranks * kernel.memory_B(ranks) <= memory_B
    assert kernel.n == 4000 or ranks * Dgemm(n=kernel.n + 16).memory_B(ranks) > memory_B


def test_fit_leaves_what_is_given_and_names_what_is_missing() -> None:
    assert Dgemm.fit({"n": 5}, 1, 0, 1) == {}
    with pytest.raises(IllegalParameter, match=r"n = 1 needs \d+ B"):
        Dgemm.fit({}, 100, 0, 1)
