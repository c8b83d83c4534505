"""The threads of a rank: each piece is done once, errors are not lost, pieces cover all columns."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels._support.team import Team, shares


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_each_piece_is_done_once(threads: int) -> None:
    done: list[tuple[int, int]] = []
    used: set[int] = set()

    def work(first: int, last: int, thread: int) -> None:
        done.append((first, last))
        used.add(thread)

    pieces = shares(3, 1000, threads, 5, 50)
    between: list[int] = []
    job = Team(threads).begin((work, pieces))
    job.join(lambda: between.append(1))
    assert sorted(done) == sorted(pieces)
    assert used <= set(range(threads))
    assert len(between) <= len(pieces)


def test_the_others_begin_before_the_first_joins() -> None:
    begun = threading.Event()
    job = Team(2).begin((lambda *_: begun.set(), [(0, 1)]))
    assert begun.wait(10.0)
    job.join()


def test_what_another_thread_raises_is_raised() -> None:
    begun = threading.Event()

    def work(first: int, last: int, thread: int) -> None:
        if thread:
            begun.set()
            raise ZeroDivisionError

    job = Team(2).begin((work, [(0, 1)]))
    begun.wait(10.0)
    with pytest.raises(ZeroDivisionError):
        job.join()


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_stage_begins_when_the_one_before_is_done(threads: int) -> None:
    done: list[str] = []

    def slow(first: int, last: int, thread: int) -> None:
        time.sleep(0.001 * (first % 3))
        done.append("first")

    pieces = [(i, i + 1) for i in range(20)]
    team = Team(threads)
    stages = [(slow, pieces), (lambda *_: done.append("second"), pieces)]
    team.begin(*stages).join()
    assert done == ["first"] * 20 + ["second"] * 20
    team.begin((slow, []), stages[1]).join()
    assert done[40:] == ["second"] * 20


@pytest.mark.parametrize("thread", [0, 1])
def test_nobody_waits_for_a_stage_that_failed(thread: int) -> None:
    begun = threading.Barrier(2)

    def work(first: int, last: int, mine: int) -> None:
        begun.wait(10.0)
        if mine == thread:
            raise ZeroDivisionError
        time.sleep(0.01)

    job = Team(2).begin((work, [(0, 1), (1, 2)]), (work, [(0, 1)] * 5))
    with pytest.raises(ZeroDivisionError):
        job.join()


@given(st.integers(0, 50), st.integers(0, 5000), st.integers(1, 64), st.integers(1, 100))
def test_pieces_cover_the_columns(start: int, count: int, threads: int, least: int) -> None:
    most = 4 * least
    pieces = shares(start, start + count, threads, least, most)
    ends = [start, *(last for _, last in pieces)]
    assert [first for first, _ in pieces] == ends[:-1]
    assert ends[-1] == start + count
    sizes = [last - first for first, last in pieces]
    assert all(least <= one <= most for one in sizes[:-1])
    assert sizes == sorted(sizes, reverse=True)
