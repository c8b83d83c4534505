"""Runs under a batch system, from submit to collect."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.jobs.batch import Site, folder

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran


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


def test_cancel_a_job_that_waits(site: Site) -> None:
    site.tell("hold")
    (job,) = site.submit("faulty")["jobs"]
    (found,) = site.json("cancel", job["run"])["jobs"]
    assert (found["state"], found["exit_code"]) == ("cancelled", 130)
    assert site.job(1)["state"] == "CANCELLED"
    assert site.json("wait", "last", rc=130)["exit_code"] == 130
    assert site("collect", "last").rc == 130


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
