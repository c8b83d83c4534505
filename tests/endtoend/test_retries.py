"""What fails without its fault is tried again; what was slow is measured again; all are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran

# An mpirun that fails as often as its folder has a file for it, and is the real one then.
MOODY = """#!/bin/sh
if [ "$1" = --version ]; then exec {real} --version; fi
for one in {folder}/fails.*; do
  [ -e "$one" ] && rm "$one" && echo "the daemon did not start" >&2 && exit 7
done
exec {real} "$@"
"""
FAST = {"row_rate": {"value": 1e6, "tolerance": 0.05}}


def moody(qyran: Qyran, fails: int) -> None:
    """Write a cluster.yaml with an mpirun that fails so many times.

    Before anything is measured it must have proved that it works, which is remembered.
    """
    real = qyran.command.replace("/qyran", "/mpirun")
    script = qyran.folder / "mpirun"
    if not script.exists():  # what is known of it would be forgotten if it changed
        script.write_text(MOODY.format(real=real, folder=qyran.folder))
        script.chmod(0o755)
    (qyran.folder / "cluster.yaml").write_text(
        "schema: qyran.cluster/1\ndefault: here\nclusters:\n  here:\n"
        f"    launcher: {{kind: local, mpirun: {script}}}\n"
    )
    for number in range(fails):
        (qyran.folder / f"fails.{number}").touch()


def test_a_launch_that_failed_is_repeated(broken: Qyran) -> None:
    moody(broken, 0)
    broken.run("faulty", "--repeat", "2")
    moody(broken, 1)
    done = broken.run("faulty", "--repeat", "2")
    assert (done.rc, done.outcomes) == (0, ["pass"])
    (case,) = done.json["cases"]
    (before,) = case["earlier"]
    assert before["outcome"] == "infra"
    assert "the daemon did not start" in before["reason"]
    assert before["file"] is None
    assert "once more" in done.err


def test_it_is_not_repeated_for_ever(broken: Qyran) -> None:
    moody(broken, 0)
    broken.run("faulty", "--repeat", "2")
    moody(broken, 5)
    done = broken.run("faulty", "--repeat", "2", "--retries", "2")
    assert (done.rc, done.outcomes) == (3, ["infra"])
    assert len(done.json["cases"][0]["earlier"]) == 2
    assert len(list(broken.folder.glob("fails.*"))) == 2


def test_without_retries(broken: Qyran) -> None:
    moody(broken, 0)
    broken.run("faulty", "--repeat", "2")
    moody(broken, 1)
    done = broken.run("faulty", "--repeat", "2", "--retries", "0")
    assert (done.rc, done.outcomes) == (3, ["infra"])
    assert done.json["cases"][0]["earlier"] == []


def test_a_slow_result_is_measured_again_and_stays_slow(broken: Qyran) -> None:
    done = broken.run(broken.suite(broken.faulty(references=FAST)))
    assert (done.rc, done.outcomes) == (1, ["slow"])
    (case,) = done.json["cases"]
    assert [one["outcome"] for one in case["earlier"]] == ["slow"]
    assert "slow in both attempts" in case["notes"][-1]
    assert len(broken.files()) == 2
    assert {one.name for one in broken.files()} == {case["earlier"][0]["file"], case["file"]}


@pytest.mark.parametrize("fault", ["raises", "kills", "wrong", "cannot"])
def test_a_fault_of_the_case_is_not_repeated(broken: Qyran, fault: str) -> None:
    stage = "verify" if fault == "wrong" else "run"
    done = broken.run(broken.suite(broken.faulty(fault, stage=stage)))
    assert done.outcomes != ["pass"]
    assert done.json["cases"][0]["earlier"] == []


def test_no_sign_of_life_ends_a_case(broken: Qyran) -> None:
    suite = broken.suite(broken.faulty("hangs", tag=1), broken.faulty(tag=2))
    done = broken.run(suite, "--stall", "3")
    assert (done.rc, done.outcomes) == (3, ["timeout", "pass"])
    assert "no sign of life for 3 s during the warm-up" in done.reasons[0]


def test_a_launcher_that_failed_once_while_it_was_proved(broken: Qyran) -> None:
    moody(broken, 1)
    assert broken.run("faulty", "--repeat", "2").outcomes == ["pass"]
    assert list(broken.folder.glob("fails.*")) == []
