"""jacobi3d against its NumPy twin, the decay of its mode, its sizes and its verifier."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.cartesian import Part, part, rank_grid
from kernels.contract import IllegalParameter, Value
from kernels.stencil.jacobi3d import cpu, nontemporal, reference
from kernels.stencil.jacobi3d.kernel import Jacobi3d
from kernels.stencil.jacobi3d.mode import decay, peak

GIB = 2**30


def case(nx: int, ny: int, nz: int, steps: int, stores: str = "plain") -> dict[str, Value]:
    return {"n": 8, "nx": nx, "ny": ny, "nz": nz, "steps": steps, "stores": stores}


def cases(ranks: int) -> list[dict[str, Value]]:
    return [
        case(1, 1, 1, 3),
        case(2, 1, 1, 4),
        case(3, 2, 1, 5),
        case(17, 13, 11, 10),
        case(64, 5, 7, 1),
        case(33, 40, 21, 12),
        case(1, 9, 7, 3, "nontemporal"),
        case(33, 40, 21, 12, "nontemporal"),
        case(130, 6, 5, 4, "nontemporal"),
    ]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(21, 19, 23, 5)


def last_owner(comm: MPI.Intracomm) -> bool:
    return comm.rank == comm.size - 1


def flip_one_point(state: cpu.State, comm: MPI.Intracomm) -> None:
    if last_owner(comm):
        state.u[-2, -2, -2] *= 1.0 + 1e-9


def not_a_number(state: cpu.State, comm: MPI.Intracomm) -> None:
    if last_owner(comm):
        state.u[1, 1, 1] = np.nan


def skip_a_step(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.restore()
    state.sweep(4)


def mirror_an_axis(state: cpu.State, comm: MPI.Intracomm) -> None:
    """Mode 2 along y is antisymmetric, but a block of it is not what belongs there."""
    state.u[:, 1:-1] = state.u[:, -2:0:-1].copy()


def leave_the_halo_stale(state: cpu.State, comm: MPI.Intracomm) -> None:
    """The last step without exchange; a single rank has no halo: its wall is disturbed."""
    state.restore()
    state.sweep(4)
    if comm.size == 1:
        state.u[0] = state.new[1]
    state.sides = ()
    state.part = Part(state.part.blocks, ((None, None),) * 3)
    state.step()


MUTATIONS = {
    "flip_one_point": flip_one_point,
    "not_a_number": not_a_number,
    "skip_a_step": skip_a_step,
    "mirror_an_axis": mirror_an_axis,
    "leave_the_halo_stale": leave_the_halo_stale,
}


def run(values: dict[str, Value], comm: MPI.Intracomm = MPI.COMM_SELF) -> cpu.State:
    kernel = Jacobi3d(**values)  # type: ignore[arg-type]
    state = kernel.setup(comm)
    kernel.prepare(state)
    kernel.phases()[0].run(state)
    return state


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("values", cases(1))
def test_bits_are_those_of_numpy(values: dict[str, Value], threads: int) -> None:
    numba.set_num_threads(threads)
    state = run(values)
    points = Jacobi3d(**values).points  # type: ignore[arg-type]
    wanted = reference.jacobi(reference.field(points), int(values["steps"]))
    np.testing.assert_array_equal(state.u[1:-1, 1:-1, 1:-1], wanted)


@pytest.mark.parametrize("stores", ["plain", "nontemporal"])
def test_bits_are_those_of_numpy_on_a_rough_field(stores: str) -> None:
    state = run(case(37, 11, 9, 1, stores))
    rough = np.random.default_rng(1).standard_normal((9, 11, 37))
    state.u[1:-1, 1:-1, 1:-1] = rough
    state.sweep(7)
    np.testing.assert_array_equal(state.u[1:-1, 1:-1, 1:-1], reference.jacobi(rough, 7))


@pytest.mark.parametrize("points", [(1, 1, 1), (2, 2, 2), (5, 9, 30)])
def test_the_sine_mode_is_an_eigenvector(points: tuple[int, int, int]) -> None:
    start = reference.field(points)
    np.testing.assert_allclose(
        reference.jacobi(start, 1), decay(points) * start, atol=1e-15, rtol=0
    )
    assert peak(points) == np.abs(start).max()


@pytest.mark.parametrize(("threads", "planes"), [(1, 5), (2, 1), (6, 4), (96, 50), (2, 0)])
def test_every_thread_gets_one_task(threads: int, planes: int) -> None:
    slabs, columns = cpu.split(planes, threads)
    assert slabs * columns == threads
    assert slabs <= max(planes, 1)


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 6, 12, 27])
@pytest.mark.parametrize("points", [(1, 1, 1), (2, 3, 5), (11, 13, 17)])
def test_core_and_shell_cover_each_row_once(points: tuple[int, int, int], ranks: int) -> None:
    grid = rank_grid(points, ranks)
    for rank in range(ranks):
        own = part(points, grid, rank)
        if not own.empty:
            seen = np.zeros([size + 2 for size in own.shape[:2]], dtype=int)
            for z_low, z_high, y_low, y_high in cpu.boxes(own):
                seen[z_low:z_high, y_low:y_high] += 1
            assert (seen[1:-1, 1:-1] == 1).all()
            assert seen.sum() == seen[1:-1, 1:-1].sum()


def test_too_many_steps_for_a_small_grid_are_refused() -> None:
    kernel = Jacobi3d(**case(5, 5, 5, 1000))  # type: ignore[arg-type]
    with pytest.raises(IllegalParameter, match=r"steps = 1000: at most \d+ on 5 x 5 x 5 points"):
        kernel.check_geometry(1)


def test_counts_24_bytes_of_traffic_a_point() -> None:
    work = Jacobi3d(**case(3, 4, 5, 6)).phases()[0].work(2)  # type: ignore[arg-type]
    assert work.items == 360
    assert work.traffic == 24 * 360
    assert work.flop == 7 * 360


def test_nontemporal_stores_save_the_write_allocate_read() -> None:
    kernel = Jacobi3d(**case(3, 4, 5, 6, "nontemporal"))  # type: ignore[arg-type]
    work = kernel.phases()[0].work(2)
    assert work.traffic == 16 * 360


def test_rows_are_written_past_the_caches_where_that_is_promised() -> None:
    cached = nontemporal.update_row  # whose code cannot be looked at
    anew = numba.njit(cached.signatures[0], error_model="numpy")(cached.py_func)
    (code,) = anew.inspect_asm().values()
    stores = ("vmovntpd", "movntpd", "stnp")
    assert any(store in code for store in stores), "no non-temporal store in the compiled row"


def test_stores_go_past_the_caches_where_the_fields_exceed_them() -> None:
    assert Jacobi3d.fit({"n": 64}, GIB, 2 * 64**3 * 8, 1)["stores"] == "plain"
    assert Jacobi3d.fit({"n": 64}, GIB, 2 * 64**3 * 8 - 1, 1)["stores"] == "nontemporal"


def test_memory_is_what_is_allocated() -> None:
    kernel = Jacobi3d(**case(10, 20, 30, 1))  # type: ignore[arg-type]
    state = kernel.setup(MPI.COMM_SELF)
    arrays = (state.u, state.new, *state.sines)
    assert kernel.memory_B(1) == sum(array.nbytes for array in arrays)


def test_fit_fills_the_caches_four_times() -> None:
    found = Jacobi3d.fit({}, memory_B=64 * GIB, llc_B=480 * 2**20, ranks=2)
    assert found["n"] == found["nx"] == found["ny"] == found["nz"]
    assert int(found["n"]) ** 3 * 8 >= 4 * 480 * 2**20


def test_fit_stays_within_the_memory() -> None:
    found = Jacobi3d.fit({}, memory_B=GIB // 8, llc_B=480 * 2**20, ranks=3)
    kernel = Jacobi3d(**found)  # type: ignore[arg-type]
    assert 0.9 * GIB / 8 < 3 * kernel.memory_B(3) <= GIB / 8
    with pytest.raises(IllegalParameter, match="n = 1 needs"):
        Jacobi3d.fit({}, memory_B=100, llc_B=0, ranks=1)


def test_fit_keeps_what_is_given() -> None:
    given = {"n": 7, "nx": 9, "stores": "plain"}
    assert Jacobi3d.fit(given, GIB, 0, 1) == {"ny": 7, "nz": 7}
    given = {"nx": 2, "ny": 4, "nz": 8, "stores": "nontemporal"}
    assert Jacobi3d.fit(given, GIB, 0, 1) == {"n": 4}


@pytest.mark.parametrize("past_caches", [False, True])
@pytest.mark.parametrize("tile", [1, 2, 5, 100])
@pytest.mark.parametrize(("slabs", "columns"), [(1, 1), (2, 1), (1, 3), (3, 2)])
def test_tiles_do_not_change_the_bits(
    tile: int, slabs: int, columns: int, past_caches: bool
) -> None:
    state = run(case(9, 11, 7, 1))
    rough = np.random.default_rng(2).standard_normal((7, 11, 9))
    state.u[1:-1, 1:-1, 1:-1] = rough
    cpu.update(state.new, state.u, (1, 8, 1, 12), slabs, columns, tile, past_caches)
    np.testing.assert_array_equal(state.new[1:-1, 1:-1, 1:-1], reference.jacobi(rough, 1))
