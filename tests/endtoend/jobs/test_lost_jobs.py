"""Jobs that are lost, and batch systems that are away; resume."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.endtoend.jobs.batch import FAKE, Site, folder


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
        [sys.executable, str(FAKE), "run", "1"],
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
