"""pingpong: what the messages hold, how many there are, and a verifier that notices each loss."""

from __future__ import annotations

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support import mpi_calls
from kernels._support.memory import COLOUR_B, huge_B
from kernels.contract import BANDWIDTH, LATENCY, IllegalParameter, Value
from kernels.network.pingpong import cpu, plan
from kernels.network.pingpong.kernel import Pingpong
from kernels.network.pingpong.lane import Lane
from kernels.network.pingpong.reference import message, partner, stamp

MIB = 2**20


def cases(ranks: int) -> list[dict[str, Value]]:
    return [
        {"largest": 8},
        {"largest": 1000, "pairs": "all"},
        {"smallest": 3, "largest": 20_001, "pairs": "all", "path": "mpi4py"},
        {"smallest": 8, "largest": 9, "path": "mpi4py"},
        {"smallest": 8, "largest": 2 * MIB},
    ]


def mutation_case(ranks: int) -> dict[str, Value]:
    return {"smallest": 1, "largest": 70, "pairs": "all"}


def last_lane(state: cpu.State) -> Lane:
    return state.lanes[max(state.lanes)]


def flip_a_bit(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        lane = last_lane(state)
        lane.incoming[lane.size - 1] ^= 16


def lose_a_message_of_a_window(state: cpu.State, comm: MPI.Intracomm) -> None:
    for lane in state.lanes.values():
        if not state.leads:
            lane.places(lane.incoming)[lane.window // 2][:] = 0


def swap_two_sizes(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        small, large = (state.lanes[size].incoming for size in (8, 16))
        small[:8], large[:8] = large[:8].copy(), small[:8].copy()


def keep_a_stale_message(state: cpu.State, comm: MPI.Intracomm) -> None:
    """A repetition in which the smallest message does not travel."""
    state.renew()
    for pattern in ("one_way", "exchange", "stream"):
        for size in sorted(state.lanes)[1:]:
            state.run(pattern, size)


def receive_what_was_sent(state: cpu.State, comm: MPI.Intracomm) -> None:
    for lane in state.lanes.values():
        lane.incoming[:] = lane.outgoing


def stop_streaming(state: cpu.State, comm: MPI.Intracomm) -> None:
    """What was timed is right; the exchange of the verifier finds nothing new."""
    if state.path is not None:
        state.path.stream = lambda lane: None  # type: ignore[method-assign]


MUTATIONS = {
    "flip_a_bit": flip_a_bit,
    "lose_a_message_of_a_window": lose_a_message_of_a_window,
    "swap_two_sizes": swap_two_sizes,
    "keep_a_stale_message": keep_a_stale_message,
    "receive_what_was_sent": receive_what_was_sent,
    "stop_streaming": stop_streaming,
}


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 63, 64, 1000])
def test_messages_are_those_of_the_reference(size: int) -> None:
    lane = cpu.lanes_of((size,))[0]
    state = cpu.State({size: lane}, leads=True, pair=3, path=None)
    for _ in range(2):
        state.renew()
        for place, found in enumerate(lane.places(lane.outgoing)):
            wanted = message(size, place, 3, stamp(state.repetition, leads=True))
            np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("size", [1, 7, 8, 9, 100])
def test_each_byte_is_checked_and_no_other(size: int) -> None:
    lane = cpu.lanes_of((size,))[0]
    sender, receiver = (cpu.State({size: lane}, leads=one, pair=0, path=None) for one in (1, 0))
    sender.renew()
    receiver.repetition = sender.repetition
    lane.incoming[:] = lane.outgoing
    assert receiver._differing(all_places=True) == 0
    for i in range(lane.slot_B):
        lane.incoming[i] ^= 1
        assert receiver._differing(all_places=True) == (i < size)
        lane.incoming[i] ^= 1


def test_every_byte_changes_with_repetition_and_direction() -> None:
    stamps = [stamp(i, leads=leads) for i in range(3) for leads in (False, True)]
    contents = [message(100, 0, 0, one) for one in stamps]
    for i, one in enumerate(contents):
        for other in contents[:i]:
            assert (one != other).all()


@pytest.mark.parametrize("ranks", [2, 3, 4, 7])
@pytest.mark.parametrize("pairs", ["one", "all"])
def test_partners_are_each_others(pairs: str, ranks: int) -> None:
    others = [partner(rank, ranks, pairs) for rank in range(ranks)]
    talking = {rank: other for rank, other in enumerate(others) if other is not None}
    assert all(talking[other] == rank != other for rank, other in talking.items())
    assert len(talking) == (2 if pairs == "one" else ranks - ranks % 2)
    assert talking[0] == (ranks - 1 if pairs == "one" else ranks // 2)


def test_sizes_are_the_powers_of_two_and_that_of_b_eff() -> None:
    sizes = Pingpong(largest=64 * MIB).sizes
    assert sizes[:5] == (0, 1, 2, 4, 8)
    assert sizes[-1] == 64 * MIB
    assert plan.EFFECTIVE_B in sizes
    assert len(sizes) == 29
    assert Pingpong(smallest=8, largest=8).sizes == (8,)


def test_a_call_moves_a_bounded_volume() -> None:
    for size in Pingpong(largest=64 * MIB).sizes:
        most = max(size, 4 * MIB)
        assert size * plan.trips(size) <= most
        assert size * plan.window(size) * plan.windows(size) <= most
        assert 3 <= plan.calls(size) <= 10


@pytest.mark.parametrize("pairs", ["one", "all"])
def test_counts(pairs: str) -> None:
    kernel = Pingpong(smallest=0, largest=8, pairs=pairs)
    works = {phase.name: phase.work(5) for phase in kernel.phases()}
    count = 2 if pairs == "all" else 1
    assert works["one_way_8"].messages == 2000
    assert works["one_way_8"].bytes_moved == 16_000 * count
    assert works["exchange_8"].messages == 2000 * count
    assert works["stream_8"].messages == 960 * count
    assert works["stream_0"].bytes_moved == 0


def test_a_round_trip_is_two_messages() -> None:
    phases = {phase.name: phase for phase in Pingpong(largest=8).phases()}
    assert phases["one_way_8"].metrics == (LATENCY, BANDWIDTH)
    assert phases["one_way_0"].metrics == (LATENCY,)
    assert LATENCY.value(phases["one_way_8"].work(2), 2e-3) == pytest.approx(1e-6)


def test_the_curve_runs_over_the_sizes() -> None:
    kernel = Pingpong(largest=64)
    points = [phase.point for phase in kernel.phases()]
    assert [one.at for one in points if one and one.curve == "stream"] == list(kernel.sizes)
    assert {one.axis for one in points if one} == {"message"}


def test_memory_covers_what_is_allocated() -> None:
    for largest in (8, 3000, 4 * MIB):
        kernel = Pingpong(largest=largest)
        allocated = 2 * huge_B(plan.buffers_B(kernel.sizes))
        assert allocated <= kernel.memory_B(2) <= allocated + 8 * MIB


def test_buffers_of_all_sizes_lie_apart_on_huge_pages() -> None:
    lanes = cpu.lanes_of((0, 8, 3000))
    for way in ("outgoing", "incoming"):
        places = [getattr(lane, way) for lane in lanes]
        starts = [one.ctypes.data for one in places]
        assert starts[0] % COLOUR_B == 0
        for one, start, following in zip(places, starts, starts[1:], strict=False):
            assert start + one.nbytes == following


def test_fit_takes_64_mib_or_what_the_memory_holds() -> None:
    assert Pingpong.fit({}, 2**40, 0, 2) == {"largest": 64 * MIB}
    assert Pingpong.fit({"largest": 9}, 0, 0, 2) == {}
    largest = Pingpong.fit({}, 100 * MIB, 0, 4)["largest"]
    assert isinstance(largest, int)
    assert 4 * Pingpong(largest=largest).memory_B(4) <= 100 * MIB
    assert 4 * Pingpong(largest=2 * largest).memory_B(4) > 100 * MIB
    with pytest.raises(IllegalParameter, match="5 B may be filled"):
        Pingpong.fit({}, 5, 0, 2)


def test_one_rank_is_told_what_to_type() -> None:
    with pytest.raises(IllegalParameter, match="--ranks 2"):
        Pingpong(largest=8).check_geometry(1)


def test_an_error_of_mpi_is_raised() -> None:
    mpi_calls.must_be_well(MPI.SUCCESS)
    with pytest.raises(MPI.Exception):
        mpi_calls.must_be_well(MPI.ERR_TRUNCATE)
