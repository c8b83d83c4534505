"""Giving jobs to a batch system: each once, and no more than may wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import CannotMeasure
from harness.submit import folder as folders
from harness.submit import submitting
from harness.submit.submitting import fill, submit
from harness.submit.watch import look
from tests.harness.submit.conftest import Programs

Make = Callable[..., Path]


def test_submitted_once(make_run: Make, programs: Programs) -> None:
    folder = make_run()
    programs.say("sbatch", {"out": "17\n"})
    found = submit(folder)
    assert found is not None
    assert (found.job, folders.read(folder).job) == ("17", "17")
    assert submit(folder) is None
    assert programs.calls() == [
        ["sbatch", "--parsable", f"--chdir={folder}", str(folder / "job.sh")]
    ]


def test_cancelled_before(make_run: Make, programs: Programs) -> None:
    folder = make_run()
    folders.cancel(folder)
    assert submit(folder) is None
    assert programs.calls() == []


def test_by_a_relative_path(
    make_run: Make, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run()
    monkeypatch.chdir(folder.parent.parent)
    programs.say("sbatch", {"out": "17\n"})
    assert submit(Path("box") / folder.name) is not None
    assert programs.calls()[0][-1] == str(folder / "job.sh")


def test_refused(make_run: Make, programs: Programs) -> None:
    folder = make_run()
    programs.say("sbatch", {"rc": 1, "err": "line 1\nsbatch: error: Invalid account\n"})
    with pytest.raises(CannotMeasure, match=r"not submitted: .*Invalid account") as caught:
        submit(folder)
    assert "line 1" in str(caught.value)
    programs.say("sbatch", {"out": "17\n"})
    assert submit(folder) is not None


def test_not_there(make_run: Make, programs: Programs) -> None:
    with pytest.raises(CannotMeasure, match="sbatch cannot be started"):
        submit(make_run())


def test_an_answer_that_never_comes_is_not_asked_for_again(
    make_run: Make, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been submitted: two jobs in one folder would be worse than none."""
    monkeypatch.setattr(submitting, "TIMEOUT_S", 0.3)
    folder = make_run()
    programs.say("sbatch", {"hang": True})
    with pytest.raises(CannotMeasure, match="no answer within"):
        submit(folder)
    assert submit(folder) is None
    assert len(programs.calls()) == 1


def test_an_answer_without_an_id(make_run: Make, programs: Programs) -> None:
    programs.say("sbatch", {"out": "thank you\n"})
    folder = make_run()
    with pytest.raises(CannotMeasure, match="no job id; it printed 'thank you'") as caught:
        submit(folder)
    assert "in the queue" in caught.value.fix
    assert submit(folder) is None


def many(make_run: Make, count: int, pending: int) -> list[Path]:
    return [make_run(f"r{i}", submission="s", pending=pending) for i in range(count)]


def test_no_more_than_may_wait(make_run: Make, programs: Programs) -> None:
    runs = many(make_run, 6, pending=2)
    programs.say("sbatch", *[{"out": f"{i}\n"} for i in range(1, 7)])
    assert fill(look(runs, asking=False)[0]) == (runs[:2], "")
    assert fill(look(runs, asking=False)[0]) == ([], "")
    programs.say("squeue", {"out": "1|RUNNING|None\n2|PENDING|None\n"})
    assert fill(look(runs)[0]) == (runs[2:3], "")


def test_what_goes_wrong_on_the_way(make_run: Make, programs: Programs) -> None:
    runs = many(make_run, 3, pending=3)
    programs.say("sbatch", {"out": "1\n"}, {"rc": 1, "err": "too many jobs\n"})
    done, problem = fill(look(runs, asking=False)[0])
    assert done == runs[:1]
    assert "too many jobs" in problem
