"""The commands as they are meant to be used."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from harness.report import document
from harness.report.doctor_document import DoctorDoc
from harness.report.listing_document import ListDoc
from harness.report.plan_document import PlanDoc
from harness.report.rank_document import RankDoc

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

COMMANDS = ("run", "plan", "tune", "list", "doctor", "init", "show", "ls", "rank")


@pytest.fixture(scope="module")
def trial(make_broken: Any) -> Qyran:
    return make_broken()


@pytest.fixture(scope="module")
def done(trial: Qyran) -> Done:
    """A run with a sweep, two launches, and references reached, half reached and missed."""

    def reference(rate: float) -> dict[str, Any]:
        return {"row_rate": {"value": rate, "tolerance": 0.0, "source": "this test"}}

    swept = trial.faulty(launches=2, repetitions=3, sweep={"tag": [1, 2]})
    reached = trial.faulty(tag=3, references=reference(1e-3))
    missed = trial.faulty(tag=4, references=reference(1e9))
    return trial.run(trial.suite(swept, reached, missed), "--set", "nap_s=0.002")


def test_standard_output_is_one_valid_document(done: Done) -> None:
    checked = document.RunDoc.model_validate(done.json)
    assert checked.schema_id == "qyran.run/1"
    assert [case.parameters["tag"] for case in checked.cases] == [1, 2, 3, 4]
    assert {case.parameters["nap_s"] for case in checked.cases} == {0.002}


def test_a_missed_reference_is_slow_and_keeps_its_metric(done: Done) -> None:
    assert done.outcomes == ["pass", "pass", "pass", "slow"]
    assert done.rc == done.json["exit_code"] == 1
    assert "this test" in done.reasons[3]
    assert done.json["cases"][3]["metrics"]


def test_one_file_for_each_value_with_raw_samples(done: Done, trial: Qyran) -> None:
    attempts = [one["file"] for case in done.json["cases"] for one in (case, *case["earlier"])]
    assert {one.name for one in trial.files()} == set(attempts)
    for case, launches in zip(done.json["cases"], (2, 2, 1, 1), strict=True):
        with h5py.File(Path(done.json["path"]) / case["file"], "r") as file:
            seconds = file["entry/samples/nap/seconds"]
            assert seconds.attrs["units"] == b"s"
            assert seconds.shape == (launches, 3 if launches == 2 else 2, case["ranks"])
            assert np.all(seconds[()] >= 0.002)
            assert file["entry/row_rate/value"].shape == (seconds.shape[0] * seconds.shape[1],)


def test_a_value_is_the_median_of_its_samples(done: Done) -> None:
    case = done.json["cases"][0]
    with h5py.File(Path(done.json["path"]) / case["file"], "r") as file:
        seconds = file["entry/samples/nap/seconds"][()]
    rates = 1.0 / seconds.max(axis=2)
    assert case["metrics"]["row_rate"]["value"] == pytest.approx(np.median(rates))
    assert case["metrics"]["row_rate"]["n"] == rates.size


def test_show_and_ls(done: Done, trial: Qyran) -> None:
    results = ("--results", str(trial.results), "--json")
    shown = trial("show", "last", *results)
    assert document.RunDoc.model_validate(shown.json).cases
    assert shown.json["cases"] == done.json["cases"]
    assert shown.rc == 0
    listed = trial("ls", *results)
    (line,) = document.LsDoc.model_validate(listed.json).runs
    assert (line.run, line.outcome, line.recorded) == (done.json["run"], "slow", 4)
    table = trial("ls", "--results", str(trial.results))
    assert done.json["run"] in table.out


def test_plain_output_on_a_pipe(broken: Qyran) -> None:
    flags = ("--repeat", "2", "--ranks", "1", "--results", "нәтиже")
    done = broken("run", "faulty", *flags, PYTHONIOENCODING="ascii")
    assert done.rc == 0, done.err
    assert done.err == ""
    assert all(line.isprintable() for line in done.out.splitlines())
    assert "pass (exit 0); 1 of 1 case recorded in" in done.out
    assert len(list((broken.folder / "нәтиже").glob("*/*/*.h5"))) == 1


@pytest.mark.parametrize("flags", [(), ("--set", "fault=raises")])
def test_progress_bar_on_a_terminal(broken: Qyran, flags: tuple[str, ...]) -> None:
    screen, rc = _on_a_terminal(broken, "run", "faulty", "--ranks", "1", *flags)
    assert rc == (3 if "fault=raises" in flags else 0), screen
    assert "Traceback" not in screen
    assert screen.rfind("\x1b[?25h") > screen.rfind("\x1b[?25l")  # the cursor is back
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)
    assert "case recorded in results" in re.sub(r"\s+", " ", text)


def test_a_terminal_that_goes_away_costs_no_result(broken: Qyran) -> None:
    ours, theirs = pty.openpty()
    flags = ("--repeat", "200", "--set", "nap_s=0.005", "--sweep", "tag=1,2", "--ranks", "1")
    running = subprocess.Popen(
        [broken.command, "run", "faulty", *flags, "--results", str(broken.results)],
        cwd=broken.folder,
        env=broken.variables(TERM="xterm"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    broken.wait_for("sample")
    os.close(ours)
    running.wait(60)
    assert len(broken.files()) == 2
    assert broken.left() == []


def _on_a_terminal(qyran: Qyran, *arguments: str) -> tuple[str, int]:
    """What a command writes to a terminal, and its exit code."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [qyran.command, *arguments],
        cwd=qyran.folder,
        env=qyran.variables(TERM="xterm-256color", COLUMNS="100"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = b"".join(_until_closed(ours))
    os.close(ours)
    return said.decode(), running.wait(30)


def _until_closed(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            yield os.read(descriptor, 65536)
        except OSError:  # EIO: the last process with this terminal has ended
            return


def test_plan(qyran: Qyran) -> None:
    planned = qyran("plan", "quick", "--json")
    plan = PlanDoc.model_validate(planned.json)
    assert planned.rc == 0
    assert {"stream", "hpl"} <= {case.kernel for case in plan.cases}
    assert list(qyran.folder.iterdir()) == []
    table = qyran("plan", "quick")
    assert "hpl" in table.out
    assert all(line.isprintable() for line in table.out.splitlines())


def test_list(qyran: Qyran) -> None:
    listed = ListDoc.model_validate(qyran("list", "--json").json)
    assert "quick" in listed.suites
    for kernel in listed.kernels:
        table = qyran("list", kernel.name)
        assert table.rc == 0
        for one in kernel.parameters:
            assert one.name in table.out


def test_suites_of_the_working_folder_are_listed_and_run(broken: Qyran) -> None:
    jobs = broken.folder / "jobs"
    jobs.mkdir()
    shutil.move(broken.suite(broken.faulty(ranks=1)), jobs / "mine.yaml")
    (jobs / "bad.yaml").write_text("[/bad")
    (jobs / "odd.yaml").write_text("title: '[/odd] title'\n")
    listed = broken("list")
    assert listed.rc == 0, listed.err
    assert "mine" in listed.out
    assert "[/odd] title" in listed.out
    assert broken.run("mine").outcomes == ["pass"]


def test_doctor(qyran: Qyran) -> None:
    found = qyran("doctor", "--json")
    examined = DoctorDoc.model_validate(found.json)
    assert found.rc == examined.exit_code == 0, found.out
    assert all(one.fix for one in examined.findings if one.status in ("warn", "fail"))


def test_init_writes_once_what_plan_reads(qyran: Qyran) -> None:
    first = qyran("init")
    assert first.rc == 0, first.err
    text = (qyran.folder / "cluster.yaml").read_text()
    qyran("init").complains(2, "cluster.yaml", "exists already")
    assert (qyran.folder / "cluster.yaml").read_text() == text
    planned = qyran("plan", "quick", "--json")
    assert planned.rc == 0, planned.err
    assert planned.json["cluster"] in text
    qyran("init", "no/such/folder.yaml").complains(3, "no/such/folder.yaml")


def test_rank(qyran: Qyran) -> None:
    done = qyran("rank", "--rmax", "93 TF", "--against", "Sunway TaihuLight", "--json")
    ranked = RankDoc.model_validate(done.json)
    assert ranked.rmax == 93e12
    assert (ranked.last_led, ranked.last_listed) == ("2004-11", "2012-11")
    assert ranked.against[0].ratio == pytest.approx(93e12 / 93.0146e15, rel=1e-3)
    said = qyran("rank", "--rmax", "93 TF", "--against", "Sunway TaihuLight")
    assert "Sunway TaihuLight" in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help(qyran: Qyran, command: str) -> None:
    done = qyran(command, "--help")
    assert done.rc == 0
    assert command in done.out


@pytest.mark.parametrize("arguments", ["list", "list --json", "plan quick", "rank --rmax 1PF"])
def test_output_that_nobody_reads(qyran: Qyran, arguments: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [qyran.command, *arguments.split()],
            cwd=qyran.folder,
            env=qyran.variables(),
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr == ""
    assert done.returncode == 141


def test_output_on_a_full_disk(qyran: Qyran) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [qyran.command, "list"],
            cwd=qyran.folder,
            env=qyran.variables(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr
    assert done.returncode == 3
