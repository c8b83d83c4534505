"""Acceptance of the nodes of a real Slurm job; one of the two is made slow."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cluster.slurm import Slurm
    from tests.cluster.user import User

JOB = ("salloc", "--quiet", "--nodes=2", "--ntasks-per-node=1", "--exclusive")
PERIOD_US = 100_000
QUOTA = 0.15


@pytest.fixture
def shipped(user: User) -> User:
    """Somebody whose site has a short suite for its nodes."""
    jobs = user.folder / "jobs"
    jobs.mkdir()
    # A product takes several periods of the quota: shorter ones would fit into a burst.
    case = {"kernel": "dgemm", "ranks": 1, "repetitions": 3, "parameters": {"n": 1500}}
    suite = {"schema": "qyran.suite/1", "title": "short", "cases": [case]}
    (jobs / "accept-node.yaml").write_text(json.dumps(suite))
    return replace(user, tree=None)


@pytest.fixture
def slow_node2(batch: Slurm) -> Iterator[None]:
    """The slurmd of node2 in a control group that has a part of a CPU only."""
    (daemon,) = batch.machines["node2"].processes("slurmd -N")
    group = Path("/sys/fs/cgroup/cpu") / f"qyran-accept-{os.getpid()}"
    try:
        group.mkdir()
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(int(QUOTA * PERIOD_US)))
    except OSError as error:
        pytest.skip(f"no control groups of cpu (version 1) that may be made: {error}")
    (group / "cgroup.procs").write_text(str(daemon.pid))
    yield
    for pid in (group / "cgroup.procs").read_text().split():
        (group.parent / "cgroup.procs").write_text(pid)
    group.rmdir()


def accepted(user: User, *words: str) -> tuple[int, dict[str, Any], str]:
    """`qyran accept` of the nodes of a job, to its end; no rank is left."""
    done = user("accept", *words, "--json", "--results", str(user.results), before=JOB)
    user.no_rank_left()
    assert done.out, done.err
    return done.rc, done.json, done.err


def rate(user: User) -> float:
    """What dgemm reaches on node1, flop/s."""
    _, found, said = accepted(user, "node1", "--stages", "node")
    (metric,) = [one for one in found["fleet"] if one["metric"] == "dgemm.star_flop_rate"]
    assert metric["median"], said
    return float(metric["median"])


def contract(user: User, flop_rate: float) -> str:
    path = user.folder / "contract.yaml"
    promise = {"dgemm.star_flop_rate": {"minimum": f"{flop_rate} flop/s"}}
    path.write_text(
        json.dumps({"schema": "qyran.contract/1", "source": "offer", "metrics": promise})
    )
    return str(path)


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {one["node"]: one["verdict"] for one in found["nodes"]}


def test_a_node_that_slurm_runs_on_less_than_a_cpu_is_rejected(
    shipped: User, slow_node2: None
) -> None:
    """Its control group is seen at once: nothing needs to be measured on it."""
    code, found, said = accepted(shipped, "--allocation", "--stages", "consistency")
    assert (code, verdicts(found)) == (1, {"node1": "accept", "node2": "reject"}), said
    assert f"cpu quota {QUOTA:g} CPUs" in found["nodes"][1]["reason"]


def test_a_node_that_is_slow_is_rejected_by_its_numbers(
    shipped: User, batch: Slurm, slow_node2: None
) -> None:
    """Its control group is hidden: only a measurement tells. It is measured twice."""
    for node in ("node1", "node2"):
        batch.machines[node].run("umount", "--recursive", "--lazy", "/sys/fs/cgroup")
    promised = contract(shipped, 0.4 * rate(shipped))
    code, found, said = accepted(
        shipped, "--allocation", "--stages", "consistency,node", "--contract", promised
    )
    assert (code, verdicts(found)["node2"]) == (1, "reject"), said
    slow = found["nodes"][1]
    assert "below offer" in slow["reason"]
    assert "confirmed by re-measurement beside node1" in slow["reason"]
    assert slow["repeat"].startswith(
        "qyran accept node2,node1 --stages consistency,node --contract"
    )
    stages = {one["stage"]: one for one in found["stages"]}
    assert [one["ended"] for one in stages["node"]["nodes"]] == ["passed", "rejected"]
