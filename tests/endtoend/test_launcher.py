"""An mpirun that is missing, of another MPI, or broken."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.machine.mpi import find_mpirun

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran

VERSION = 'if [ "$1" = --version ]; then echo "mpirun (Open MPI) 5.0.7"; exit 0; fi\n'
# Starts every rank as a world of its own, as an mpirun of another MPI does.
SINGLETONS = """
while [ "$1" != -n ]; do shift; done
shift; count=$1; shift
status=0
for i in $(seq "$count"); do "$@" || status=$?; done
exit $status
"""
# Does what the real one does until a case is to be measured.
PROBED = """
case "$*" in *harness.machine.hello*) exec {real} "$@";; esac
"""


def site(qyran: Qyran, mpirun: str, script: str | None = None, banner: str = VERSION) -> None:
    """Write a cluster.yaml that names this mpirun, and the mpirun."""
    (qyran.folder / "cluster.yaml").write_text(
        "schema: qyran.cluster/1\ndefault: here\nclusters:\n  here:\n"
        f"    launcher: {{kind: local, mpirun: {mpirun}}}\n"
    )
    if script is not None:
        path = qyran.folder / "mpirun"
        path.write_text(f"#!/bin/sh\n{banner}{script}\n")
        path.chmod(0o755)


def probed(script: str) -> str:
    """A script that passes the probe and then fails."""
    return PROBED.format(real=find_mpirun().path) + script


@pytest.fixture
def mpirun(broken: Qyran) -> str:
    return str(broken.folder / "mpirun")


def test_missing(broken: Qyran) -> None:
    site(broken, "/nonexistent/mpirun")
    done = broken.run("faulty")
    done.complains(3, "mpirun", "/nonexistent/mpirun", "fix:")
    assert done.json["exit_code"] == 3
    assert not broken.results.exists()


def test_no_program(broken: Qyran, mpirun: str) -> None:
    site(broken, mpirun)
    Path(mpirun).write_bytes(b"\x7fELF is no program")
    Path(mpirun).chmod(0o755)
    broken.run("faulty").complains(3, "mpirun")


def test_of_another_mpi(broken: Qyran, mpirun: str) -> None:
    """One message before anything is measured, and the same again: a failure is not remembered."""
    site(broken, mpirun, SINGLETONS)
    for _ in range(2):
        done = broken.run("faulty", "--sweep", "tag=1,2")
        done.complains(3, "2 ranks started, but each is alone", "launcher: {mpirun: ...}", "fix:")
        assert done.json["schema"] == "qyran.error/1"
        assert not broken.results.exists()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo no place '[/here]' >&2; exit 1", ["status 1", "no place [/here]"]),
        ("exit 0", ["status 0 after 0 ranks", "it printed nothing"]),
        ("kill -9 $$", ["status -9"]),
        (
            "echo 'There are not enough slots available in the system' >&2; exit 1",
            ["there are not enough slots", "fewer ranks"],
        ),
        (
            "echo 'ssh: Could not resolve hostname node7: unknown' >&2; exit 255",
            ["a node cannot be reached", "node7", "without a password"],
        ),
        (
            "echo '/opt/python: No module named harness' >&2; exit 1",
            ["a node lacks what is needed", "No module named harness", "shared folder"],
        ),
    ],
)
def test_that_fails(broken: Qyran, mpirun: str, script: str, words: list[str]) -> None:
    site(broken, mpirun, script)
    broken.run("faulty", "--sweep", "tag=1,2").complains(3, "MPI probe", *words)
    assert not broken.results.exists()


def test_that_fails_when_it_has_been_proved(broken: Qyran, mpirun: str) -> None:
    site(broken, mpirun, probed("echo no slots '[/here]' >&2; exit 1"))
    done = broken.run("faulty", "--sweep", "tag=1,2")
    assert (done.rc, done.outcomes) == (3, ["infra", "infra"])
    assert "Traceback" not in done.err
    for word in ["mpirun started no ranks", "exit status 1", "no slots [/here]"]:
        assert word in done.reasons[0]
    assert broken("show", "--results", str(broken.results)).rc == 0


def test_of_another_mpi_when_it_has_been_proved(broken: Qyran, mpirun: str) -> None:
    site(broken, mpirun, probed(SINGLETONS))
    done = broken.run("faulty", "--sweep", "tag=1,2")
    assert (done.rc, done.outcomes) == (3, ["infra", "infra"])
    for reason in done.reasons:
        assert "asked for 2 ranks, MPI_COMM_WORLD has 1" in reason
        assert "qyran doctor" in reason


def test_that_never_starts_a_rank(impatient: Qyran) -> None:
    site(impatient, str(impatient.folder / "mpirun"), probed("sleep 1000"))
    done = impatient.run("faulty")
    assert (done.rc, done.outcomes) == (3, ["infra"])
    assert "within 5 s" in done.reasons[0]


def test_that_never_starts_a_rank_of_the_probe(impatient: Qyran) -> None:
    path = impatient.folder / "mpirun"
    site(impatient, str(path), "echo waiting; sleep 1000")
    impatient.run("faulty").complains(3, "no answer within 5 s", "waiting", "firewall")


def test_interrupted_while_it_is_proved(broken: Qyran, mpirun: str) -> None:
    site(broken, mpirun, f"exec sh -c 'sleep 1000; :' '{broken.results}'")
    running = broken.start("faulty")
    broken.wait(lambda: any("sleep" in one for one in broken.left()))
    running.send_signal(signal.SIGINT)
    done = broken.finish(running)
    assert (done.rc, done.out) == (130, "")
    assert "Traceback" not in done.err


def test_what_was_proved_is_remembered(broken: Qyran, mpirun: str) -> None:
    """A second run starts no probe; a changed mpirun, another folder of caches or a day do."""
    proofs = broken.folder / "proofs"
    count = f"case $* in *hello*) echo >> {proofs};; esac\n"
    site(broken, mpirun, count + probed("exit 1"))
    cache = broken.folder / "cache"

    def proved(**added: str) -> int:
        broken.run("faulty", "--repeat", "1", XDG_CACHE_HOME=str(cache), **added)
        return len(proofs.read_text().splitlines())

    assert [proved(), proved()] == [1, 1]
    site(broken, mpirun, count + probed("exit 2 # changed"))
    assert proved() == 2
    for one in (cache / "qyran" / "probes").iterdir():
        os.utime(one, (time.time(), time.time() - 90_000))
    assert proved() == 3
    for one in (cache / "qyran" / "probes").iterdir():
        one.write_text("{torn")
    assert proved() == 4


def test_named_by_a_relative_path(broken: Qyran) -> None:
    site(broken, "./mpirun", "echo reached; exit 1")
    broken.run("faulty", "--repeat", "2").complains(3, "reached")


def test_planned_cluster(qyran: Qyran) -> None:
    qyran.run("quick", "--cluster", "kaznu").complains(2, "planned: true", "qyran plan")
    assert not qyran.results.exists()
    planned = qyran("plan", "quick", "--cluster", "kaznu", "--nodes", "4", "--json")
    assert planned.rc == 0
    assert {one["ranks"] for one in planned.json["cases"]} == {512}


def test_more_ranks_than_cores(broken: Qyran) -> None:
    began = time.monotonic()
    broken.run("faulty", "--ranks", "4096").complains(2, "4096 ranks", "--oversubscribe")
    assert time.monotonic() - began < 5
    assert not broken.results.exists()
    many = str(1 + broken.cores)
    done = broken.run("faulty", "--ranks", many, "--oversubscribe", "--repeat", "2")
    assert done.outcomes == ["pass"]
    assert "oversubscribed" in done.json["cases"][0]["notes"]
    assert "oversubscribed" in broken.record(broken.files()[0])["notes"]
