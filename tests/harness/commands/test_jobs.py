"""Which runs a name means, and what is shown of submitted runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.commands import jobs
from harness.errors import CannotMeasure, ConfigError
from harness.report import jobs as rendering
from harness.report import terminal
from harness.report.job_document import JobDoc, SubmitDoc
from harness.submit import folder as folders
from harness.submit.state import Phase
from harness.submit.watch import Seen, look

Make = Callable[..., Path]
OLD = "20261123T180000Z-quick-aaaaaa"
NEW = "20261124T180000Z-hpl-bbbbbb"


@pytest.fixture
def results(make_run: Make) -> Path:
    """A run of its own, and a submission of three nodes."""
    make_run(OLD, submission=OLD, made=1.0)
    for node in ("node1", "node10", "node2"):
        make_run(f"{NEW}-{node}", submission=NEW, made=2.0, hosts=(node,))
    return make_run(OLD[:-1] + "z", submission=OLD[:-1] + "z", made=0.5).parent.parent


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("last", [f"{NEW}-node1", f"{NEW}-node10", f"{NEW}-node2"]),
        (NEW, [f"{NEW}-node1", f"{NEW}-node10", f"{NEW}-node2"]),
        ("hpl", [f"{NEW}-node1", f"{NEW}-node10", f"{NEW}-node2"]),
        ("node2", [f"{NEW}-node2"]),
        (f"{NEW}-node2", [f"{NEW}-node2"]),
        ("aaaaaa", [OLD]),
        (OLD, [OLD]),
    ],
)
def test_a_name(results: Path, name: str, found: list[str]) -> None:
    assert [one.name for one in jobs.find(results, name)] == found


@pytest.mark.parametrize(
    ("name", "words"),
    [("node1", "fits 2 runs"), ("quick", "fits 2 runs"), ("nope", "unknown run 'nope'")],
)
def test_a_name_that_means_none_or_several(results: Path, name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        jobs.find(results, name)


def test_a_damaged_record_does_not_stop_the_others(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (results / "box" / OLD / "job.json").write_text("{")
    assert len(jobs.find(results, "last")) == 3
    assert f"{OLD}/job.json: cannot be read" in capsys.readouterr().err


def test_no_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no submitted runs"):
        jobs.find(tmp_path, "last")


def test_a_run_that_never_began(results: Path, end: Any) -> None:
    folder = results / "box" / OLD
    shown = jobs.shown(folder)
    assert (shown.outcome, shown.exit_code) == ("skipped", 3)
    assert "held back" in shown.cases[0].reason
    assert jobs.state_of(folder) == "held back"
    folders.claim(folder)
    (folder / "begun").write_text("17\n")
    assert jobs.shown(folder).cases[0].reason == "slurm job 17 is running"
    end(folder, 127)
    (seen,), _ = look([folder], asking=False)
    found = jobs.collected(seen)
    assert (found.outcome, found.exit_code) == ("skipped", 3)
    assert "127: command not found" in found.cases[0].reason


@pytest.mark.parametrize(("codes", "worst"), [([0, 1], 1), ([1, 4], 1), ([5, 130], 5), ([3, 1], 3)])
def test_the_worst_exit_code(codes: list[int], worst: int) -> None:
    assert jobs._worst(codes) == worst


def text(rendered: Any) -> str:
    console = terminal.console()
    with console.capture() as said:
        console.print(rendered)
    return said.get()


def documents(results: Path) -> list[JobDoc]:
    seen, _ = look(jobs.find(results, "last"), asking=False)
    return [jobs.document(one) for one in seen]


def test_what_a_person_reads(results: Path) -> None:
    held = documents(results)
    submitted = [held[0].model_copy(update={"job": "17", "state": "queued"}), *held[1:]]
    shown = SubmitDoc(submission=NEW, dry_run=False, scripts=[], jobs=submitted, notes=["x"])
    found = text(rendering.submitted(shown))
    assert f"{NEW}-node1: slurm job 17, node1, at most 15 min" in found
    assert "2 runs held back" in found
    assert f"qyran wait {NEW}\n" in found
    assert "note: x" in found
    table = text(rendering.table(submitted))
    assert "held back" in table
    assert "0/1" in table


def test_a_change(results: Path) -> None:
    (one, *_) = documents(results)
    assert rendering.change(one) == f"{NEW}-node1: held back"
    running = {"state": "running", "recorded": 1, "reason": "RUNNING"}
    assert rendering.change(one.model_copy(update=running)).endswith(
        ": running, 1 of 1 case recorded (RUNNING)"
    )
    ended = rendering.change(one.model_copy(update={"state": "ended", "exit_code": 4}))
    assert ended.endswith(": ended, exit 4")


@pytest.mark.parametrize("taken", [True, False])
def test_a_refused_job_ends_waiting_only_if_no_other_was_taken(
    results: Path, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    """What was looked at is older than what has been submitted since."""
    members = jobs.find(results, NEW)

    def filled(seen: list[Seen]) -> tuple[list[Path], str]:
        return ([seen[0].folder] if taken else []), "sbatch: node10 is unknown"

    monkeypatch.setattr(jobs, "fill", filled)
    if not taken:
        with pytest.raises(CannotMeasure, match="node10 is unknown"):
            jobs._until_the_end(members, time.monotonic(), as_json=True)
        return
    seen, _ = jobs._until_the_end(members, time.monotonic(), as_json=True)
    assert [one.phase for one in seen] == [Phase.HELD_BACK] * 3
