"""halo: blocks against the wrapped field, counts, and a verifier that notices each wrong point."""

from __future__ import annotations

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.cartesian import part
from kernels.contract import BANDWIDTH, LATENCY, IllegalParameter, Value
from kernels.network.halo import cpu, reference
from kernels.network.halo.kernel import Halo, grid_of

GIB = 2**30


def cases(ranks: int) -> list[dict[str, Value]]:
    return [
        {"smallest": 5, "largest": 64},
        {"smallest": 63, "largest": 65, "depth": 3, "corners": True, "dtype": "float32"},
        {"smallest": 64, "largest": 64, "depth": 2},
    ]


def mutation_case(ranks: int) -> dict[str, Value]:
    return {"smallest": 33, "largest": 64, "depth": 2, "corners": True}


def flip_one_point_of_a_halo(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.blocks[64].u[0, 5, 5] += 1.0


def leave_a_corner_empty(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        state.blocks[33].u[-1, -1, -1] = cpu.EMPTY


def swap_two_halos(state: cpu.State, comm: MPI.Intracomm) -> None:
    u = state.blocks[64].u
    u[:2], u[-2:] = u[-2:].copy(), u[:2].copy()


def overwrite_the_block(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.blocks[33].u[4, 4, 4] = cpu.EMPTY


def skip_an_exchange(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.clear()
    state.exchange(33)


def displace_a_halo(state: cpu.State, comm: MPI.Intracomm) -> None:
    u = state.blocks[33].u
    u[:, :, :2] = u[:, :, 1:3].copy()


MUTATIONS = {
    "flip_one_point_of_a_halo": flip_one_point_of_a_halo,
    "leave_a_corner_empty": leave_a_corner_empty,
    "swap_two_halos": swap_two_halos,
    "overwrite_the_block": overwrite_the_block,
    "skip_an_exchange": skip_an_exchange,
    "displace_a_halo": displace_a_halo,
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("n", "depth"), [(1, 1), (5, 2), (4, 4)])
def test_a_block_is_cut_from_the_wrapped_field(n: int, depth: int, dtype: str) -> None:
    grid = grid_of(1)
    state = cpu.allocate((n,), grid, MPI.COMM_SELF, dtype, depth=depth, corners=True)
    own = part((n, n, n), grid, 0, (True, True, True))
    wanted = reference.block((n, n, n), own, depth)
    assert (state.blocks[n].u != wanted).any()
    state.exchange(n)
    np.testing.assert_array_equal(state.blocks[n].u, wanted)


def test_without_corners_only_faces_are_looked_at() -> None:
    state = cpu.allocate((6,), (1, 1, 1), MPI.COMM_SELF, "float64", depth=2, corners=False)
    assert state.wrong(6, corners=False) == 6 * 2 * 36
    state.exchange(6)
    assert state.wrong(6, corners=False) == 0
    assert state.wrong(6, corners=True) == 10**3 - 6**3 - 6 * 2 * 36


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 6, 8, 27])
def test_cubes_of_all_ranks_make_a_compact_box(ranks: int) -> None:
    grid = grid_of(ranks)
    assert np.prod(grid) == ranks
    if ranks == 27:
        assert grid == (3, 3, 3)


def test_counts_the_points_of_all_halos() -> None:
    work = Halo(largest=64).phases()[0].work(3)
    assert (work.messages, work.bytes_moved) == (1, 3 * 6 * 16**2 * 8)
    deep = Halo(largest=64, depth=2, corners=True, dtype="float32").phases()[0].work(3)
    assert deep.bytes_moved == 3 * (20**3 - 16**3) * 4


def test_the_latency_is_the_time_of_an_exchange() -> None:
    phase = Halo(largest=64).phases()[0]
    assert phase.metrics == (LATENCY, BANDWIDTH)
    assert LATENCY.value(phase.work(8), 2e-5) == 2e-5
    assert phase.point is not None
    assert (phase.point.axis, phase.point.at) == ("edge", 16)


def test_edges_are_powers_of_two() -> None:
    assert Halo(largest=256).edges == (16, 32, 64, 128, 256)
    assert Halo(smallest=5, largest=100).edges == (5, 8, 16, 32, 64, 100)


def test_a_halo_deeper_than_a_block_is_refused() -> None:
    Halo(largest=64, depth=16).check_geometry(1)
    with pytest.raises(IllegalParameter, match="depth = 17: at most 16"):
        Halo(largest=64, depth=17).check_geometry(1)


def test_fit_takes_256_or_what_the_memory_holds() -> None:
    assert Halo.fit({}, 64 * GIB, 0, 2) == {"largest": 256}
    assert Halo.fit({"largest": 64}, 0, 0, 2) == {}
    assert Halo.fit({"depth": 4}, GIB // 4, 0, 2) == {"largest": 128}
    with pytest.raises(IllegalParameter, match="64 needs"):
        Halo.fit({}, 1000, 0, 2)


@pytest.mark.parametrize("corners", [False, True])
def test_memory_covers_what_is_allocated(corners: bool) -> None:
    kernel = Halo(largest=64, depth=2, corners=corners)
    state = kernel.setup(MPI.COMM_SELF)
    fields = sum(block.u.nbytes for block in state.blocks.values())
    halos = 2 * kernel.phases()[-1].work(1).bytes_moved
    assert kernel.memory_B(1) >= fields + halos
