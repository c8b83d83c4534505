"""An mpirun that is missing, of another MPI, or broken."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
    site(broken, mpirun, SINGLETONS)
    done = broken.run("faulty", "--sweep", "tag=1,2")
    assert done.rc == 3
    assert done.outcomes == ["infra", "infra"]
    for reason in done.reasons:
        assert "asked for 2 ranks, MPI_COMM_WORLD has 1" in reason
        assert "qyran doctor" in reason
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo no slots '[/here]' >&2; exit 1", ["exit status 1", "no slots [/here]"]),
        ("exit 0", ["exit status 0", "nothing was printed"]),
        ("kill -9 $$", ["exit status -9"]),
    ],
)
def test_that_fails(broken: Qyran, mpirun: str, script: str, words: list[str]) -> None:
    site(broken, mpirun, script)
    done = broken.run("faulty", "--sweep", "tag=1,2")
    assert (done.rc, done.outcomes) == (3, ["infra", "infra"])
    assert "Traceback" not in done.err
    for word in ["mpirun started no ranks", *words]:
        assert word in done.reasons[0]
    assert broken("show", "--results", str(broken.results)).rc == 0


def test_that_never_starts_a_rank(impatient: Qyran) -> None:
    site(impatient, str(impatient.folder / "mpirun"), "sleep 1000")
    done = impatient.run("faulty")
    assert (done.rc, done.outcomes) == (3, ["infra"])
    assert "within 5 s" in done.reasons[0]


def test_named_by_a_relative_path(broken: Qyran) -> None:
    site(broken, "./mpirun", "echo reached; exit 1")
    assert "reached" in broken.run("faulty", "--repeat", "2").reasons[0]


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
