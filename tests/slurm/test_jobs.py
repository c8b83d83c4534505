"""Runs that are submitted to a real Slurm: what the user is told, and what is in the folder."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.machines import until
from tests.cluster.user import User, laboratory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.slurm import Slurm
    from tests.endtoend.conftest import Done

TWO = ("--nodes=2", "--ranks=2")
SOON = {"nap_s": 0.1, "repetitions": 40}
LONG = {"nap_s": 0.2, "repetitions": 600}
BIN = str(Path(sys.executable).parent)


@pytest.fixture(scope="module", autouse=True)
def out_of_time(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody whose job, on a cluster of its own, passes its limit while other tests run.

    Slurm sends TERM a minute before a limit, and looks every half minute.
    """
    with laboratory(tmp_path_factory, with_slurm=True) as (machines, _):
        made = User(tmp_path_factory.mktemp("late"), tree, machines=machines)
        made.site({"kind": "slurm"}, cpu={"nodes": 2})
        suite = made.suite(made.faulty(tag=1), made.faulty(tag=2, **LONG))
        submit(made, suite, *TWO, "--time=60")
        yield made


def submit(user: User, *arguments: str) -> dict[str, Any]:
    """`qyran submit`; returns the document of its one job."""
    done = user.results_of("submit", *arguments)
    assert done.rc == 0, (done.out, done.err)
    (job,) = done.json["jobs"]
    assert job["job"].isdecimal()
    return dict(job)


def wait(user: User) -> Done:
    return user.results_of("wait", "last")


def state(user: User) -> str:
    (job,) = user.results_of("status", "last").json["jobs"]
    return str(job["state"])


def cases(user: User) -> list[dict[str, Any]]:
    (run,) = user.results_of("collect", "last").json["runs"]
    return list(run["cases"])


def outcomes(user: User) -> list[str]:
    return [case["outcome"] for case in cases(user)]


def hashes(user: User) -> dict[str, str]:
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in user.files()}


def test_submit_wait_collect(user: User) -> None:
    job = submit(user, user.suite(user.faulty(tag=1), user.faulty(tag=2)), "--nodes=2", "--ranks=4")
    assert (job["nodes"], job["ranks_per_node"], job["threads"]) == (2, 2, 1)
    done = wait(user)
    assert done.rc == 0, (done.out, done.err)
    assert (state(user), outcomes(user)) == ("ended", ["pass", "pass"])
    for file in user.files():
        assert user.hosts_of(file) == ["node1", "node1", "node2", "node2"]


def test_hpl_on_two_nodes(user: User) -> None:
    shipped = replace(user, tree=None)
    submit(shipped, "hpl", *TWO, "--set=n=600", "--repeat=2")
    done = wait(shipped)
    assert done.rc == 0, (done.out, done.err, outcomes(shipped))
    assert outcomes(shipped) == ["pass"]
    (file,) = shipped.files()
    assert shipped.hosts_of(file) == ["node1", "node2"]
    record = shipped.record(file)
    assert (record["nodes"], record["ranks"], record["check"]["passed"]) == (2, 2, True)


def test_cancel_keeps_what_was_measured(user: User) -> None:
    submit(user, user.suite(user.faulty(tag=1), user.faulty(tag=2, **LONG)), *TWO)
    user.wait_for("sample", 5)
    assert state(user) == "running"
    assert user.results_of("cancel", "last").rc == 0
    user.no_rank_left()
    assert wait(user).rc == 130
    assert state(user) == "cancelled"
    assert outcomes(user) == ["pass", "skipped"]


def test_requeued_job_goes_on(user: User, batch: Slurm) -> None:
    job = submit(user, user.suite(user.faulty(tag=1), user.faulty(tag=2, **SOON)), *TWO)
    user.wait_for("sample", 5)
    batch.head.output("scontrol", "requeue", job["job"])
    user.no_rank_left()
    until(lambda: state(user) == "queued", 5)
    finished = hashes(user)
    done = wait(user)
    assert (done.rc, outcomes(user)) == (0, ["pass", "pass"]), (done.out, done.err)
    assert finished
    assert finished.items() <= hashes(user).items()
    assert batch.job(job["job"])["Restarts"] == "1"


def test_node_that_slurm_takes_away(user: User, batch: Slurm) -> None:
    job = submit(user, user.suite(user.faulty(tag=1), user.faulty(tag=2, **SOON)), *TWO)
    user.wait_for("sample", 5)
    batch.update("node2", "state=down", "reason=test")
    user.no_rank_left()
    done = wait(user)
    assert (done.rc, outcomes(user)) == (0, ["pass", "pass"]), (done.out, done.err)
    assert batch.job(job["job"])["Restarts"] == "1"


def test_node_that_dies_in_mid_run(user: User, batch: Slurm) -> None:
    """Slurm would notice after 10 s; mpirun does at once, and a second try finds no node either."""
    submit(user, user.suite(user.faulty(tag=1), user.faulty(tag=2, **LONG)), *TWO)
    user.wait_for("sample", 5)
    batch.kill_node("node2")
    for one in user.machines["node2"].processes(BIN):
        one.kill()
    user.no_rank_left()
    done = wait(user)
    assert (done.rc, outcomes(user)) == (3, ["pass", "infra"]), (done.out, done.err)
    assert "a node was lost" in cases(user)[1]["reason"]


def test_controller_that_is_away(user: User, batch: Slurm) -> None:
    """Whoever asks meanwhile is told what the folder knows; `wait` goes on afterwards."""
    submit(user, user.suite(user.faulty(tag=1), user.faulty(tag=2, **LONG)), *TWO)
    waiting = user.start("wait", "last")
    user.wait_for("sample", 5)
    batch.stop_controller()
    asked = user.results_of("status", "last")
    assert asked.rc == 0
    assert asked.json["jobs"][0]["state"] == "running"
    assert "squeue" in " ".join(asked.json["notes"])
    assert waiting.poll() is None
    batch.start_controller()
    assert user.results_of("cancel", "last").rc == 0
    assert user.finish(waiting).rc == 130
    assert outcomes(user) == ["pass", "skipped"]


def test_job_that_is_killed_without_a_word_is_lost(user: User) -> None:
    job = submit(user, user.suite(user.faulty(tag=1), user.faulty(tag=2, **SOON)), *TWO)
    user.wait_for("sample", 5)
    for words in (("slurm_script",), ("-m harness", "run")):
        for one in user.machines["node1"].processes(*words):
            one.kill()
    user.no_rank_left()
    assert wait(user).rc == 3
    assert state(user) == "lost"
    last = cases(user)[-1]
    assert last["outcome"] == "infra"
    assert f"job {job['job']} is lost" in last["reason"]
    resumed = user.results_of("resume", "last")
    assert resumed.rc == 0, (resumed.out, resumed.err)
    assert wait(user).rc == 0
    assert outcomes(user) == ["pass", "pass"]


@pytest.mark.parametrize("nodes", [1, 2])
def test_run_inside_of_an_allocation(user: User, nodes: int) -> None:
    before = ("salloc", "--quiet", "--nodes=2", "--ntasks-per-node=2", "--exclusive")
    done = user.run("faulty", f"--nodes={nodes}", "--ranks=2", "--repeat=2", before=before)
    assert (done.rc, done.outcomes) == (0, ["pass"]), (done.out, done.err)
    (file,) = user.files()
    assert user.hosts_of(file) == {1: ["node1", "node1"], 2: ["node1", "node2"]}[nodes]


def test_time_limit(out_of_time: User) -> None:
    done = wait(out_of_time)
    assert done.rc == 130, (done.out, done.err)
    out_of_time.no_rank_left()
    first, second = cases(out_of_time)
    assert (first["outcome"], second["outcome"]) == ("pass", "skipped")
    assert second["reason"]
