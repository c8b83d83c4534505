"""pairs: the order of a tournament, what messages hold, and a verifier that notices each loss."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support import contents
from kernels.contract import BANDWIDTH, LATENCY, IllegalParameter, Value
from kernels.network.pairs import cpu, plan, schedule
from kernels.network.pairs.kernel import Pairs
from kernels.network.pairs.reference import message


def cases(ranks: int) -> list[dict[str, Value]]:
    ends = {"ends": ranks, "at_once": max(1, ranks // 2)}
    made: list[dict[str, Value]] = [
        {"message": 4096, **ends},
        {"message": 1, **ends, "at_once": 1},
        {"message": 100_003, **ends},
    ]
    if ranks % 2 == 0 and ranks > 2:
        two = {"ends": 2, "at_once": 1}
        made += [{"message": 5000, **two, "lanes": lanes} for lanes in (1, ranks // 2)]
    return made


def mutation_case(ranks: int) -> dict[str, Value]:
    return {"message": 1001, "ends": ranks, "at_once": max(1, ranks // 2)}


def flip_a_bit(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.large[state.sizes["bandwidth"] - 1] ^= 16


def lose_a_small_message(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.small[0] = 0


def keep_a_stale_message(state: cpu.State, comm: MPI.Intracomm) -> None:
    """A repetition in which the large messages do not travel."""
    state.renew()
    state.next_round("latency")
    state.played["bandwidth"] = 1


def receive_what_was_sent(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.large[:] = state.outgoing["bandwidth"]


def take_another_sender(state: cpu.State, comm: MPI.Intracomm) -> None:
    """The right repetition and size, of a rank that is not the partner."""
    content = message(state.sizes["bandwidth"], comm.size + 5, state.repetition)
    state.large[: content.size] = content


def stop_sending(state: cpu.State, comm: MPI.Intracomm) -> None:
    """What was timed is right; the tournament of the verifier finds nothing new."""
    state.meet = lambda pattern, at, trips: None  # type: ignore[method-assign]


MUTATIONS = {
    "flip_a_bit": flip_a_bit,
    "lose_a_small_message": lose_a_small_message,
    "keep_a_stale_message": keep_a_stale_message,
    "receive_what_was_sent": receive_what_was_sent,
    "take_another_sender": take_another_sender,
    "stop_sending": stop_sending,
}


@pytest.mark.parametrize("ends", range(14))
def test_a_tournament_has_every_pair_once_and_no_end_twice_in_a_round(ends: int) -> None:
    rounds = schedule.tournament(ends)
    pairs = {tuple(one) for one in rounds.reshape(-1, 2).tolist()}
    assert pairs == {(a, b) for b in range(ends) for a in range(b)}
    assert rounds.shape[0] * rounds.shape[1] == len(pairs)
    assert all(len(set(one.ravel().tolist())) == one.size for one in rounds)
    if ends >= 2:
        assert rounds.shape[:2] == (ends - 1 + ends % 2, ends // 2)


@pytest.mark.parametrize("at_once", [1, 2, 3, 50])
@pytest.mark.parametrize("ends", [2, 3, 7, 8, 13])
def test_rounds_are_cut_where_fewer_pairs_may_meet_at_once(ends: int, at_once: int) -> None:
    rounds = schedule.meetings(ends, at_once)
    assert len(rounds) == plan.rounds(ends, at_once)
    assert max(len(one) for one in rounds) == min(at_once, ends // 2)
    pairs = [tuple(one) for one in np.concatenate(rounds).tolist()]
    assert len(pairs) == len(set(pairs)) == ends * (ends - 1) // 2


@pytest.mark.parametrize("at_once", [1, 3, 6])
@pytest.mark.parametrize("ends", [2, 5, 12])
def test_partners_are_each_others(ends: int, at_once: int) -> None:
    of_end = [schedule.partners(ends, at_once, end) for end in range(ends)]
    for end, mine in enumerate(of_end):
        assert sorted(mine[mine >= 0]) == [one for one in range(ends) if one != end]
        for at, other in enumerate(mine):
            assert other < 0 or of_end[other][at] == end


@pytest.mark.parametrize("at_once", [1, 2, 5, 50])
@pytest.mark.parametrize("ends", range(15))
def test_partners_are_those_of_the_meetings(ends: int, at_once: int) -> None:
    rounds = schedule.meetings(ends, at_once)
    for end in range(ends):
        wanted = [int(one[(one == end).any(axis=1)].sum() - end) for one in rounds]
        rests = [not (one == end).any() for one in rounds]
        expected = np.where(rests, -1, wanted) if rounds else np.zeros(0)
        np.testing.assert_array_equal(schedule.partners(ends, at_once, end), expected)


def test_a_rank_holds_its_own_partners_only() -> None:
    """Those of all 10,000 nodes would be 0.8 GB, on each rank."""
    tracemalloc.start()
    mine = schedule.partners(10_000, 5000, 4711)
    peak_B = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sorted(mine) == [one for one in range(10_000) if one != 4711]
    assert peak_B < 2**20


def test_the_order_of_1000_ends_is_known_within_a_second() -> None:
    began = time.perf_counter()
    rounds = schedule.tournament(1000)
    mine = schedule.partners(1000, 500, 999)
    assert time.perf_counter() - began < 1.0  # some 20 ms
    assert rounds.shape == (999, 500, 2)
    assert sorted(mine) == list(range(999))


@pytest.mark.parametrize("size", [1, 7, 8, 9, 63, 64, 1001])
def test_each_byte_of_a_message_is_checked_and_no_other(size: int) -> None:
    words = np.zeros(plan.slot_B(size), np.uint8)
    state = of_one(size)
    content = state._content("bandwidth", 3)
    contents.fill(words.view(np.uint64), *content)
    np.testing.assert_array_equal(words[:size], message(size, 3, state.repetition))
    for i in range(words.size):
        words[i] ^= 1
        assert contents.differing(words.view(np.uint64), 0, size, *content) == (i < size)
        words[i] ^= 1


def of_one(size: int) -> cpu.State:
    kernel = Pairs(message=size, ends=2, at_once=1)
    state = cpu.allocate(replace(kernel, ends=1), MPI.COMM_SELF)
    state.renew()
    return state


def test_every_byte_changes_with_the_repetition() -> None:
    assert (message(100, 3, 1) != message(100, 3, 2)).all()
    assert (message(100, 3, 1) != message(100, 4, 1)).mean() > 0.9


def test_a_round_counts_the_messages_of_one_pair() -> None:
    kernel = Pairs(message=2**20, ends=4, lanes=3, at_once=2)
    latency, bandwidth = kernel.phases()
    assert (latency.calls, bandwidth.calls) == (3, 3)
    assert LATENCY.value(latency.work(12), 1e-3) == pytest.approx(1e-6)
    assert BANDWIDTH.value(bandwidth.work(12), 1.0) == 2 * 3 * 2**26
    assert [plan.exchanges(one) for one in (1, 2**20, 2**30)] == [500, 64, 4]


def test_nodes_are_the_ends_where_there_are_several() -> None:
    assert Pairs.placed(4, 32) == {"ends": 4}
    assert Pairs.placed(1, 8) == {"ends": 8}
    assert Pairs.fit({"ends": 5}, 0, 0, 10) == {"at_once": 2}
    assert Pairs.fit({}, 0, 0, 6) == {"ends": 6, "at_once": 3}


@pytest.mark.parametrize(
    ("given", "ranks", "said"),
    [
        ({"ends": 2}, 1, "ranks = 1: a pair needs two: --nodes 2, or --ranks 2"),
        ({"ends": 3}, 4, "ends = 3: a divisor of the 4 ranks"),
        ({"ends": 2, "lanes": 3}, 4, "lanes = 3: at most 2"),
    ],
)
def test_what_cannot_be_paired_is_said(given: dict[str, int], ranks: int, said: str) -> None:
    with pytest.raises(IllegalParameter, match=said):
        Pairs(at_once=1, **given).check_geometry(ranks)


def test_memory_covers_what_is_allocated() -> None:
    for size in (1, 4096, 5 * 2**20):
        state = of_one(size)
        kernel = Pairs(message=size, ends=2, at_once=1)
        large = sum(max(2**22, one.nbytes) for one in (state.outgoing["bandwidth"], state.large))
        assert large + state.small.nbytes <= kernel.memory_B(2)
