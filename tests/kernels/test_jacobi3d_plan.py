"""How jacobi3d is planned: levels, tiles, what it counts, what fits, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.cartesian import part, rank_grid
from kernels.contract import IllegalParameter, Value, Work
from kernels.stencil.jacobi3d import levels, tiles
from kernels.stencil.jacobi3d.kernel import Jacobi3d
from kernels.stencil.jacobi3d.layout import Layout
from tests.kernels.test_jacobi3d import case, kernel_of

GIB = 2**30


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
