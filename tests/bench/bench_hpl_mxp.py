"""Rates of HPL-MxP's inner loops on one rank: conversion, panel, update, substitution, residual."""

from __future__ import annotations

import pytest
from mpi4py import MPI
from pytest_benchmark.fixture import BenchmarkFixture

from kernels.contract import UNWATCHED
from kernels.dense.hpl_mxp import cpu
from kernels.dense.hpl_mxp.cpu import State
from kernels.dense.hpl_mxp.kernel import HplMxp
from kernels.dense.hpl_mxp.panel import Panel, open_panel

N, NB = 2000, 192


@pytest.fixture
def state() -> State:
    state = cpu.allocate(MPI.COMM_SELF, HplMxp(n=N, nb=NB, p=1, q=1))
    state.system.convert()
    return state


def first_panel(state: State) -> Panel:
    panel = open_panel(state.system.grid.step(0), state.factorisation.buffers[0])
    state.factorisation.factor_panel(panel)
    return panel


def rate(benchmark: BenchmarkFixture, name: str, amount: float) -> None:
    benchmark.extra_info[name] = amount / benchmark.stats.stats.median


def test_convert(benchmark: BenchmarkFixture, state: State) -> None:
    benchmark(state.system.convert)
    rate(benchmark, "B/s", 12 * N * N)


def test_panel(benchmark: BenchmarkFixture, state: State) -> None:
    benchmark.pedantic(first_panel, (state,), setup=state.system.convert, rounds=20)
    rate(benchmark, "flop/s", NB * NB * (N - NB / 3))


def test_update(benchmark: BenchmarkFixture, state: State) -> None:
    applied = state.factorisation.update.by(first_panel(state))

    def update() -> None:
        with state.factorisation.update.team.calling_blas():
            applied.finish(NB, N, UNWATCHED)

    benchmark.pedantic(update, setup=state.system.convert, rounds=10)
    rate(benchmark, "flop/s", (N - NB) * NB * (NB + 2.0 * (N - NB)))


def test_substitution(benchmark: BenchmarkFixture, state: State) -> None:
    state.factorisation.run(UNWATCHED)
    benchmark(state.system.solve, state.system.b)
    rate(benchmark, "B/s", 4 * N * N)


def test_residual(benchmark: BenchmarkFixture, state: State) -> None:
    benchmark(state.system.residual)
    rate(benchmark, "B/s", 8 * N * N)


@pytest.mark.parametrize("refine", ["classic", "gmres"])
def test_solve(benchmark: BenchmarkFixture, refine: str) -> None:
    state = cpu.allocate(MPI.COMM_SELF, HplMxp(n=N, nb=NB, p=1, q=1, refine=refine))
    benchmark.pedantic(state.solve, rounds=5)
    rate(benchmark, "flop/s", N * (2 / 3 * N + 1.5) * N)


def test_verify(benchmark: BenchmarkFixture, state: State) -> None:
    benchmark(state.error, MPI.COMM_SELF)
    rate(benchmark, "element/s", N * N)
