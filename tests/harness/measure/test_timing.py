"""The time of a phase, and of its calls, with a real communicator of one rank."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from mpi4py import MPI

from harness.measure.timing import STATISTICS, statistics, timed, timed_calls
from harness.measure.watch import Stopwatch
from kernels.contract import LATENCY, Phase, Work


def napping(naps_s: list[float]) -> tuple[Phase[None], list[float]]:
    """A phase whose calls sleep so long, and what is left of them."""
    left = list(naps_s)

    def run(_state: None) -> None:
        time.sleep(left.pop(0))

    return Phase("nap", LATENCY, run, lambda ranks: Work(messages=1.0), calls=len(naps_s)), left


def test_a_call_is_timed() -> None:
    phase, left = napping([0.02])
    seconds = timed(phase, None, Stopwatch(), MPI.COMM_SELF)
    assert 0.02 <= seconds < 0.2
    assert left == []


def test_every_call_is_timed_apart_and_the_median_is_that_of_the_rank() -> None:
    phase, left = napping([0.002] * 6 + [0.03])
    seconds, found = timed_calls(phase, None, Stopwatch(), MPI.COMM_SELF)
    assert left == []
    least, middle, p99, most = found
    assert 0.002 <= least <= middle < 0.02
    assert most >= 0.03
    assert p99 == most
    assert seconds == middle


def test_the_watch_begins_with_the_calls() -> None:
    watch = Stopwatch()

    def run(_state: None) -> None:
        time.sleep(0.002)
        watch.lap("nap")

    time.sleep(0.05)
    phase = Phase("nap", LATENCY, run, lambda ranks: Work(messages=1.0), calls=3)
    timed_calls(phase, None, watch, MPI.COMM_SELF)
    assert 0.006 <= watch.parts["nap"] < 0.05


def hundred() -> Iterator[float]:
    return (float(i) for i in range(100, 0, -1))


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        (list(hundred()), [1.0, 50.5, 99.0, 100.0]),
        ([5.0], [5.0, 5.0, 5.0, 5.0]),
        ([2.0, 1.0], [1.0, 1.5, 2.0, 2.0]),
        ([1.0] * 1000 + [9.0] * 10, [1.0, 1.0, 1.0, 9.0]),
        ([1.0] * 1000 + [9.0] * 11, [1.0, 1.0, 9.0, 9.0]),
    ],
)
def test_statistics(seconds: list[float], found: list[float]) -> None:
    assert statistics(seconds) == found
    assert len(found) == len(STATISTICS)
