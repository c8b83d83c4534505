"""Acceptance of two nodes under a real Slurm, one of which is made slow."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.user import RANK

if TYPE_CHECKING:
    from tests.cluster.slurm import Slurm
    from tests.cluster.user import User

JOB = ("salloc", "--quiet", "--nodes=2", "--ntasks-per-node=1", "--exclusive")
PERIOD_US = 100_000
QUOTA = 0.5
NAP_S = 1.0
# Something of higher priority takes the core of a rank for most of the time.
LOAD = f"""
while :; do
  pkill -STOP -f '[{RANK[0]}]{RANK[1:]}'; sleep 1.5
  pkill -CONT -f '[{RANK[0]}]{RANK[1:]}'; sleep 0.3
done
"""


@pytest.fixture
def site(user: User) -> User:
    """Somebody whose site has a short suite for its nodes, and a promise for each."""
    jobs = user.folder / "jobs"
    jobs.mkdir()
    case = user.faulty(nap_s=NAP_S, ranks=1, repetitions=2)
    suite = {"schema": "qyran.suite/1", "title": "short", "cases": [case]}
    (jobs / "accept-node.yaml").write_text(json.dumps(suite))
    promise = {"faulty.row_rate": {"minimum": 0.75 / NAP_S}}
    contract = {"schema": "qyran.contract/1", "source": "offer", "metrics": promise}
    (user.folder / "contract.yaml").write_text(json.dumps(contract))
    return user


@pytest.fixture
def all_stages(site: User) -> User:
    """The same site with short suites for the other stages, and something promised of each."""
    small = {"filled": 2**20, "n": 32, "points": 64, "products": 2, "transforms": 2}
    burnin = {"kernel": "burnin", "parameters": {**small, "duration": 0.0}, "repetitions": 2}
    pairs = {"kernel": "pairs", "parameters": {"message": 65536}, "ranks_per_node": 1}
    hpl = {"kernel": "hpl", "parameters": {"n": 200, "nb": 32}, "ranks_per_node": 1}
    cases = {"burnin": {**burnin, "ranks": 1}, "pairs": pairs, "all": hpl}
    for stage, case in cases.items():
        case.setdefault("repetitions", 2)
        suite = {"schema": "qyran.suite/1", "title": stage, "cases": [case]}
        (site.folder / "jobs" / f"accept-{stage}.yaml").write_text(json.dumps(suite))
    contract = json.loads((site.folder / "contract.yaml").read_text())
    phases = ("moving_inversions", "walking_ones", "address", "random")
    contract["metrics"] |= {
        **{f"burnin.{name}_flop_rate": {"minimum": 1.0} for name in ("dgemm", "fft")},
        **{f"burnin.{name}_bandwidth": {"minimum": 1.0} for name in phases},
        "burnin.clock_frequency": {"minimum": 1.0},
        "pairs.latency": {"maximum": 1.0},
        "pairs.bandwidth": {"minimum": 1.0},
        "hpl.flop_rate": {"minimum": 1e18, "per": "machine"},
    }
    (site.folder / "contract.yaml").write_text(json.dumps(contract))
    return site


@pytest.fixture
def limited_node2(batch: Slurm) -> Iterator[None]:
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


@pytest.fixture
def loaded_node2(batch: Slurm) -> Iterator[None]:
    """Ranks on node2 have their core for a sixth of the time."""
    node = batch.machines["node2"]
    with subprocess.Popen(node.command("sh", "-c", LOAD)) as load:
        yield
        for one in node.processes("pkill -STOP"):
            one.kill()
        load.kill()
    node.run("pkill", "-CONT", "-f", RANK)


def accepted(
    user: User, *words: str, job: tuple[str, ...] = JOB
) -> tuple[int, dict[str, Any], str]:
    """`qyran accept` to its end; no rank is left."""
    done = user("accept", *words, "--json", "--results", str(user.results), before=job)
    user.no_rank_left()
    assert done.out, done.err
    return done.rc, done.json, done.err


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {one["node"]: one["verdict"] for one in found["nodes"]}


def ended(found: dict[str, Any]) -> dict[str, list[str]]:
    return {one["stage"]: [each["ended"] for each in one["nodes"]] for one in found["stages"]}


def test_equal_nodes_are_accepted_by_a_contract(site: User) -> None:
    code, found, said = accepted(
        site, "--allocation", "--stages", "consistency,node", "--contract", "contract.yaml"
    )
    assert (code, verdicts(found)) == (0, {"node1": "accept", "node2": "accept"}), said
    assert found["facts"] == []
    assert found["compared"] > 30


def test_all_five_stages_and_what_the_machine_was_promised(all_stages: User) -> None:
    code, found, said = accepted(all_stages, "--allocation", "--contract", "contract.yaml")
    assert verdicts(found) == {"node1": "accept", "node2": "accept"}, (found, said)
    stages = ("consistency", "node", "burnin", "pairs", "all")
    assert ended(found) == dict.fromkeys(stages, ["passed"] * 2)
    (broken,) = found["promises"]
    assert (code, broken["metric"], broken["verdict"]) == (1, "hpl.flop_rate", "broken")
    assert broken["value"] > 0.0


@pytest.mark.usefixtures("limited_node2")
def test_a_node_that_slurm_runs_on_less_than_a_cpu_is_rejected(site: User) -> None:
    """Its control group is seen at once: nothing needs to be measured on it."""
    shipped = replace(site, tree=None)
    code, found, said = accepted(shipped, "--allocation", "--stages", "consistency")
    assert (code, verdicts(found)) == (1, {"node1": "accept", "node2": "reject"}), said
    assert f"cpu quota {QUOTA:g} CPUs" in found["nodes"][1]["reason"]


@pytest.mark.usefixtures("loaded_node2")
def test_a_node_with_a_competing_load_is_rejected_by_its_numbers(site: User) -> None:
    """It is measured twice, the second time beside the other node."""
    code, found, said = accepted(
        site, "--allocation", "--stages", "consistency,node", "--contract", "contract.yaml"
    )
    assert (code, verdicts(found)) == (1, {"node1": "accept", "node2": "reject"}), said
    slow = found["nodes"][1]
    assert "below offer" in slow["reason"]
    assert "confirmed by re-measurement beside node1" in slow["reason"]
    assert slow["repeat"].startswith(
        "qyran accept node2,node1 --stages consistency,node --contract"
    )
    assert ended(found) == {"consistency": ["passed"] * 2, "node": ["passed", "rejected"]}


@pytest.mark.usefixtures("loaded_node2")
def test_from_outside_by_jobs_of_the_queue(site: User) -> None:
    """A job for each node; what the nodes are is told by these jobs."""
    code, found, said = accepted(
        site, "node[1-2]", "--stages", "consistency,node", "--contract", "contract.yaml", job=()
    )
    assert (code, verdicts(found)) == (1, {"node1": "accept", "node2": "reject"}), said
    assert list(ended(found)) == ["node", "consistency"]
    assert "confirmed by re-measurement beside node1" in found["nodes"][1]["reason"]


def test_a_node_that_slurm_does_not_know_keeps_no_other_from_being_measured(site: User) -> None:
    words = ("node[0-1]", "--stages", "node", "--contract", "contract.yaml")
    for more in (words, ("--resume", "last")):
        code, found, said = accepted(site, *more, job=())
        assert (code, verdicts(found)) == (3, {"node0": "not tested", "node1": "accept"}), said
        reasons = {one["node"]: one["reason"] for one in found["nodes"]}
        assert "Invalid node name" in reasons["node0"]
    done = site("accept", "node0", "--stages", "node", "--results", str(site.results))
    done.complains(3, "Invalid node name", "qyran accept --resume")
    assert [one["state"] for one in site.results_of("status").json["jobs"]] == ["held back"] * 2


def test_a_node_whose_job_never_begins_is_not_tested(site: User, batch: Slurm) -> None:
    batch.update("node2", "state=drain", "reason=test")
    words = ("node[1-2]", "--stages", "node", "--timeout", "12", "--contract", "contract.yaml")
    code, found, said = accepted(site, *words, job=())
    batch.update("node2", "state=resume")
    assert (code, verdicts(found)) == (3, {"node1": "accept", "node2": "not tested"}), said
    assert "did not begin in time" in found["nodes"][1]["reason"]
    assert batch.jobs() == []
