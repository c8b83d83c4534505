"""Rates of HPL's inner loops on one rank: generation, panel, interchanges, update, solution."""

from __future__ import annotations

import numpy as np
import pytest
from mpi4py import MPI
from pytest_benchmark.fixture import BenchmarkFixture

from kernels.dense.hpl import cpu
from kernels.dense.hpl.cpu import State
from kernels.dense.hpl.panel import Panel, factor, leaf_alone, open_panel
from kernels.dense.hpl.swap import swap_local

N, NB = 2000, 192


@pytest.fixture
def state() -> State:
    return cpu.allocate(MPI.COMM_SELF, N, NB, 1, 1, 100)


def first_panel(state: State) -> Panel:
    panel = open_panel(state.grid.step(0), state.factorisation.buffers[0], 1)
    panel.w[:, :N] = state.a[:NB, :N]
    return panel


def rate(benchmark: BenchmarkFixture, name: str, amount: float) -> None:
    benchmark.extra_info[name] = amount / benchmark.stats.stats.median


def test_generate(benchmark: BenchmarkFixture, state: State) -> None:
    benchmark(state.restore)
    rate(benchmark, "element/s", N * (N + 1))


def test_panel(benchmark: BenchmarkFixture, state: State) -> None:
    panel = first_panel(state)
    fresh = panel.w.copy()

    def restore() -> None:
        panel.w[:] = fresh

    benchmark.pedantic(lambda: factor(panel, leaf_alone), setup=restore, rounds=20)
    rate(benchmark, "flop/s", NB * NB * (N - NB / 3))


def test_swap(benchmark: BenchmarkFixture, state: State) -> None:
    panel = first_panel(state)
    factor(panel, leaf_alone)
    pivots = np.array(panel.pivots)
    benchmark(swap_local, state.a, NB, N, 0, pivots)
    rate(benchmark, "swap/s", NB * (N - NB))


def test_update(benchmark: BenchmarkFixture, state: State) -> None:
    panel = first_panel(state)
    factor(panel, leaf_alone)
    update = state.factorisation.update
    fresh = state.a.copy()

    def restore() -> None:
        state.a[:] = fresh

    benchmark.pedantic(lambda: update.apply(panel, NB, N, lambda: None), setup=restore, rounds=10)
    rate(benchmark, "flop/s", (N - NB) * NB * (NB + 2.0 * (N - NB)))


def test_solve(benchmark: BenchmarkFixture, state: State) -> None:
    benchmark.pedantic(state.solve, setup=state.restore, rounds=5)
    rate(benchmark, "flop/s", N * (2 / 3 * N + 1.5) * N)


def test_verify(benchmark: BenchmarkFixture, state: State) -> None:
    state.solve()
    benchmark(state.error, MPI.COMM_SELF)
    rate(benchmark, "element/s", N * (N + 1))
