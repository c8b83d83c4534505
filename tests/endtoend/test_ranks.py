"""Ranks that fail: each costs its own case, says why, and leaves nothing behind."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

# fault, rank -> outcome and words of the reason
FAULTS = {
    ("raises", 1): ("error", "rank 1 raised ValueError: the matrix [/is] singular at cpu.py:"),
    ("cannot", 1): ("infra", "data.csv, line 7: 2 fields; known: 3 columns; fix: mend it"),
    ("garbles", 0): ("error", "rank 0 raised ValueError:  [31mred  and   torn at cpu.py:"),
    ("allocates", 1): ("error", "rank 1 raised MemoryError: Unable to allocate 8.00 PiB"),
    ("leaves", 1): ("error", "process rank 1 with PID"),
    ("kills", 1): ("killed", "a rank was killed by SIGKILL"),
    ("stops", 1): ("timeout", "the budget of 2 s passed during the warm-up"),
    ("wrong", 0): ("wrong", "nothing: 7 is not within 1"),
    ("nan", 0): ("wrong", "nothing: nan is not within 1"),
    ("prints", 1): ("pass", ""),
}


@pytest.fixture(scope="module")
def trial(make_broken: Any) -> Qyran:
    return make_broken()


@pytest.fixture(scope="module")
def done(trial: Qyran) -> Done:
    """One run of all faults, with a good case before and behind them."""
    bad = [trial.faulty(fault, rank=rank, budget=2) for fault, rank in FAULTS]
    suite = trial.suite(trial.faulty(tag=1), *bad, trial.faulty(tag=2))
    return trial.run(suite)


def test_the_run_ends_with_the_code_of_its_worst_case(done: Done) -> None:
    assert done.rc == done.json["exit_code"] == 5
    assert done.json["outcome"] == "wrong"
    assert "Traceback" not in done.err


def test_good_cases_before_and_behind_are_measured(done: Done) -> None:
    for case in (done.json["cases"][0], done.json["cases"][-1]):
        assert case["outcome"] == "pass"
        assert case["metrics"]["row_rate"]["n"] == 2


@pytest.mark.parametrize(("fault", "rank"), FAULTS)
def test_fault(done: Done, trial: Qyran, fault: str, rank: int) -> None:
    (case,) = [one for one in done.json["cases"] if one["parameters"]["fault"] == fault]
    outcome, words = FAULTS[fault, rank]
    assert case["outcome"] == outcome
    assert words in case["reason"]
    assert case["reason"].isprintable()
    assert bool(case["metrics"]) == (outcome == "pass")


@pytest.mark.parametrize(("fault", "rank"), FAULTS)
def test_each_case_is_recorded(done: Done, trial: Qyran, fault: str, rank: int) -> None:
    (case,) = [one for one in done.json["cases"] if one["parameters"]["fault"] == fault]
    record = trial.record(Path(done.json["path"]) / case["file"])
    assert {key: record[key] for key in case} == case


def test_progress_says_how_each_case_ended_in_one_line(done: Done) -> None:
    ended = [line for line in done.err.splitlines() if ": measuring" not in line]
    assert len(ended) == 1 + len(done.json["cases"])
    assert all(line.isprintable() for line in ended)


def test_show_repeats_the_run_and_nothing_of_the_launches_is_left(done: Done, trial: Qyran) -> None:
    shown = trial("show", "--results", str(trial.results), "--json")
    assert shown.rc == 0
    assert shown.json["cases"] == done.json["cases"]
    folder = Path(done.json["path"])
    assert {one.suffix for one in folder.iterdir()} == {".yaml", ".txt", ".h5"}
    table = trial("show", "--results", str(trial.results))
    assert table.rc == 0
    assert "the matrix [/is] singular" in table.out
    assert "\x1b" not in table.out


@pytest.mark.parametrize("stage", ["setup", "verify"])
def test_hanging_ranks_that_ignore_term_end_within_five_seconds_of_the_budget(
    broken: Qyran, stage: str
) -> None:
    running = broken.start(broken.suite(broken.faulty("stubborn", stage=stage, budget=1)))
    broken.wait_for("compiled")
    took_s = broken.wait(lambda: not broken.ranks())
    assert 0.5 < took_s < 1 + 5
    done = broken.finish(running)
    assert (done.rc, done.outcomes) == (3, ["timeout"])


def test_ranks_that_linger_at_their_end_do_not_hold_up_the_run(impatient: Qyran) -> None:
    done = impatient.run(impatient.suite(impatient.faulty("lingers")))
    assert (done.rc, done.outcomes) == (0, ["pass"])


def test_mpirun_itself_killed(broken: Qyran) -> None:
    suite = broken.suite(broken.faulty(tag=1), broken.faulty("hangs", budget=60))
    running = broken.start(suite)
    broken.wait_for("ready", 2)
    broken.launcher().kill()
    done = broken.finish(running)
    assert done.rc == 3
    assert done.outcomes == ["pass", "killed"]
    assert len(broken.files()) == 2


def test_no_rank_outlives_its_mpirun(broken: Qyran) -> None:
    """Killed with -9 while the driver does nothing about it."""
    running = broken.start(broken.suite(broken.faulty(nap_s=0.05, repetitions=100_000, budget=60)))
    broken.wait_for("sample", 2)
    assert len(broken.ranks()) == 2
    running.send_signal(signal.SIGSTOP)
    broken.launcher().kill()
    broken.wait(lambda: not broken.ranks(), limit_s=5.0)
    running.send_signal(signal.SIGCONT)
    assert broken.finish(running).outcomes == ["killed"]
