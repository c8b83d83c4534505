"""A run that is ended from outside: finished cases stay, the rest is reported, nothing goes on."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran


@pytest.fixture
def running(broken: Qyran) -> subprocess.Popen[str]:
    """A run of three cases in the middle of the second."""
    suite = broken.suite(
        broken.faulty(tag=1),
        broken.faulty(tag=2, nap_s=0.05, repetitions=100_000, budget=100),
        broken.faulty(tag=3),
    )
    started = broken.start(suite)
    broken.wait_for("sample", 5)
    return started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal(broken: Qyran, running: subprocess.Popen[str], number: signal.Signals) -> None:
    running.send_signal(number)
    done = broken.finish(running)
    assert (done.rc, done.json["exit_code"]) == (130, 130)
    assert done.outcomes == ["pass", "skipped", "skipped"]
    assert done.reasons == ["", "interrupted by the user", "interrupted by the user"]
    assert "Traceback" not in done.err
    first, second, third = done.json["cases"]
    assert first["metrics"]
    assert not second["metrics"]
    assert third["file"] is None
    assert {one.name for one in broken.files()} == {first["file"], second["file"]}


def test_impatient_second_interrupt(broken: Qyran, running: subprocess.Popen[str]) -> None:
    running.send_signal(signal.SIGINT)
    running.send_signal(signal.SIGINT)
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 130, (out, err)
    assert "Traceback" not in err
    broken.wait(lambda: not broken.left(), limit_s=10)


def test_interrupt_while_mpirun_starts(broken: Qyran) -> None:
    running = broken.start(broken.suite(broken.faulty(tag=1), broken.faulty(tag=2)))
    broken.wait(lambda: any("-n" in one.split() for one in broken.left()))
    running.send_signal(signal.SIGINT)
    done = broken.finish(running)
    assert done.rc == 130
    assert done.outcomes == ["skipped", "skipped"]
    assert broken.files() == []


def test_interrupt_while_results_are_recorded(broken: Qyran) -> None:
    many = broken.faulty(repetitions=1, ranks=1, sweep={"tag": list(range(30))})
    running = broken.start(broken.suite(many))
    broken.wait(lambda: bool(broken.files()))
    running.send_signal(signal.SIGINT)
    done = broken.finish(running)
    assert (done.rc, len(broken.files())) == (130, 30)
    assert set(done.outcomes) == {"pass"}


def test_driver_killed(broken: Qyran, running: subprocess.Popen[str]) -> None:
    running.kill()
    running.communicate()
    took_s = broken.wait(lambda: not broken.left(), limit_s=20)
    assert took_s < 5
    assert '"sample"' in broken.journal()
    results = ("--results", str(broken.results), "--json")
    shown = broken("show", *results)
    assert shown.rc == 0
    assert set(shown.outcomes) == {"skipped"}
    assert "ended before" in shown.reasons[0]
    listed = broken("ls", *results)
    assert listed.rc == 0
    assert [one["cases"] for one in listed.json["runs"]] == [3]


def test_reader_of_the_output_goes_away_and_costs_no_result(broken: Qyran) -> None:
    suite = broken.suite(broken.faulty(tag=1), broken.faulty(tag=2))
    command = [broken.command, "run", suite, "--results", str(broken.results)]
    running = subprocess.Popen(
        command,
        cwd=broken.folder,
        env=broken.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    running.stdout.close()
    running.stdout = None
    _, err = running.communicate(timeout=60)
    assert "Traceback" not in err
    assert running.returncode == 141
    assert broken.left() == []
    assert len(broken.files()) == 2
