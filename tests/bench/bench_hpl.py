"""Rates of HPL's inner loops on one rank: generation, panel, interchanges, update, solution."""

from __future__ import annotations

import numpy as np
import pytest
from mpi4py import MPI
from pytest_benchmark.fixture import BenchmarkFixture

from kernels.contract import UNWATCHED
from kernels.dense.hpl import cpu
from kernels.dense.hpl.cpu import State
from kernels.dense.hpl.kernel import Hpl
from kernels.dense.hpl.panel import Columns, Panel, open_columns, open_panel, pack, transpose
from kernels.dense.hpl.swap import Interchange, displace, gather

N, NB = 2000, 192


@pytest.fixture
def state() -> State:
    return cpu.allocate(MPI.COMM_SELF, Hpl(n=N, nb=NB, p=1, q=1))


def first_columns(state: State) -> tuple[Panel, Columns]:
    panel = open_panel(state.grid.step(0), state.factorisation.buffers[0])
    columns = open_columns(panel, state.factorisation.workspace, 1)
    transpose(state.a[:, :NB], columns.w)
    return panel, columns


def first_panel(state: State) -> Panel:
    panel, columns = first_columns(state)
    factor(state, columns)
    pack(columns, panel)
    return panel


def factor(state: State, columns: Columns) -> None:
    state.factorisation.recursion.factor(columns, state.factorisation.leaf)


def rate(benchmark: BenchmarkFixture, name: str, amount: float) -> None:
    benchmark.extra_info[name] = amount / benchmark.stats.stats.median


def test_generate(benchmark: BenchmarkFixture, state: State) -> None:
    benchmark(state.restore)
    rate(benchmark, "element/s", N * (N + 1))


def test_panel(benchmark: BenchmarkFixture, state: State) -> None:
    _, columns = first_columns(state)
    fresh = columns.w.copy()

    def restore() -> None:
        columns.w[:] = fresh

    benchmark.pedantic(lambda: factor(state, columns), setup=restore, rounds=20)
    rate(benchmark, "flop/s", NB * NB * (N - NB / 3))


def test_swap(benchmark: BenchmarkFixture, state: State) -> None:
    panel = first_panel(state)
    change = Interchange.of(panel, state.grid)
    columns, rows = state.a[:, NB:N], np.empty((NB, N - NB))

    def interchange() -> None:
        gather(columns, change.sources[0].local, rows)
        displace(columns, change.contents, change.places[0].local)

    benchmark(interchange)
    rate(benchmark, "element/s", NB * (N - NB))


def test_update(benchmark: BenchmarkFixture, state: State) -> None:
    panel = first_panel(state)
    update = state.factorisation.update
    fresh = state.a.copy()

    def restore() -> None:
        state.a[:] = fresh

    def apply() -> None:
        with update.team.calling_blas():
            update.by(panel).finish(NB, N, UNWATCHED)

    benchmark.pedantic(apply, setup=restore, rounds=10)
    rate(benchmark, "flop/s", (N - NB) * NB * (NB + 2.0 * (N - NB)))


def test_solve(benchmark: BenchmarkFixture, state: State) -> None:
    benchmark.pedantic(state.solve, setup=state.restore, rounds=5)
    rate(benchmark, "flop/s", N * (2 / 3 * N + 1.5) * N)


def test_verify(benchmark: BenchmarkFixture, state: State) -> None:
    state.solve()
    benchmark(state.error, MPI.COMM_SELF)
    rate(benchmark, "element/s", N * (N + 1))
