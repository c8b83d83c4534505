"""jacobi3d against its NumPy twin, the decay of its mode, the heat equation, and its verifier."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.cartesian import part, rank_grid
from kernels._support.exchange import Exchange
from kernels.contract import IllegalParameter, Value, Work
from kernels.stencil.jacobi3d import cpu, levels, reference, tiles
from kernels.stencil.jacobi3d.kernel import Jacobi3d
from kernels.stencil.jacobi3d.layout import Layout
from kernels.stencil.jacobi3d.mode import decay, peak

GIB = 2**30
SIZES = ("n", "nx", "ny", "nz")


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


@pytest.mark.parametrize("tasks", [(1, 1), (2, 1), (1, 3), (3, 2)])
@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("ranks", [1, 2, 4, 8])
@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 3, 5), (11, 13, 17)])
def test_cores_and_rest_cover_each_level_once_and_overwrite_nothing_needed(
    shape: tuple[int, int, int], ranks: int, periodic: bool, tasks: tuple[int, int]
) -> None:
    depth, grid = 3, rank_grid(shape, ranks)
    for rank in range(ranks):
        own = part(shape, grid, rank, (periodic,) * 3)
        if own.empty:
            continue
        block = levels.axes(own, rank, tasks)
        later = np.zeros([n + 2 * depth + 2 for n in own.shape], dtype=bool)
        for level in range(depth, 0, -1):
            whole, core, rest = (np.zeros(later.shape, dtype=int) for _ in range(3))
            for box in levels.cores(block, level, depth):
                core[region(box, depth)] += 1
            for box in levels.rest(block, level, depth):
                rest[region(box, depth)] += 1
            needed = tuple(one.whole(level, depth) for one in block)
            whole[region((needed[0], needed[1], needed[2]), depth)] = 1
            np.testing.assert_array_equal(core + rest, whole)
            assert not (later & spread(rest > 0)).any(), "overwritten before it is read"
            later = core > 0


def region(box: levels.Box, depth: int) -> tuple[slice, ...]:
    return tuple(slice(low + depth + 1, max(low, high) + depth + 1) for low, high in box)


def spread(points: np.ndarray) -> np.ndarray:
    """The points and all their neighbours; none of them lies at the rim."""
    found = points.copy()
    for moves in itertools.product((-1, 0, 1), repeat=3):
        found |= np.roll(points, moves, axis=(0, 1, 2))
    return found


@pytest.mark.parametrize("threads", [1, 2, 6, 96])
@pytest.mark.parametrize(("planes", "rows"), [(5, 5), (1, 100), (512, 512), (0, 3)])
def test_every_thread_gets_one_task(threads: int, planes: int, rows: int) -> None:
    slabs, columns = levels.split(planes, rows, threads, 4)
    assert slabs * columns == threads


def test_tasks_are_cut_along_z_where_they_are_thick_enough() -> None:
    assert levels.split(512, 512, 2, 6) == (2, 1)
    assert levels.split(1, 100, 2, 1) == (1, 2)
    assert levels.split(512, 512, 96, 4) == (12, 8)


def test_rows_begin_on_cache_lines_spread_over_the_sets() -> None:
    layout = Layout((3, 4, 512), (2, 2, 2), 8)
    assert layout.strides[0] % 128 == 64
    assert layout.padded[2] >= 512 + 2 * 2
    state = run(case(37, 5, 4, 4, depth=2, boundary="periodic", dtype="float32"))
    assert all(one.address % 64 == 0 for one in state.fields)


def test_tiles_fit_the_caches() -> None:
    mib = 2**20
    assert tiles.choose(Layout((512,) * 3, (1,) * 3, 8), 1, 0, mib, 16 * mib) == (62, 512)
    assert tiles.choose(Layout((512,) * 3, (6,) * 3, 8), 6, 0, mib, 16 * mib) == (24, 552)
    assert tiles.choose(Layout((512,) * 3, (6,) * 3, 8), 6, 9, mib, 16 * mib) == (9, 552)
    for n in (1, 100, 5000, 10**6):
        rows, width = tiles.choose(Layout((n,) * 3, (6,) * 3, 8), 6, 0, mib, mib)
        assert rows >= 1
        assert width % 8 == 0
        assert n < 1000 or 2 * 8 * 8 * (rows + 2) * width <= mib


def test_counts_24_bytes_of_traffic_a_point() -> None:
    work = kernel_of(case(3, 4, 5, 6)).phases()[0].work(2)
    assert work.items == 360
    assert work.traffic == 24 * 360
    assert work.flop == 7 * 360


def test_other_stencils_and_variants_count_otherwise() -> None:
    def work(**others: Value) -> Work:
        return kernel_of(case(3, 4, 5, 6, **others)).phases()[0].work(2)

    assert work(stencil="27pt").flop == 30 * 360
    assert work(dtype="float32").traffic == 12 * 360
    assert work(stores="nontemporal").traffic == 16 * 360
    assert work(depth=4).traffic == 24 * 60 * 2  # 6 steps in two passes


def test_the_flop_are_of_the_type_of_the_field() -> None:
    assert kernel_of(case(3, 4, 5, 6, dtype="float32")).arithmetic == "float32"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (case(5, 5, 5, 1000), r"steps = 1000: at most \d+ on 5 x 5 x 5 points in float64"),
        (case(9, 9, 9, 4, depth=3, variant="spatial"), "depth = 3: 1 with variant=spatial"),
        (case(9, 9, 9, 4, depth=2, stores="nontemporal"), "stores = 'nontemporal': plain with"),
        (case(9, 9, 9, 4, depth=5), "depth = 5: at most 4 on 2 ranks"),
        (case(9, 9, 4, 4, depth=5, boundary="periodic"), "depth = 5: at most 4 on 2 ranks"),
    ],
)
def test_what_cannot_run_is_refused(values: dict[str, Value], message: str) -> None:
    with pytest.raises(IllegalParameter, match=message):
        kernel_of(values).check_geometry(2)


def test_steps_that_a_verifier_could_not_tell_apart_are_refused() -> None:
    """In float32 the decay of one step soon is less than what rounding may do."""
    kernel = kernel_of(case(100, 100, 100, 10**4, dtype="float32"))
    with pytest.raises(IllegalParameter, match="steps = 10000: at most"):
        kernel.check_geometry(1)
    kernel_of(case(100, 100, 100, 20, dtype="float32")).check_geometry(1)
    kernel_of(case(2000, 2000, 2000, 20, dtype="float32")).check_geometry(1)


def test_stores_go_past_the_caches_where_the_fields_exceed_them() -> None:
    assert Jacobi3d.fit({"n": 64}, GIB, 2 * 64**3 * 8, 1)["stores"] == "plain"
    assert Jacobi3d.fit({"n": 64}, GIB, 2 * 64**3 * 8 - 1, 1)["stores"] == "nontemporal"
    temporal = Jacobi3d.fit({"n": 64, "variant": "temporal"}, GIB, 0, 1)
    assert (temporal["stores"], temporal["depth"]) == ("plain", 6)


@pytest.mark.parametrize(
    ("given", "depth"),
    [
        ({"steps": 4}, 4),
        ({"nz": 4, "boundary": "periodic"}, 4),
        ({"nx": 1, "ny": 1, "nz": 7}, 3),
    ],
)
def test_fit_takes_no_deeper_halo_than_there_is(given: dict[str, Value], depth: int) -> None:
    found = Jacobi3d.fit({"n": 64, "variant": "temporal", **given}, GIB, 0, 2)
    assert found["depth"] == depth
    kernel_of({"n": 64, "variant": "temporal", **given, **found, "steps": 3}).check_geometry(2)


@pytest.mark.parametrize(
    "others", [{}, {"depth": 3}, {"dtype": "float32", "depth": 2, "boundary": "periodic"}]
)
def test_memory_is_what_is_allocated(others: dict[str, Value]) -> None:
    kernel = kernel_of(case(10, 20, 30, 1, **others))
    state = kernel.setup(MPI.COMM_SELF)
    lines_B = 4 * 64  # before and after each array
    arrays = (*(one.whole for one in state.fields), *state.waves)
    assert kernel.memory_B(1) == sum(array.nbytes for array in arrays) + lines_B


def test_memory_of_several_ranks_holds_the_messages() -> None:
    whole, half = (
        kernel_of(case(64, 64, 64 * ranks, 1, depth=3)).memory_B(ranks) for ranks in (1, 2)
    )
    assert half - whole >= 2 * 3 * 64 * 64 * 8


def test_fit_fills_the_caches_four_times() -> None:
    found = Jacobi3d.fit({}, memory_B=64 * GIB, llc_B=480 * 2**20, ranks=2)
    assert found["n"] == found["nx"] == found["ny"] == found["nz"]
    assert int(found["n"]) ** 3 * 8 >= 4 * 480 * 2**20


def test_fit_stays_within_the_memory() -> None:
    found = Jacobi3d.fit({}, memory_B=GIB // 8, llc_B=480 * 2**20, ranks=3)
    kernel = kernel_of(found)
    assert 0.9 * GIB / 8 < 3 * kernel.memory_B(3) <= GIB / 8
    with pytest.raises(IllegalParameter, match="n = 1 needs"):
        Jacobi3d.fit({}, memory_B=100, llc_B=0, ranks=1)


def test_fit_keeps_what_is_given() -> None:
    given: dict[str, Value] = {"n": 7, "nx": 9, "stores": "plain", "depth": 1}
    assert Jacobi3d.fit(given, GIB, 0, 1) == {"ny": 7, "nz": 7}
    given = {"nx": 2, "ny": 4, "nz": 8, "stores": "nontemporal"}
    assert Jacobi3d.fit(given, GIB, 0, 1) == {"n": 4, "depth": 1}


@pytest.mark.parametrize(
    ("factor", "edges"), [(1, (4, 4, 4)), (2, (4, 4, 8)), (6, (4, 8, 12)), (8, (8, 8, 8))]
)
def test_weak_scaling_grows_the_shortest_edge(factor: int, edges: tuple[int, int, int]) -> None:
    grown = Jacobi3d.weak(case(4, 4, 4, 1), factor)
    assert tuple(grown[name] for name in ("nx", "ny", "nz")) == edges
    assert Jacobi3d.weak(case(9, 2, 5, 1), 5)["ny"] == 10


def test_every_trial_of_a_tuning_can_run() -> None:
    tuning = Jacobi3d.tuning({}, 2)
    for one in tuning.stages["depth"]:
        values = {**case(0, 0, 0, 10), **tuning.sizes, **one}
        kernel_of(values).check_geometry(2)
        for other in tuning.stages["tile"]:
            kernel_of({**values, **other}).check_geometry(2)


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
