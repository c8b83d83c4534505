"""`qyran tune` with real runs, at a size at which nothing takes long."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.report import document
from harness.report.plan_document import PlanDoc
from harness.report.tuning_document import TuneDoc

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

SMALL = (
    *("--set", "n=96", "--set", "bcast=1rg", "--set", "p=1", "--ranks", "1", "--repeat", "1"),
    *("--sweep", "nb=16,32"),
)


@pytest.fixture(scope="module")
def trial(make_broken: Any) -> Qyran:
    return make_broken()


@pytest.fixture(scope="module")
def done(trial: Qyran) -> Done:
    return trial("tune", "hpl", *SMALL, "--json", "--results", str(trial.results))


def test_every_trial_is_recorded_and_verified(done: Done, trial: Qyran) -> None:
    assert done.rc == 0, done.err
    found = TuneDoc.model_validate(done.json)
    (stage,) = found.stages
    assert [one.parameters["nb"] for one in stage.trials][1:] == [16, 32]
    assert all(one.outcome == "pass" and one.value and one.n == 2 for one in stage.trials)
    assert {one.run for one in stage.trials} == {path.parent.name for path in trial.files()}
    assert len(trial.files()) == 3
    shown = trial("show", "hpl-tune-nb", "--json", "--results", str(trial.results))
    checks = [case.check for case in document.RunDoc.model_validate(shown.json).cases]
    assert all(one is not None and one.passed for one in checks)


def test_the_suite_it_writes_is_run_by_its_name(done: Done, trial: Qyran) -> None:
    found = TuneDoc.model_validate(done.json)
    assert (found.file, found.run_next) == ("jobs/hpl-tuned.yaml", "qyran run hpl-tuned")
    assert found.best is not None
    assert found.best["n"] == "auto"
    text = (trial.folder / "jobs" / "hpl-tuned.yaml").read_text()
    assert found.stages[0].trials[0].run in text
    planned = trial("plan", "hpl-tuned", "--set", "n=128", "--json")
    (case,) = PlanDoc.model_validate(planned.json).cases
    wanted = {k: v for k, v in found.best.items() if k != "n"}
    assert case.parameters.items() >= wanted.items()
    assert case.ranks == 1


def test_an_existing_suite_is_overwritten_only_by_force(done: Done, trial: Qyran) -> None:
    path = trial.folder / "jobs" / "hpl-tuned.yaml"
    before = path.read_text()
    results = ("--results", str(trial.folder / "again"))
    again = trial("tune", "hpl", *SMALL, *results)
    again.complains(2, "hpl-tuned.yaml", "exists already", "--force")
    assert path.read_text() == before
    assert not (trial.folder / "again").exists()
    forced = trial("tune", "hpl", *SMALL, *results, "--force")
    assert forced.rc == 0, forced.err
    assert path.read_text() != before
    assert [one.name for one in path.parent.iterdir()] == ["hpl-tuned.yaml"]
    assert "wrote jobs/hpl-tuned.yaml; next: qyran run hpl-tuned" in forced.out
    assert "chosen" in forced.out


def test_grid_and_look_ahead_of_two_ranks(make_broken: Any) -> None:
    qyran: Qyran = make_broken()
    flags = ("--set", "n=96", "--set", "nb=16", "--set", "bcast=1rg", "--repeat", "1")
    where = ("--results", str(qyran.results), "--output", "mine.yaml")
    done = qyran("tune", "hpl", *flags, *where, "--ranks", "2", "--oversubscribe", "--json")
    assert done.rc == 0, done.err
    found = TuneDoc.model_validate(done.json)
    assert found.stages[0].name == "grid"
    assert [(one.parameters["p"], one.parameters["q"]) for one in found.stages[0].trials] == [
        (1, 2),
        (2, 1),
    ]
    flat = found.stages[0].chosen == {"p": 1, "q": 2}
    assert [one.name for one in found.stages[1:]] == (["depth"] if flat else [])
    assert found.case in {one.case for one in found.stages[-1].trials}
    assert found.best is not None
    assert found.best.items() >= {"nb": 16, "bcast": "1rg", "n": "auto"}.items()
    assert (qyran.folder / "mine.yaml").exists()


def test_ctrl_c_keeps_what_was_measured_and_writes_nothing(make_broken: Any) -> None:
    qyran: Qyran = make_broken()
    flags = ("--set", "n=1500", "--ranks", "1", "--repeat", "50", "--output", "mine.yaml")
    running = subprocess.Popen(
        [qyran.command, "tune", "hpl", *flags, "--json", "--results", str(qyran.results)],
        cwd=qyran.folder,
        env=qyran.variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    qyran.wait_for("sample", 3)
    running.send_signal(signal.SIGINT)
    ended = qyran.finish(running)
    assert ended.rc == 130, ended.err
    found = TuneDoc.model_validate(ended.json)
    assert (found.exit_code, found.file, found.best) == (130, None, None)
    assert len(found.stages) == 1
    assert qyran.files()
    assert not (qyran.folder / "mine.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("reduce", ["'reduce' has nothing to tune", "known: hpl"]),
        ("hlp", ["did you mean 'hpl'"]),
        ("hpl --ranks 1,2 --oversubscribe", ["--ranks", "one at a time"]),
        ("hpl --output x.txt", ["--output", "'x.txt'", ".yaml"]),
        ("hpl --set nb=8 --set p=1 --set q=1 --ranks 1", ["leaves nothing to try", "nb"]),
        ("hpl --sweep nb=0 --ranks 1", ["--sweep nb", "at least 1"]),
        ("hpl --set n=1e6", ["GiB"]),
    ],
)
def test_usage(qyran: Qyran, arguments: str, words: list[str]) -> None:
    qyran("tune", *arguments.split()).complains(2, *words)
    assert list(qyran.folder.iterdir()) == []


def test_a_folder_that_cannot_take_the_suite(qyran: Qyran) -> None:
    Path(qyran.folder, "jobs").write_text("a file")
    qyran("tune", "hpl", "--ranks", "1").complains(3, "jobs/hpl-tuned.yaml", "--output")
