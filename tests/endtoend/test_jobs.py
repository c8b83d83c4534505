"""Runs under a batch system: a stand-in for Slurm's programs really runs the scripts here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import psutil
import pytest

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

HERE = Path(__file__).parent
SCHEMAS = HERE.parent.parent / "harness" / "report" / "schemas"
PROGRAMS = ("sbatch", "squeue", "scontrol", "sacct", "scancel", "sinfo")
CLUSTER = """\
schema: qyran.cluster/1
default: box
clusters:
  box:
    launcher: {{kind: slurm, grace: {grace}, pending: 3, prologue: ['echo "prologue of the site"']}}
    partitions:
      cpu:
        nodes: 4
        queue: compute
        node: {{cores: {cores}, memory: 2 GiB}}
        limits: {{nodes: 3, time: 1 h}}
"""


class Site:
    """A cluster with a batch system."""

    def __init__(self, qyran: Qyran, grace: float = 1.0) -> None:
        self.qyran = qyran
        self.home = qyran.folder / "slurm"
        programs = qyran.folder / "bin"
        for folder in (self.home, programs):
            folder.mkdir()
        source = (HERE / "fake_slurm.py").read_text()
        for name in PROGRAMS:
            (programs / name).write_text(f"#!{sys.executable}\n{source}")
            (programs / name).chmod(0o755)
        path = f"{programs}:{os.environ['PATH']}"
        qyran.environment |= {"PATH": path, "FAKE_SLURM": str(self.home)}
        cluster = CLUSTER.format(grace=grace, cores=qyran.cores)
        (qyran.folder / "cluster.yaml").write_text(cluster)

    def __call__(self, *words: str, **variables: str) -> Done:
        return self.qyran(*words, "--results", str(self.qyran.results), **variables)

    def json(self, *words: str, rc: int = 0) -> Any:
        """The document that a command prints, held against its schema."""
        done = self(*words, "--json")
        assert done.rc == rc, (done.out, done.err)
        schema = SCHEMAS / f"{done.json['schema'].replace('/', '.')}.json"
        jsonschema.validate(done.json, json.loads(schema.read_text()))
        return done.json

    def submit(self, *words: str, rc: int = 0) -> Any:
        return self.json("submit", *words, rc=rc)

    def tell(self, what: str, text: str = "") -> None:
        (self.home / what).write_text(text)

    def untell(self, what: str) -> None:
        (self.home / what).unlink()

    def calls(self, program: str) -> list[list[str]]:
        """The calls of a program so far."""
        lines = (self.home / "calls").read_text().splitlines()
        return [words[1:] for words in map(json.loads, lines) if words[0] == program]

    def job(self, number: int) -> Any:
        return json.loads((self.home / f"job-{number}.json").read_text())

    def state(self, name: str = "last") -> str:
        (job,) = self.json("status", name)["jobs"]
        return str(job["state"])

    def end(self) -> None:
        """End what is left of jobs; nothing may be left of runs."""
        for one in self.home.glob("job-*.json"):
            pid = json.loads(one.read_text())["pid"]
            if pid and psutil.pid_exists(pid):
                os.killpg(pid, signal.SIGKILL)
        for process in psutil.process_iter():
            if any(str(self.qyran.folder / "bin") in word for word in _command(process)):
                process.kill()


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@pytest.fixture
def site(broken: Qyran) -> Iterator[Site]:
    made = Site(broken)
    yield made
    made.end()


def folder(job: Any) -> Path:
    return Path(job["path"])


def test_from_submit_to_collect(site: Site) -> None:
    suite = site.qyran.suite(site.qyran.faulty(ranks=2, sweep={"tag": [1, 2]}), name="my suite")
    found = site.submit(suite, "--set", "fault=none")
    (job,) = found["jobs"]
    assert (job["job"], job["nodes"], job["ranks_per_node"], job["threads"]) == ("1", 1, 2, 1)
    assert job["run"] == found["submission"]
    assert site.json("wait", "last")["exit_code"] == 0
    shown = site.json("collect", job["run"])
    (run,) = shown["runs"]
    assert [one["outcome"] for one in run["cases"]] == ["pass", "pass"]
    assert (shown["outcome"], shown["exit_code"], run["run"]) == ("pass", 0, job["run"])
    assert site.json("show", job["run"])["cases"] == run["cases"]
    assert site.json("status")["jobs"] == []
    (line,) = site.json("ls")["runs"]
    assert (line["outcome"], line["recorded"]) == ("pass", 2)
    assert "prologue of the site" in (folder(job) / "job.out").read_text()
    record = json.loads((folder(job) / "job.json").read_text())
    assert record["schema"] == "qyran.job/1"
    assert (record["job"], record["scheduler"], record["queue"]) == ("1", "slurm", "compute")
    assert len(site.calls("sbatch")) == 1
    assert site.qyran.left() == []


def test_a_dry_run_prints_the_script_and_makes_nothing(site: Site) -> None:
    words = ["submit", "faulty", "--set", "fault=none", "--time", "20 min", "--ranks", "1"]
    done = site(*words, "--dry-run")
    assert done.rc == 0
    assert not site.qyran.results.exists()
    assert not (site.home / "calls").exists()
    subprocess.run(["bash", "-n"], input=done.out, text=True, check=True)
    site.tell("hold")
    (job,) = site.submit(*words[1:])["jobs"]
    script = (folder(job) / "job.sh").read_text()
    name = next(one for one in done.out.splitlines() if one.startswith("folder="))
    dry = name.rpartition("/")[2].strip("'")
    assert done.out == script.replace(job["run"], dry)
    assert "#SBATCH --time=00:20:00\n" in script
    (rendered,) = site.submit(*words[1:], "--dry-run")["scripts"]
    assert rendered.count("\n") == script.count("\n")


def test_what_runs_is_what_was_submitted(site: Site) -> None:
    """Files that change while the job waits do not change it."""
    suite = site.qyran.suite(site.qyran.faulty(ranks=1))
    site.tell("hold")
    site.submit(suite, "--repeat", "3")
    Path(suite).write_text("damaged")
    (site.qyran.folder / "cluster.yaml").write_text("damaged")
    assert site.state() == "queued"
    site.untell("hold")
    assert site.json("wait", "last")["exit_code"] == 0
    (case,) = site.json("collect", "last")["runs"][0]["cases"]
    assert (case["outcome"], case["ranks"]) == ("pass", 1)


def test_a_run_that_has_not_begun_is_shown_as_that(site: Site) -> None:
    site.tell("hold")
    (job,) = site.submit("faulty")["jobs"]
    (line,) = site.json("ls")["runs"]
    assert (line["run"], line["outcome"], line["cases"]) == (job["run"], "queued", 1)
    (case,) = site.json("show", "last")["cases"]
    assert (case["outcome"], case["reason"]) == ("skipped", "slurm job 1 is queued")
    assert "queued" in site("ls").out
    assert "queued" in site("show").out


def test_the_exit_code_is_that_of_the_run(site: Site) -> None:
    site.submit("faulty", "--set", "fault=wrong")
    assert site.json("wait", "last", rc=5)["exit_code"] == 5
    assert site.json("collect", "last", rc=5)["outcome"] == "wrong"


def test_a_job_that_cannot_start_qyran(site: Site) -> None:
    """The end marker is the shell's."""
    site.tell("hold")
    (job,) = site.submit("faulty")["jobs"]
    script = site.home / "job-1.sh"
    script.write_text(script.read_text().replace(sys.executable, "/no/such/python"))
    site.untell("hold")
    found = site.json("wait", "last", rc=3)["jobs"][0]
    assert (found["state"], found["exit_code"]) == ("ended", 3)
    assert "127: command not found; see job.out" in found["reason"]
    (case,) = site.json("collect", job["run"], rc=3)["runs"][0]["cases"]
    assert "127" in case["reason"]
    assert "/no/such/python" in (folder(job) / "job.out").read_text()


def test_cancel_a_job_that_waits(site: Site) -> None:
    site.tell("hold")
    (job,) = site.submit("faulty")["jobs"]
    (found,) = site.json("cancel", job["run"])["jobs"]
    assert (found["state"], found["exit_code"]) == ("cancelled", 130)
    assert site.job(1)["state"] == "CANCELLED"
    assert site.json("wait", "last", rc=130)["exit_code"] == 130
    assert site("collect", "last").rc == 130


def test_cancel_while_the_batch_system_is_away(site: Site) -> None:
    """The job is told by its folder when it starts."""
    site.tell("hold")
    (job,) = site.submit("faulty")["jobs"]
    site.tell("outage")
    assert "Unable to contact" in " ".join(site.json("cancel", job["run"], rc=3)["notes"])
    site.untell("outage")
    site.untell("hold")
    (found,) = site.json("wait", "last", rc=130)["jobs"]
    assert (found["state"], found["recorded"]) == ("cancelled", 0)


def test_cancel_a_job_that_runs_keeps_what_it_measured(site: Site) -> None:
    suite = site.qyran.suite(site.qyran.faulty(), site.qyran.faulty("hangs", tag=2))
    (job,) = site.submit(suite)["jobs"]
    site.qyran.wait_for("end", times=1)
    site.qyran.wait(lambda: site.qyran.journal().count('"event": "case"') >= 2)
    site.json("cancel", job["run"])
    (found,) = site.json("wait", "last", rc=130)["jobs"]
    assert (found["state"], found["recorded"]) == ("cancelled", 2)
    cases = site.json("collect", "last", rc=130)["runs"][0]["cases"]
    assert cases[0]["outcome"] == "pass"
    assert site.qyran.left() == []


def test_a_job_that_was_lost(site: Site) -> None:
    site.tell("hold")
    (job,) = site.submit("faulty")["jobs"]
    site.tell("word", "NODE_FAIL")
    (found,) = site.json("wait", job["run"], rc=3)["jobs"]
    assert (found["state"], found["exit_code"]) == ("lost", 3)
    assert found["reason"] == "NODE_FAIL, without an end marker; it never began"
    shown = site.json("collect", "last", rc=3)
    (case,) = shown["runs"][0]["cases"]
    assert (case["outcome"], shown["outcome"]) == ("infra", "infra")
    assert "slurm job 1 is lost: NODE_FAIL" in case["reason"]


def test_a_marker_that_comes_late_counts(site: Site) -> None:
    site.tell("hold")
    site.submit("faulty")
    site.tell("forget")
    assert site.json("wait", "last", rc=3)["jobs"][0]["state"] == "lost"
    site.untell("hold")
    site.qyran.wait(lambda: site.state() == "ended")
    assert site.json("collect", "last")["outcome"] == "pass"


def test_a_job_that_is_requeued_goes_on_with_what_was_begun(site: Site) -> None:
    suite = site.qyran.suite(site.qyran.faulty(), site.qyran.faulty("hangs", tag=2, budget=60))
    (job,) = site.submit(suite)["jobs"]
    site.qyran.wait(lambda: site.qyran.journal().count('"event": "case"') >= 2)
    os.killpg(site.job(1)["pid"], signal.SIGKILL)  # the node fails
    site.qyran.wait(lambda: site.qyran.left() == [])
    site.tell("hold")
    site.tell("word", "PENDING")
    assert site.state() == "queued"
    (waiting,) = site.json("status")["jobs"]
    assert "to be started again" in waiting["reason"]
    again = site.job(1) | {"state": "PENDING", "pid": 0}
    (site.home / "job-1.json").write_text(json.dumps(again))
    site.untell("hold")
    site.untell("word")
    with subprocess.Popen(
        [sys.executable, str(HERE / "fake_slurm.py"), "run", "1"],
        env=site.qyran.variables(),
        start_new_session=True,
    ) as runner:
        site.qyran.wait((folder(job) / "run.yaml").exists)
        site.qyran.wait(lambda: bool(site.qyran.ranks()))
        site.json("cancel", job["run"])
        runner.wait(60)
    (found,) = site.json("wait", "last", rc=130)["jobs"]
    assert found["recorded"] >= 1
    cases = site.json("collect", "last", rc=130)["runs"][0]["cases"]
    assert cases[0]["outcome"] == "pass"


def test_resume_attaches_to_a_job_that_waits(site: Site) -> None:
    site.tell("hold")
    suite = site.qyran.suite(site.qyran.faulty(ranks=1))
    site.submit(suite)
    command = [site.qyran.command, "resume", "--json", "--results", str(site.qyran.results)]
    running = subprocess.Popen(
        command,
        cwd=site.qyran.folder,
        env=site.qyran.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    site.qyran.wait(lambda: bool(site.calls("squeue")))
    assert running.poll() is None
    site.untell("hold")
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, (out, err)
    assert "attached to slurm job 1, which is queued" in err
    assert len(site.calls("sbatch")) == 1


def test_resume_submits_a_lost_run_again_and_keeps_what_it_measured(site: Site) -> None:
    one = site.qyran.faulty(tag=1, ranks=1)
    slow = site.qyran.faulty(tag=2, nap_s=0.3, repetitions=40)
    site.submit(site.qyran.suite(one, slow))
    site.qyran.wait(lambda: len(site.qyran.files()) == 1)
    site.qyran.wait(lambda: '"sample"' in site.qyran.journal())
    os.killpg(site.job(1)["pid"], signal.SIGKILL)
    site.tell("word", "NODE_FAIL")
    assert site.json("wait", "last", rc=3)["jobs"][0]["state"] == "lost"
    (file,) = site.qyran.files()
    before = file.read_bytes()
    site.untell("word")
    done = site("resume", "last", "--json")
    assert done.rc == 0, (done.out, done.err)
    assert "submitted again, as slurm job 2" in done.err
    assert file.read_bytes() == before
    assert len(site.calls("sbatch")) == 2
    shown = site.json("collect", "last")
    assert [one["outcome"] for one in shown["runs"][0]["cases"]] == ["pass", "pass"]
    again = site("resume", "last", "--json")
    assert again.rc == 0
    assert len(site.calls("sbatch")) == 2


@pytest.mark.parametrize("trouble", ["outage", "garbage"])
def test_an_outage_of_the_batch_system(site: Site, trouble: str) -> None:
    """A note says so; the run is good all the same."""
    site.tell("hold")
    site.submit("faulty")
    site.tell(trouble)
    found = site.json("status", "last")
    assert found["jobs"][0]["state"] == "queued"
    assert any(word in " ".join(found["notes"]) for word in ("Unable to contact", "can be read"))
    waiting = subprocess.Popen(
        [site.qyran.command, "wait", "last", "--results", str(site.qyran.results)],
        cwd=site.qyran.folder,
        env=site.qyran.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(1.0)
    assert waiting.poll() is None
    site.untell("hold")
    out, err = waiting.communicate(timeout=100)
    assert waiting.returncode == 0
    assert "ended, exit 0" in out
    assert "note: " in err


def test_waiting_no_longer_than_asked(site: Site) -> None:
    site.tell("hold")
    site.submit("faulty")
    began = time.monotonic()
    site("wait", "last", "--timeout", "1").complains(3, "--timeout", "1 of 1 runs go on", "wait")
    assert time.monotonic() - began < 10


def test_a_submission_that_is_refused_leaves_nothing(site: Site) -> None:
    site.tell("refuse")
    site("submit", "faulty").complains(3, "not submitted", "Invalid account")
    assert list(site.qyran.results.glob("*/*")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["faulty", "--set", "fualt=x"], "unknown parameter 'fualt'"),
        (["faulty", "--ranks", "4096"], "4096 ranks"),
        (["faulty", "--nodes", "4"], "at most 3"),
        (["faulty", "--nodes", "5"], "asks for 5 nodes"),
        (["faulty", "--time", "2 h"], "at most 3600 s"),
        (["faulty", "--partition", "gpu"], "unknown partition 'gpu'"),
        (["faulty", "--launcher", "local"], "has no queue"),
        (["faulty", "--nodes", "1,2", "--per-node"], "one number together with --per-node"),
    ],
)
def test_errors_come_before_anything_is_queued(site: Site, words: list[str], said: str) -> None:
    site.tell("nodes", "n1|idle\n")
    site("submit", *words).complains(2, said)
    assert not site.qyran.results.exists()
    assert not (site.home / "calls").exists() or site.calls("sbatch") == []


def test_run_outside_of_a_job_says_what_to_type(site: Site) -> None:
    site("run", "faulty").complains(2, "qyran submit faulty")


def test_runs_that_were_not_submitted(site: Site) -> None:
    site("wait", "last").complains(2, "holds no submitted runs", "qyran submit")
    site("run", "faulty", "--launcher", "local")
    site("wait", "last").complains(2, "holds no submitted runs")
    site.tell("hold")
    site.submit("faulty")
    (local,) = [one["run"] for one in site.json("ls")["runs"] if one["outcome"] == "pass"]
    site("wait", local).complains(2, "was not submitted", "qyran show")


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
    site.submit("faulty", "--per-node", "--ranks", "1", "--pending", "1")
    site.tell("refuse")
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


def test_an_outer_job_does_not_change_a_submission(site: Site) -> None:
    site.tell("hold")
    outer = {"SLURM_JOB_ID": "99", "SLURM_JOB_NODELIST": "x[1-9]", "SBATCH_PARTITION": "debug"}
    done = site("submit", "faulty", "--json", **outer)
    assert done.rc == 0, done.err
    (job,) = done.json["jobs"]
    assert (job["nodes"], job["job"]) == (1, "1")


SEND = """\
import os, subprocess, sys
script = sys.stdin.buffer.read()
told = dict(os.environ, BATCH_ID="17", BATCH_NODES=os.uname().nodename)
process = subprocess.Popen(
    ["bash", "-c", script], env=told, stdin=subprocess.DEVNULL,
    stdout=open("sent.out", "wb"), stderr=subprocess.STDOUT, start_new_session=True,
)
print(f"sent: <{process.pid}>")
"""
TEMPLATE = """\
#!/bin/bash
#BATCH name=${name} cpus=${cpus}
export QYRAN_JOB=$BATCH_ID QYRAN_HOSTS=$BATCH_NODES
${command}
"""


def test_a_batch_system_that_is_only_described(broken: Qyran) -> None:
    """A template, a command that submits and one that cancels; the folder alone tells the state."""
    site = Site(broken)
    (broken.folder / "send.py").write_text(SEND)
    (broken.folder / "site.sh").write_text(TEMPLATE)
    send = [sys.executable, str(broken.folder / "send.py")]
    commands = {"submit": send, "job_id": "<(\\d+)>", "cancel": ["kill", "--", "${jobs}"]}
    launcher = {"kind": "script", "template": "site.sh", "commands": commands}
    node = {"cores": broken.cores, "memory": "2 GiB"}
    clusters = {"box": {"launcher": launcher, "partitions": {"cpu": {"node": node}}}}
    content = {"schema": "qyran.cluster/1", "default": "box", "clusters": clusters}
    (broken.folder / "cluster.yaml").write_text(json.dumps(content))
    (job,) = site.submit("faulty", "--set", "nap_s=0.01")["jobs"]
    assert (job["scheduler"], job["job"].isdigit()) == ("script", True)
    assert site.json("wait", "last")["exit_code"] == 0
    assert site.json("collect", "last")["outcome"] == "pass"
    assert f"#BATCH name=qyran-faulty cpus={broken.cores}" in (folder(job) / "job.sh").read_text()
    (job,) = site.submit("faulty", "--set", "fault=hangs")["jobs"]
    broken.wait(lambda: '"event": "case"' in broken.journal())
    site.json("cancel", "last")
    (found,) = site.json("wait", "last", rc=130)["jobs"]
    assert (found["state"], found["job"]) == ("cancelled", job["job"])
    assert broken.left() == []
