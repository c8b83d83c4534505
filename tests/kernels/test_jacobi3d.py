"""jacobi3d against its NumPy twin, the decay of its mode, the heat equation, and its verifier."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.exchange import Exchange
from kernels.contract import Value
from kernels.stencil.jacobi3d import cpu, reference
from kernels.stencil.jacobi3d.kernel import Jacobi3d
from kernels.stencil.jacobi3d.layout import Layout
from kernels.stencil.jacobi3d.mode import decay, peak


def case(nx: int, ny: int, nz: int, steps: int, **others: Value) -> dict[str, Value]:
    values = {"n": 8, "nx": nx, "ny": ny, "nz": nz, "steps": steps, "depth": 1, "stores": "plain"}
    if others.get("depth", 1) != 1:
        others = {"variant": "temporal", **others}
    return {**values, **others}


def cases(ranks: int) -> list[dict[str, Value]]:
    return [
        case(1, 1, 1, 3),
        case(2, 1, 1, 4),
        case(3, 2, 1, 5, stencil="27pt"),
        case(17, 13, 11, 10, variant="temporal"),
        case(33, 40, 21, 12),
        case(33, 40, 21, 12, depth=2, boundary="periodic"),
        case(64, 50, 70, 7, depth=5, stencil="27pt"),
        case(64, 50, 70, 6, depth=6, dtype="float32", boundary="periodic"),
        case(1, 9, 7, 3, stores="nontemporal"),
        case(33, 40, 21, 12, stores="nontemporal", dtype="float32"),
        case(130, 6, 5, 4, stores="nontemporal", stencil="27pt", boundary="periodic"),
    ]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(40, 36, 60, 6, depth=3, boundary="periodic")


def last_owner(comm: MPI.Intracomm) -> bool:
    return comm.rank == comm.size - 1


def flip_one_point(state: cpu.State, comm: MPI.Intracomm) -> None:
    if last_owner(comm):
        state.u[-1, -1, -1] += 1e-9


def not_a_number(state: cpu.State, comm: MPI.Intracomm) -> None:
    if last_owner(comm):
        state.u[0, 0, 0] = np.nan


def skip_a_step(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.restore()
    state.sweep(5)


def mirror_an_axis(state: cpu.State, comm: MPI.Intracomm) -> None:
    """Mode 2 along y is antisymmetric, but a block of it is not what belongs there."""
    state.u[...] = state.u[:, ::-1].copy()


class Still(Exchange):
    """An exchange that leaves the halos as they are."""

    def start(self, u: cpu.Array) -> None:
        """Nothing."""

    def finish(self, u: cpu.Array) -> None:
        """Nothing."""


def leave_the_halo_stale(state: cpu.State, comm: MPI.Intracomm) -> None:
    """The second pass with the halos of the first; a rank alone is its own neighbour."""
    state.restore()
    now = state.fields[0].padded
    state.exchange.start(now)
    state.exchange.finish(now)
    halos = [now[link.halo].copy() for link in state.exchange.links]
    state.advance(3)
    for link, one in zip(state.exchange.links, halos, strict=True):
        state.fields[0].padded[link.halo] = one
    state.exchange = Still(state.part, state.layout.depths, comm, "float64", corners=True)
    state.advance(3)


def skip_a_level(state: cpu.State, comm: MPI.Intracomm) -> None:
    """Level 2 of the last pass is not computed: level 3 finds level 0 instead."""
    state.restore()
    state.advance(3)
    whole = state.passes[3]
    cores = whole.cores.copy()
    cores[:, 1] = 0
    rests = (whole.rests[0], whole.rests[1][:0], whole.rests[2])
    state.passes[3] = replace(whole, cores=cores, rests=rests)
    state.advance(3)


def leave_the_shell(state: cpu.State, comm: MPI.Intracomm) -> None:
    """The last level without what waits for halos; a rank alone has none, and loses a plane."""
    state.restore()
    state.advance(3)
    whole = state.passes[3]
    cores = whole.cores.copy()
    if comm.size == 1:
        cores[:, 2, 1] -= 1
    state.passes[3] = replace(whole, cores=cores, rests=(*whole.rests[:2], whole.rests[2][:0]))
    state.advance(3)


MUTATIONS = {
    "flip_one_point": flip_one_point,
    "not_a_number": not_a_number,
    "skip_a_step": skip_a_step,
    "mirror_an_axis": mirror_an_axis,
    "leave_the_halo_stale": leave_the_halo_stale,
    "skip_a_level": skip_a_level,
    "leave_the_shell": leave_the_shell,
}


def kernel_of(values: dict[str, Value]) -> Jacobi3d:
    return Jacobi3d(**values)  # type: ignore[arg-type]


def run(values: dict[str, Value], comm: MPI.Intracomm = MPI.COMM_SELF) -> cpu.State:
    kernel = kernel_of(values)
    kernel.check_geometry(comm.size)
    state = kernel.setup(comm)
    kernel.prepare(state)
    kernel.phases()[0].run(state)
    return state


def twin(values: dict[str, Value], start: reference.Field | None = None) -> reference.Field:
    kernel = kernel_of(values)
    periodic = kernel.boundary == "periodic"
    if start is None:
        start = reference.field(kernel.shape, periodic=periodic, dtype=kernel.dtype)
    points = {"7pt": 7, "27pt": 27}[kernel.stencil]
    return reference.jacobi(start, kernel.steps, points=points, periodic=periodic)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("values", cases(1))
def test_bits_are_those_of_numpy(values: dict[str, Value], threads: int) -> None:
    numba.set_num_threads(threads)
    np.testing.assert_array_equal(run(values).u, twin(values))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("stencil", ["7pt", "27pt"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("boundary", ["dirichlet", "periodic"])
def test_variants_have_the_same_bits_on_a_rough_field(
    boundary: str, dtype: str, stencil: str, threads: int
) -> None:
    numba.set_num_threads(threads)
    rough = np.random.default_rng(1).standard_normal((19, 14, 37)).astype(dtype)
    same: dict[str, Value] = {"boundary": boundary, "dtype": dtype, "stencil": stencil}
    ways: list[dict[str, Value]] = [
        {"stores": "plain"},
        {"stores": "nontemporal", "tile": 5},
        *({"depth": depth, "tile": tile} for depth in (2, 3, 6) for tile in (0, 1, 4)),
    ]
    for way in ways:
        values = case(37, 14, 19, 7, **{**same, **way})
        kernel = kernel_of(values)
        state = kernel.setup(MPI.COMM_SELF)
        state.u[...] = rough
        kernel.phases()[0].run(state)
        np.testing.assert_array_equal(state.u, twin(values, rough), err_msg=str(way))


@pytest.mark.parametrize("width", [16, 24, 64])
@pytest.mark.parametrize("rows", [1, 2, 5, 100])
def test_tiles_do_not_change_the_bits(rows: int, width: int) -> None:
    values = case(61, 23, 17, 5, depth=5, boundary="periodic")
    state = kernel_of(values).setup(MPI.COMM_SELF)
    state.tile = rows, width
    state.sweep(5)
    np.testing.assert_array_equal(state.u, twin(values))


@pytest.mark.parametrize("tasks", [(1, 1), (3, 1), (1, 2), (2, 3), (5, 4)])
def test_tasks_do_not_change_the_bits(tasks: tuple[int, int]) -> None:
    values = case(21, 23, 27, 8, depth=4)
    state = kernel_of(values).setup(MPI.COMM_SELF)
    state.tasks = tasks
    state.passes = {4: cpu.plan(state.part, 0, tasks, 4)}
    state.sweep(8)
    np.testing.assert_array_equal(state.u, twin(values))


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("points", [7, 27])
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 2, 2), (5, 9, 30), (150, 4, 3)])
def test_the_mode_is_an_eigenvector(
    shape: tuple[int, int, int], points: int, periodic: bool
) -> None:
    start = reference.field(shape, periodic=periodic)
    np.testing.assert_allclose(
        reference.jacobi(start, 1, points=points, periodic=periodic),
        decay(shape, points, periodic=periodic) * start,
        atol=2e-15,
        rtol=0,
    )
    assert peak(shape, periodic=periodic) == pytest.approx(np.abs(start).max(), rel=1e-15)


@pytest.mark.parametrize("boundary", ["dirichlet", "periodic"])
@pytest.mark.parametrize(("stencil", "time_step"), [("7pt", 1 / 7), ("27pt", 1 / 4)])
def test_steps_solve_the_heat_equation_in_second_order(
    stencil: str, time_step: float, boundary: str
) -> None:
    """Against the solution of u_t = laplace(u) on the unit cube, at the same time on three grids.

    time_step : in units of h^2, so that space and time are refined together.
    """
    errors = []
    waves = (1, 2, 1)
    wave_number = math.pi * (2 if boundary == "periodic" else 1)
    for intervals, steps in ((16, 4), (32, 16), (64, 64)):
        n = intervals if boundary == "periodic" else intervals - 1
        values = case(n, n, n, steps, depth=4, stencil=stencil, boundary=boundary)
        state = kernel_of(values).setup(MPI.COMM_SELF)
        at = (np.arange(n) + (boundary == "dirichlet")) / intervals
        z, y, x = (np.sin(k * wave_number * at) for k in waves)
        mode = (z[:, None] * y)[:, :, None] * x
        state.u[...] = mode
        state.sweep(steps)
        time = steps * time_step / intervals**2
        solution = mode * math.exp(-sum(k**2 for k in waves) * wave_number**2 * time)
        errors.append(np.abs(state.u - solution).max())
    orders = [math.log2(coarse / fine) for coarse, fine in itertools.pairwise(errors)]
    assert all(1.9 < one < 2.1 for one in orders), (errors, orders)


def test_rows_begin_on_cache_lines_spread_over_the_sets() -> None:
    layout = Layout((3, 4, 512), (2, 2, 2), 8)
    assert layout.strides[0] % 128 == 64
    assert layout.padded[2] >= 512 + 2 * 2
    state = run(case(37, 5, 4, 4, depth=2, boundary="periodic", dtype="float32"))
    assert all(one.address % 64 == 0 for one in state.fields)


class Told:
    """A watch that keeps what it is told."""

    def __init__(self) -> None:
        self.laps: set[str] = set()
        self.notes: dict[str, float] = {}
        self.done: list[int] = []

    def lap(self, part: str) -> None:
        self.laps.add(part)

    def progress(self, done: int, total: int, share: float) -> None:
        self.done.append(done)
        assert share == done / total

    def note(self, series: str, value: float) -> None:
        self.notes[series] = value


def test_the_tile_the_parts_and_the_progress_are_told() -> None:
    kernel, told = kernel_of(case(20, 20, 20, 7, depth=3, tile=5)), Told()
    state = kernel.setup(MPI.COMM_SELF)
    kernel.watch(state, told)
    kernel.phases()[0].run(state)
    assert told.laps == {"core", "exchange", "shell"}
    assert told.notes == {"tile rows": 5, "tile points along x": state.tile[1]}
    assert told.done == [3, 6, 7]
