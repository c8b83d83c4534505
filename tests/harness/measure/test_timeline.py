"""How the parts of a repetition grow with its steps: which intervals there are, and their sums."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpi4py import MPI

from harness.measure.timeline import MOST, Timeline
from harness.measure.timing import timed
from harness.measure.watch import Stopwatch
from kernels import listing
from kernels.contract import FLOP_RATE, Phase, Work


def told(timeline: Timeline, n: int, nb: int) -> list[int]:
    """Tell all steps of a factorisation, 1 s of panel and 2 s of update each; those that ended."""
    steps = [min(first + nb, n) for first in range(0, n, nb)]
    timeline.reset()
    for k, done in enumerate(steps, start=1):
        timeline.reached(done, n, 3.0 * k, {"panel": float(k), "update": 2.0 * k})
    count = float(len(steps))
    timeline.end(3.0 * count + 5.0, {"panel": count, "update": 2.0 * count, "solve": 5.0})
    return steps


@given(st.integers(1, 3000), st.integers(1, 400))
def test_intervals_end_with_steps_and_are_no_more_than_there_is_room_for(n: int, nb: int) -> None:
    timeline = Timeline()
    steps = told(timeline, n, nb)
    found = timeline.reduced(MPI.COMM_SELF)
    *done, last = found["done"]
    assert last == done[-1] == n
    assert set(done) <= set(steps)
    assert done == sorted(set(done))
    assert len(done) <= MOST
    together = -(-len(steps) // MOST)
    assert done[:-1] == steps[together - 1 : -1 : together]


@given(st.integers(1, 3000), st.integers(1, 400))
def test_intervals_add_up_to_the_parts(n: int, nb: int) -> None:
    timeline = Timeline()
    steps = told(timeline, n, nb)
    found = timeline.reduced(MPI.COMM_SELF)
    assert sum(found["mean"]["panel"]) == pytest.approx(len(steps))
    assert sum(found["mean"]["update"]) == pytest.approx(2 * len(steps))
    assert found["mean"]["solve"] == [0.0] * (len(found["done"]) - 1) + [5.0]
    assert found["maximum"] == found["mean"]
    assert found["seconds"][-1] == 3.0 * len(steps) + 5.0
    at = [steps.index(one) + 1 for one in found["done"][:-1]]
    assert found["seconds"][:-1] == [3.0 * k for k in at]


def test_nothing_stays_of_the_repetition_before() -> None:
    """A part that came early before, and comes late now."""
    timeline = Timeline()
    timeline.reached(1, 2, 1.0, {"swap": 1.0})
    timeline.reached(2, 2, 2.0, {"swap": 2.0})
    timeline.end(3.0, {"swap": 3.0})
    timeline.reset()
    timeline.reached(1, 2, 1.0, {"panel": 0.5})
    timeline.reached(2, 2, 2.0, {"panel": 0.5, "swap": 0.25})
    timeline.end(2.0, {"panel": 0.5, "swap": 0.25})
    found = timeline.reduced(MPI.COMM_SELF)
    assert found["mean"] == {"panel": [0.5, 0.0, 0.0], "swap": [0.0, 0.25, 0.0]}
    assert found["done"] == [1, 2, 2]


def test_without_steps_there_is_none() -> None:
    timeline = Timeline()
    timeline.end(1.0, {"update": 1.0})
    assert timeline.reduced(MPI.COMM_SELF) == {}


def test_the_watch_keeps_it_for_a_timed_phase() -> None:
    watch = Stopwatch(timeline=Timeline())

    def run(_: None) -> None:
        for done in (3, 6, 8):
            time.sleep(0.002)
            watch.lap("update")
            watch.progress(done, 8, done / 8)
        time.sleep(0.002)
        watch.lap("solve")

    phase = Phase("solve", FLOP_RATE, run, lambda ranks: Work())
    for _ in range(2):
        watch.reset()
        seconds = timed(phase, None, watch, MPI.COMM_SELF)
        assert watch.timeline is not None
        found = watch.timeline.reduced(MPI.COMM_SELF)
        assert found["done"] == [3, 6, 8, 8]
        assert found["seconds"][-1] == pytest.approx(seconds, abs=1e-9)
        for name, spent in watch.parts.items():
            assert sum(found["mean"][name]) == pytest.approx(spent)
        update = found["mean"]["update"]
        assert min(update[:3]) >= 0.002
        assert update[3] == 0.0
        # Up to each step, all time belongs to a part.
        assert found["seconds"][2] == pytest.approx(sum(update))


def test_only_kernels_of_one_phase_have_one() -> None:
    having = [name for name in listing.names() if listing.load(name).timeline]
    assert having == ["hpl", "hpl_mxp"]
    for name in having:
        kernel = listing.load(name)
        (phase,) = kernel(**kernel.fit({"n": 8}, 2**20, 2**20, 1), n=8).phases()
        assert phase.calls == 1
