"""`qyran store recover`: what a killed run had measured is recorded, shown, and counted nowhere."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import h5py
import pytest

from harness.record.library import Selection, find

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran


def recovered(qyran: Qyran) -> Done:
    return qyran("store", "recover", "--json", "--results", str(qyran.results))


def killed(qyran: Qyran, entry: dict[str, Any], event: str, times: int) -> None:
    """A run that is killed, with its ranks, when this event was written so often."""
    running = qyran.start(qyran.suite(entry), "--ranks", "1", "--launches", "3")
    qyran.wait_for(event, times)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    qyran.wait(lambda: not qyran.left(), limit_s=20)


@pytest.fixture
def half(broken: Qyran) -> Qyran:
    """A run that was killed in its second launch, after some repetitions of it."""
    killed(broken, broken.faulty(nap_s=0.1, repetitions=20), "sample", 25)
    assert not broken.files()
    return broken


def test_every_repetition_is_kept_and_counted_nowhere(half: Qyran) -> None:
    done = recovered(half)
    assert done.rc == 0
    (run,) = done.json["runs"]
    assert len(run["cases"]) == 1
    (file,) = half.files()
    with h5py.File(file) as opened:
        seconds = opened["entry/samples/nap/seconds"][()]
        assert opened["entry/outcome"][()] == b"skipped"
    assert seconds.shape[:2] == (2, 20)
    assert (seconds[0] > 0.1).all()
    assert (seconds[1, :5] > 0.1).all()
    (case,) = find(half.results, Selection()).cases
    assert (case.outcome, case.metrics) == ("skipped", {})
    assert "1 of 3 launches" in case.reason
    assert list(half.results.glob("*/*/recovered-launch-*.journal"))


def test_a_second_time_there_is_nothing_to_do_and_resume_measures_it(half: Qyran) -> None:
    assert recovered(half).json["runs"] != []
    before = {path: path.read_bytes() for path in half.files()}
    assert recovered(half).json["runs"] == []
    resumed = half("resume", "last", "--json", "--results", str(half.results))
    assert (resumed.rc, resumed.outcomes) == (0, ["pass"])
    assert {path: path.read_bytes() for path in before} == before
    assert len(half.files()) == 2


def test_a_run_that_lives_is_left_alone(broken: Qyran) -> None:
    running = broken.start(broken.suite(broken.faulty(nap_s=0.2, repetitions=20)), "--ranks", "1")
    broken.wait_for("sample", 2)
    assert recovered(broken).json["runs"] == []
    assert broken.finish(running).outcomes == ["pass"]
