"""Every node by itself: a job each."""

from __future__ import annotations

import subprocess

from tests.endtoend.jobs.batch import Site


def nodes(count: int, *idle: int) -> str:
    return "".join(f"n{i}|{'idle' if i in idle else 'allocated'}\n" for i in range(1, count + 1))


def test_every_node_by_itself(site: Site) -> None:
    """One job a node, idle ones first, no more than may wait, each submitted once."""
    site.tell("hold")
    site.tell("nodes", nodes(6, 5, 2) + "n7|down\n")
    suite = site.qyran.suite(*(site.qyran.faulty(tag=i, ranks=1) for i in range(2)))
    found = site.submit(suite, "--per-node")
    assert [one["hosts"] for one in found["jobs"]] == [[f"n{i}"] for i in (2, 5, 1, 3, 4, 6)]
    assert [one["state"] for one in found["jobs"]] == ["queued"] * 3 + ["held back"] * 3
    assert all(one["run"].startswith(found["submission"]) for one in found["jobs"])
    assert len(site.calls("sbatch")) == 3
    for i, host in enumerate(("n2", "n5", "n1"), start=1):
        assert f"#SBATCH --nodelist={host}\n" in (site.home / f"job-{i}.sh").read_text()
    site("wait", found["submission"], "--timeout", "1").complains(3, "6 of 6 runs go on")
    assert len(site.calls("sbatch")) == 3
    (first,) = site.json("cancel", found["jobs"][0]["run"])["jobs"]
    assert first["state"] == "cancelled"
    site("wait", "last", "--timeout", "1").complains(3, "5 of 6 runs go on")
    assert len(site.calls("sbatch")) == 4
    cancelled = site.json("cancel", "last")["jobs"]
    assert [one["state"] for one in cancelled] == ["cancelled"] * 6
    assert site.json("wait", "last", rc=130)["exit_code"] == 130
    assert len(site.calls("sbatch")) == 4


def test_waiting_ends_if_the_rest_is_refused(site: Site) -> None:
    site.tell("nodes", nodes(2, 1, 2))
    site.tell("hold")
    site.submit("faulty", "--per-node", "--ranks", "1", "--pending", "1")
    site.tell("refuse")
    site.untell("hold")
    site("wait", "last").complains(3, "Invalid account", "qyran wait")
    site.untell("refuse")
    assert site.json("wait", "last")["exit_code"] == 0


def test_nodes_by_themselves_are_collected_together(site: Site) -> None:
    site.tell("nodes", nodes(2, 1, 2))
    site.submit("faulty", "--per-node", "--ranks", "1")
    assert site.json("wait", "last")["exit_code"] == 0
    found = site.json("collect", "last")
    assert [one["outcome"] for one in found["runs"]] == ["pass", "pass"]
    assert found["outcome"] == "pass"
    text = site("collect", "last").out
    assert "2 runs: pass (exit 0)" in text


def test_fifty_nodes_are_fifty_submissions(site: Site) -> None:
    """20 cases on 50 nodes."""
    site.tell("hold")
    site.tell("nodes", nodes(50, *range(1, 51)))
    suite = site.qyran.suite(*(site.qyran.faulty(tag=i, ranks=1) for i in range(20)))
    found = site.submit(suite, "--per-node", "--pending", "50")
    assert len(found["jobs"]) == len(site.calls("sbatch")) == 50
    assert {one["cases"] for one in found["jobs"]} == {20}
    site.json("cancel", "last")
    assert len(site.calls("scancel")) == 1


def test_two_who_wait_submit_each_run_once(site: Site) -> None:
    site.tell("nodes", nodes(4, 1, 2, 3, 4))
    site.submit("faulty", "--per-node", "--ranks", "1", "--pending", "1")
    waiting = [
        subprocess.Popen(
            [site.qyran.command, "wait", "last", "--results", str(site.qyran.results)],
            cwd=site.qyran.folder,
            env=site.qyran.variables(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    assert [one.wait(100) for one in waiting] == [0, 0]
    assert len(site.calls("sbatch")) == 4
