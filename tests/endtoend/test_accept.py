"""Acceptance of hosts that are namespaces of this machine: real runs, killed, resumed, judged."""

from __future__ import annotations

import hashlib
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.endtoend.pair import Site, may_unshare

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

pytestmark = pytest.mark.skipif(
    not may_unshare(), reason="namespaces of host names and mounts need root"
)
SLOW_N3 = 'if [ "$0" = n3 ]; then export FAULTY_SLOWER=2; fi'
NODES = 5


@pytest.fixture
def site(broken: Qyran) -> Site:
    """Five hosts, of which n3 naps twice as long as the others."""
    made = Site(broken)
    made.define(hosts=f"n[1-{NODES}]")
    made.reach(on_each=SLOW_N3)
    suite(made, made.qyran.faulty(nap_s=0.2, ranks=1, repetitions=4))
    return made


def suite(site: Site, *cases: dict[str, Any], stage: str = "node") -> None:
    jobs = site.qyran.folder / "jobs"
    jobs.mkdir(exist_ok=True)
    content = {"schema": "qyran.suite/1", "title": "short", "cases": list(cases)}
    (jobs / f"accept-{stage}.yaml").write_text(json.dumps(content))


def accept(site: Site, *words: str) -> Done:
    done = site.qyran("accept", *words, "--json", "--results", str(site.qyran.results))
    assert site.qyran.left() == []
    return done


def verdicts(done: Done) -> dict[str, str]:
    return {one["node"]: one["verdict"] for one in done.json["nodes"]}


def hashes(site: Site) -> dict[str, str]:
    return {
        one.parent.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in site.qyran.files()
    }


def test_killed_resumed_and_judged(site: Site) -> None:
    """Killed twice in its middle, nothing that was finished is measured again."""
    words = ("accept", "--allocation", "--stages", "consistency,node", "--at-once", "2")
    for number, least in ((signal.SIGKILL, 1), (signal.SIGTERM, 3)):
        running = site.qyran.start_command(*words)
        site.qyran.wait(lambda: _finished(site) >= least)  # noqa: B023 - called at once
        running.send_signal(number)
        out, said = running.communicate(timeout=60)
        site.qyran.wait(lambda: not site.qyran.left(), 30)
        assert running.returncode == (-9 if number == signal.SIGKILL else 130), (out, said)
        words = ("accept", "--resume", "last")
    assert "go on with: qyran accept --resume" in said
    before = hashes(site)
    done = accept(site, "--resume", "last")
    assert before.items() <= hashes(site).items()
    assert done.rc == 1, done.err
    expected = {f"n{i}": "accept" for i in range(1, NODES + 1)} | {"n3": "reject"}
    assert verdicts(done) == expected
    slow = done.json["nodes"][2]
    assert "confirmed by re-measurement beside" in slow["reason"]
    assert slow["repeat"].startswith(f"qyran accept n3,{slow['control']} --stages consistency,node")
    runs = site.qyran("ls", "--json", "--results", str(site.qyran.results)).json["runs"]
    assert len(runs) == NODES + 2
    again = accept(site, "--resume", "last")
    assert (again.rc, again.json["nodes"]) == (1, done.json["nodes"])
    assert "measured" not in again.err


def _finished(site: Site) -> int:
    """Runs that the record of the acceptance has as finished."""
    return sum(
        one.read_text().count('"event":"run"')
        for one in site.qyran.results.glob("*/*/accept.jsonl")
    )


def test_what_cannot_be_measured_is_not_tested_and_the_others_go_on(site: Site) -> None:
    site.reach(on_second="exit 1")
    done = accept(site, "n[1-2]", "--stages", "consistency,node")
    assert done.rc == 3, (done.out, done.err)
    assert verdicts(done)["n2"] == "not tested"
    assert "did not answer" in done.json["nodes"][1]["reason"]
    short = done.json["id"].rpartition("-")[2]  # with the runs of all its stages
    assert f"qyran accept --runs tag:accept-{short} --contract FILE" in done.json["advice"]
    stages = {one["stage"]: [each["node"] for each in one["nodes"]] for one in done.json["stages"]}
    assert stages == {"consistency": ["n1", "n2"], "node": ["n1"]}


def test_each_block_is_measured_by_itself_and_then_all_nodes(site: Site) -> None:
    site.define(hosts=f"n[1-{NODES}]", blocks="left: ['n[1-2]'], right: [n3]")
    case = site.qyran.faulty(nap_s=0.01, repetitions=2)
    suite(site, {**case, "ranks_per_node": 1}, stage="all")
    done = accept(site, "n[1-3]", "--stages", "all")
    assert done.json["stages"], (done.out, done.err)
    ranks = {
        "-".join(header["tags"][-1].split("-")[2:]): header["cases"][0]["geometry"]["ranks"]
        for one in sorted(site.qyran.results.glob("*/*/run.yaml"))
        for header in [yaml.safe_load(one.read_text())]
    }
    assert ranks == {"all-left": 2, "all": 3}  # a block of one node is none


def test_a_single_node_of_which_nothing_is_measured_is_not_accepted(site: Site) -> None:
    for stages in ("consistency", "pairs,all"):
        done = accept(site, "n1", "--stages", stages)
        assert (done.rc, verdicts(done)) == (4, {"n1": "re-test"}), (done.out, done.err)
        assert "nothing was measured" in done.json["nodes"][0]["reason"]
        assert done.json["compared"] == 0
    assert {one["reason"] for one in done.json["stages"]} == {
        "not measured: it takes 2 nodes, and 1 came to it"
    }
    assert "pairs: not measured: it takes 2 nodes" in done.err


def test_usage(site: Site, tmp_path: Path) -> None:
    accept(site, "n9").complains(2, "n9 is none of the nodes", "n1, n2")
    accept(site, "n1", "--stages", "nodes").complains(2, "unknown stage 'nodes'", "did you mean")
    accept(site, "n1", "--from", "x.csv").complains(2, "give one of them")
    accept(site, "--resume", "zzz").complains(2, "no acceptance 'zzz'")
    accept(site, "--resume", "last", "--contract", "c.yaml").complains(
        2, "--contract", "not heeded"
    )
    accept(site, "--from", "x.csv", "--stages", "node").complains(2, "--stages: is for nodes")
    accept(site, "n1", "--nodes", "n1").complains(2, "name the nodes as NODES")
    accept(site, "--from", "x.csv", "--nodes", "").complains(2, "--nodes: names no node")
    accept(site, "").complains(2, "NODES: names no node")
    accept(site, "n[5-1]").complains(2, "counts down; write 1-5")
    accept(site, "n1", "--contract", str(tmp_path / "no.yaml")).complains(2, "no.yaml")
    assert not list(site.qyran.results.glob("*/*"))


def test_a_run_keeps_to_its_hosts(site: Site) -> None:
    done = site.qyran.run("faulty", "--ranks", "1", "--repeat", "2", "--hosts", "n4")
    assert done.outcomes == ["pass"], done.err
    assert done.json["cases"][0]["placement"]["groups"][0]["hosts"] == ["n4"]
    site.qyran.run("faulty", "--hosts", "n7").complains(2, "n7 is none of the nodes", "n1, n2")
