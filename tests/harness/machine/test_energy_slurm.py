"""What the accounting of Slurm says of the energy of a launch, and what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.machine.energy import slurm
from harness.machine.energy.slurm import Accounting, Step
from harness.measure.observation import Launched, Observation

BEFORE = "77||9\n77.batch|0|9\n77.extern|0|9\n77.0|1200|30\n"
AFTER = f"{BEFORE}77.1|3400|40\n77.2|600|38\n"


@pytest.fixture
def sacct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name which prints a file, and counts how often it was asked."""
    program = tmp_path / "sacct"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n. {tmp_path}/answer\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def answer(folder: Path, text: str = "", *, rc: int = 0, error: str = "") -> None:
    lines = "".join(f"echo '{one}'\n" for one in text.splitlines())
    (folder / "answer").write_text(f"{lines}echo '{error}' >&2\nexit {rc}\n")


def test_the_steps_of_a_job_and_not_what_holds_them() -> None:
    found = slurm.parsed(AFTER)
    assert found == {
        "77.0": Step(1200.0, 30.0),
        "77.1": Step(3400.0, 40.0),
        "77.2": Step(600.0, 38.0),
    }


def test_zero_is_not_known(sacct: Path) -> None:
    assert slurm.parsed("77.0|0|30\n77.1||5\n") == {
        "77.0": Step(None, 30.0),
        "77.1": Step(None, 5.0),
    }


def test_a_launch_is_its_new_steps(sacct: Path) -> None:
    job = Accounting({"SLURM_JOB_ID": "77"})
    answer(sacct, BEFORE)
    job.begin()
    answer(sacct, AFTER)
    assert job.end() == {"joules": 4000.0, "elapsed_s": 40.0, "unknown": ""}
    assert "--jobs=77" in (sacct / "asked").read_text()


def test_one_step_without_energy_makes_the_sum_unknown(sacct: Path) -> None:
    job = Accounting({"SLURM_JOB_ID": "77"})
    answer(sacct, BEFORE)
    job.begin()
    answer(sacct, f"{BEFORE}77.1|3400|40\n77.2|0|38\n")
    found = job.end()
    assert found is not None
    assert (found["joules"], found["elapsed_s"]) == (None, 40.0)
    assert "no energy" in found["unknown"]


def test_what_fails_once_is_not_asked_again(sacct: Path) -> None:
    answer(sacct, rc=1, error="Slurm accounting storage is disabled")
    job = Accounting({"SLURM_JOB_ID": "77"})
    for _ in range(3):
        job.begin()
        found = job.end()
        assert found is not None
        assert found["joules"] is None
        assert found["unknown"] == "slurm: sacct: Slurm accounting storage is disabled"
    assert len((sacct / "asked").read_text().splitlines()) == 1


def test_without_the_program_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    job = Accounting({"SLURM_JOB_ID": "77"})
    job.begin()
    found = job.end()
    assert found is not None
    assert found["unknown"] == "slurm: sacct is not installed"


def test_outside_of_a_job_nothing_is_asked(sacct: Path) -> None:
    job = Accounting({})
    job.begin()
    assert job.end() is None
    assert not (sacct / "asked").exists()


def test_of_several_cases_in_a_launch_nobody_knows_the_parts() -> None:
    launched = Launched()
    launched.cases = {name: Observation(name) for name in ("a", "b")}
    launched.account({"joules": 5.0, "elapsed_s": 2.0, "unknown": ""})
    seen = launched.cases["a"].accounted
    assert seen == {"joules": None, "elapsed_s": 2.0, "unknown": "several cases shared the launch"}
    launched.cases = {"a": Observation("a")}
    launched.account({"joules": 5.0, "elapsed_s": 2.0, "unknown": ""})
    assert launched.cases["a"].accounted == {"joules": 5.0, "elapsed_s": 2.0, "unknown": ""}
