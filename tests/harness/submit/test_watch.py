"""Asking a batch system whose programs fail in every way, and reading folders beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.launch.contract import Report, State
from harness.launch.launchers import pbs, slurm
from harness.submit import folder as folders
from harness.submit.state import Phase
from harness.submit.watch import look, may_start_again, tell
from tests.harness.submit.conftest import Programs

Make = Callable[..., Path]
INVALID = {"rc": 1, "err": "slurm_load_jobs error: Invalid job id specified\n"}
OUTAGE = {"rc": 1, "err": "slurm_load_jobs error: Unable to contact slurm controller\n"}
RUNNING = Report(State.RUNNING, "RUNNING")


def record(job: str, state: str) -> dict[str, str]:
    return {"out": f"JobId={job} JobName=x Requeue=1 JobState={state} Reason=None\n"}


def test_squeue_alone_is_enough(programs: Programs) -> None:
    programs.say("squeue", {"out": "17|RUNNING|None\n18|PENDING|Priority\n"})
    told = tell(slurm, ["17", "18"])
    assert told.reports == {"17": RUNNING, "18": Report(State.QUEUED, "PENDING", "Priority")}
    assert (told.denied, told.notes) == (frozenset(), ())
    assert len(programs.calls()) == 1


def test_scontrol_knows_a_job_that_squeue_has_forgotten(programs: Programs) -> None:
    programs.say("squeue", {"out": "17|RUNNING|None\n"})
    programs.say("scontrol", record("18", "COMPLETED"))
    told = tell(slurm, ["17", "18"])
    assert told.reports["18"].state is State.ENDED
    assert told.notes == ()
    assert [one[-1] for one in programs.calls() if one[0] == "scontrol"] == ["18"]


def test_a_job_that_nobody_knows(programs: Programs) -> None:
    programs.say("squeue", INVALID)
    programs.say("scontrol", INVALID)
    programs.say("sacct", {"rc": 1, "err": "Slurm accounting storage is disabled\n"})
    told = tell(slurm, ["17"])
    assert (told.reports, told.denied, told.notes) == ({}, {"17"}, ())


def test_sacct_remembers(programs: Programs) -> None:
    programs.say("squeue", INVALID)
    programs.say("scontrol", INVALID)
    programs.say("sacct", {"out": "17|CANCELLED by 1000|None\n"})
    assert tell(slurm, ["17"]).reports == {"17": Report(State.ENDED, "CANCELLED")}


def test_squeue_fails_and_scontrol_does_not(programs: Programs) -> None:
    programs.say("squeue", OUTAGE)
    programs.say("scontrol", record("17", "RUNNING"))
    told = tell(slurm, ["17"])
    assert (told.reports, told.notes) == ({"17": RUNNING}, ())


@pytest.mark.parametrize(
    "answer", [OUTAGE, {"rc": 1}, {"out": "<html>\x00"}, {"out": "17|RUN"}, {"rc": 0, "out": "1|"}]
)
def test_an_outage_of_all_is_a_note_and_denies_nothing(
    programs: Programs, answer: dict[str, Any]
) -> None:
    for name in ("squeue", "scontrol", "sacct"):
        programs.say(name, answer)
    told = tell(slurm, ["17", "18"])
    assert (told.reports, told.denied) == ({}, frozenset())
    assert told.notes


def test_no_program_at_all(programs: Programs) -> None:
    told = tell(slurm, ["17"])
    assert (told.reports, told.denied) == ({}, frozenset())
    assert "squeue cannot be started: No such file or directory" in told.notes


def test_programs_that_hang_cost_their_time_once(programs: Programs) -> None:
    for name in ("squeue", "scontrol", "sacct"):
        programs.say(name, {"hang": True})
    began = time.monotonic()
    told = tell(slurm, [str(i) for i in range(50)], timeout_s=0.5)
    assert time.monotonic() - began < 10
    assert len(programs.calls()) == 3
    assert told.notes[0] == "squeue gave no answer within 0.5 s"


def test_an_output_that_is_cut_off_denies_what_is_missing_only_with_scontrol(
    programs: Programs,
) -> None:
    programs.say("squeue", {"out": "17|RUNNING|None\n18|RUNN"})
    programs.say("scontrol", record("18", "RUNNING"))
    assert set(tell(slurm, ["17", "18"]).reports) == {"17", "18"}


def test_pbs_forgets_a_job(programs: Programs) -> None:
    unknown = {"rc": 153, "err": "qstat: Unknown Job Id 18.head\n"}
    programs.say("qstat", {"out": '{"Jobs": {"17.head": {"job_state": "R"}}}', **unknown})
    told = tell(pbs, ["17.head", "18.head"])
    assert told.reports == {"17.head": Report(State.RUNNING, "R")}
    assert told.denied == {"18.head"}


def running(make_run: Make, name: str = "r", job: str = "17", **changes: Any) -> Path:
    folder = make_run(name, **changes)
    folders.claim(folder)
    folders.has_job(folder, folders.read(folder), job)
    return folder


def phases(*runs: Path, **more: Any) -> list[Phase]:
    return [one.phase for one in look(runs, **more)[0]]


def test_a_run_that_ended_needs_nobody(make_run: Make, programs: Programs, end: Any) -> None:
    folder = running(make_run)
    (folder / "begun").write_text("17\n")
    end(folder, 4)
    (found,), notes = look([folder])
    assert (found.phase, found.standing.exit_code, notes) == (Phase.ENDED, 4, ())
    assert programs.calls() == []


def test_one_question_for_all_jobs_of_a_submission(make_run: Make, programs: Programs) -> None:
    runs = [running(make_run, f"r{i}", str(i), submission="s") for i in range(40)]
    programs.say("squeue", {"out": "".join(f"{i}|RUNNING|None\n" for i in range(40))})
    assert phases(*runs) == [Phase.RUNNING] * 40
    assert len(programs.calls()) == 1


def test_lost_after_its_grace_and_found_again(make_run: Make, programs: Programs, end: Any) -> None:
    folder = running(make_run, grace_s=0.2)
    (folder / "begun").write_text("17\n")
    for name in ("squeue", "scontrol"):
        programs.say(name, INVALID)
    programs.say("sacct", {"rc": 1})
    assert phases(folder) == [Phase.RUNNING]
    time.sleep(0.3)
    assert phases(folder) == [Phase.LOST]
    programs.say("squeue", {"out": "17|RUNNING|None\n"})
    assert phases(folder) == [Phase.RUNNING]
    end(folder, 0)
    assert phases(folder) == [Phase.ENDED]


def test_folders_alone(make_run: Make, programs: Programs) -> None:
    held, queued, begun = make_run("a"), running(make_run, "b"), running(make_run, "c")
    (begun / "begun").write_text("17\n")
    assert phases(held, queued, begun, asking=False) == [
        Phase.HELD_BACK,
        Phase.QUEUED,
        Phase.RUNNING,
    ]
    assert programs.calls() == []


def test_a_submission_that_was_interrupted(make_run: Make, programs: Programs, age: Any) -> None:
    """Nobody knows whether sbatch took it: it is not submitted again, and lost in the end."""
    folder = make_run()
    folders.claim(folder)
    assert phases(folder) == [Phase.QUEUED]
    age(folder / "submitting", 500.0)
    (found,), _ = look([folder])
    assert found.phase is Phase.LOST
    (folder / "begun").write_text("17\n")
    programs.say("squeue", {"out": "17|RUNNING|None\n"})
    assert phases(folder) == [Phase.RUNNING]


def test_recorded_cases_are_counted_once(make_run: Make, programs: Programs) -> None:
    folder = running(make_run)
    programs.say("squeue", {"out": "17|RUNNING|None\n"})
    for name in ("hpl-1.h5", "hpl-1.2.h5", "hpl-2.h5", ".hpl-3.h5.tmp"):
        (folder / name).touch()
    (found,), _ = look([folder])
    assert found.recorded == 2


def test_what_may_start_again(make_run: Make, end: Any, age: Any) -> None:
    folder = running(make_run)
    (folder / "begun").write_text("17\n")

    def may() -> bool:
        (found,), _ = look([folder], asking=False)
        return may_start_again(found)

    assert not may()
    for status, expected in ((0, False), (3, False), (130, True), (143, True)):
        end(folder, status)
        assert may() is expected
    age(folder / "begun", 8 * 86400.0)
    assert not may()
    (folder / "begun").touch()
    folders.cancel(folder)
    assert not may()


def test_runs_of_two_batch_systems(make_run: Make, programs: Programs) -> None:
    one = running(make_run, "a", submission="a")
    other = running(make_run, "b", "18.head", submission="b", scheduler="pbs")
    programs.say("squeue", {"out": "17|RUNNING|None\n"})
    programs.say("qstat", {"out": '{"Jobs": {"18.head": {"job_state": "Q"}}}'})
    assert phases(one, other) == [Phase.RUNNING, Phase.QUEUED]


def test_a_job_id_is_not_a_part_of_another(programs: Programs) -> None:
    programs.say("squeue", {"out": "117|RUNNING|None\n"})
    programs.say("scontrol", INVALID)
    programs.say("sacct", {"rc": 1})
    told = tell(slurm, ["17", "117"])
    assert set(told.reports) == {"117"}
    assert told.denied == {"17"}


def test_only_what_was_asked_for_is_told(programs: Programs) -> None:
    programs.say("squeue", {"out": "17|RUNNING|None\n99|RUNNING|None\n"})
    assert set(tell(slurm, ["17"]).reports) == {"17"}
