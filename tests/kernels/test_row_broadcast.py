"""Schedules of broadcasts: every process gets every piece once, whatever the number of processes.

The schedules are played with a dictionary for a network; tests/mpi/test_row_broadcast.py runs them.
"""

from __future__ import annotations

from collections import Counter

import pytest

from kernels._support.row_broadcast import AT_ONCE, SCHEDULES, WHOLE, Schedule


def played(schedules: list[Schedule]) -> list[set[int]]:
    """The pieces each process holds at the end; AssertionError if one is sent before it is held."""
    held: list[set[int]] = [set() for _ in schedules]
    held[0] = {WHOLE, *range(len(schedules))}
    arrived: list[set[int]] = [{AT_ONCE} for _ in schedules]
    sent: set[tuple[int, int]] = set()
    moved = True
    while moved:
        moved = False
        for me, schedule in enumerate(schedules):
            for index, send in enumerate(schedule.sends):
                if (me, index) in sent or send.after not in arrived[me]:
                    continue
                assert send.piece in held[me], (me, send)
                sent.add((me, index))
                moved = True
                there = schedules[send.to].receives
                (slot,) = [
                    i for i, one in enumerate(there) if (one.source, one.piece) == (me, send.piece)
                ]
                assert slot not in arrived[send.to], "a piece came twice"
                arrived[send.to].add(slot)
                held[send.to].add(send.piece)
    wanted = {(me, i) for me, one in enumerate(schedules) for i in range(len(one.sends))}
    assert sent == wanted
    for me, one in enumerate(schedules):
        assert arrived[me] == {AT_ONCE, *range(len(one.receives))}
    return held


@pytest.mark.parametrize("q", range(2, 18))
@pytest.mark.parametrize("algorithm", SCHEDULES)
def test_every_process_gets_everything(algorithm: str, q: int) -> None:
    held = played([SCHEDULES[algorithm](me, q) for me in range(q)])
    parts = q - 1 if algorithm == "LnM" else q
    for pieces in held[1:]:
        assert WHOLE in pieces or pieces >= set(range(parts))


@pytest.mark.parametrize("q", [4, 7, 16])
@pytest.mark.parametrize("algorithm", ["1rM", "2rM", "LnM"])
def test_the_modified_ones_spare_the_next_owner(algorithm: str, q: int) -> None:
    assert SCHEDULES[algorithm](1, q).sends == ()


@pytest.mark.parametrize(("algorithm", "most"), [("1rg", 1), ("1rM", 2), ("2rg", 2), ("2rM", 3)])
def test_rings_send_few_messages(algorithm: str, most: int) -> None:
    for me in range(9):
        assert len(SCHEDULES[algorithm](me, 9).sends) <= (most if me == 0 else 1)


def test_a_long_broadcast_sends_about_one_message_from_each() -> None:
    q = 8
    for me in range(1, q):
        assert Counter(one.piece for one in SCHEDULES["Lng"](me, q).sends).total() <= q - 1
