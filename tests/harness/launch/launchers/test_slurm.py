"""Slurm: its scripts, and what its programs print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.launch.contract import Allocation, Job, Report, State
from harness.launch.launchers import slurm
from tests.harness.launch.conftest import checked, directives

Make = Callable[..., Job]
Golden = Callable[[str, str], None]


def test_slurm_has_those_of_its_job() -> None:
    assert slurm.allocation(("n1",), {}) is None
    job = {"SLURM_JOB_ID": "17", "SLURM_JOB_NODELIST": "n[09-10]"}
    assert slurm.allocation((), job) == Allocation("slurm", ("n09", "n10"), "17")


def test_a_script(a_job: Make, golden: Golden) -> None:
    golden("slurm.sh", checked(slurm.script(a_job())))


def test_a_script_with_all_a_site_can_ask_for(a_job: Make, golden: Golden) -> None:
    job = a_job(
        name="my suite",
        nodes=1,
        hosts=("node07",),
        options=("--account=физика 1", "--constraint=hdr"),
        prologue=("module purge", "module load openmpi/5"),
        environment={"OMPI_MCA_btl": "^openib"},
    )
    golden("slurm-site.sh", checked(slurm.script(job)))


def test_nothing_is_left_to_a_default(a_job: Make) -> None:
    found = directives(slurm.script(a_job(time_s=None, queue=None)), "#SBATCH")
    for wanted in (
        "--nodes=2",
        "--ntasks-per-node=64",
        "--cpus-per-task=2",
        "--exclusive",
        "--signal=B:TERM@60",
        "--requeue",
        "--export=ALL",
    ):
        assert found.count(wanted) == 1
    assert not [one for one in found if one.startswith(("--time", "--partition", "--nodelist"))]


@pytest.mark.parametrize(
    "changes", [{"queue": "a b"}, {"queue": "-x"}, {"hosts": ("n1\n",)}, {"options": ("a\nb",)}]
)
def test_what_a_script_cannot_hold(a_job: Make, changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        slurm.script(a_job(**changes))


@pytest.mark.parametrize("printed", ["17\n", "17;kaznu\n", "sbatch: lua: hello\n17\n", "17"])
def test_the_id(printed: str) -> None:
    assert slurm.job_id(printed) == "17"


@pytest.mark.parametrize("printed", ["", "Submitted", "17 jobs\n", "error: 17\n"])
def test_no_id(printed: str) -> None:
    with pytest.raises(ValueError, match="no job id"):
        slurm.job_id(printed)


def test_commands() -> None:
    script = Path("/a b/job.sh")
    assert slurm.submit(script) == ["sbatch", "--parsable", "--chdir=/a b", "/a b/job.sh"]
    assert slurm.cancel(["1", "2"]) == ["scancel", "1", "2"]
    programs = [one[0] for one in slurm.queries(["1", "2"])]
    assert programs == ["squeue", "scontrol", "scontrol", "sacct"]
    assert "--partition=cpu" in slurm.nodes("cpu")


OF_STATES = {
    State.QUEUED: ["PENDING", "REQUEUED", "REQUEUE_HOLD", "SPECIAL_EXIT"],
    State.RUNNING: ["RUNNING", "SUSPENDED", "COMPLETING", "CONFIGURING", "STOPPED", "RESIZING"],
    State.ENDED: [
        "COMPLETED",
        "CANCELLED",
        "FAILED",
        "TIMEOUT",
        "NODE_FAIL",
        "PREEMPTED",
        "DEADLINE",
        "OUT_OF_MEMORY",
        "BOOT_FAIL",
    ],
    State.UNKNOWN: ["HIBERNATING"],
}


@pytest.mark.parametrize(
    ("state", "word"), [(state, word) for state, words in OF_STATES.items() for word in words]
)
def test_states(state: State, word: str) -> None:
    assert slurm.reports(f"17|{word}|None\n") == {"17": Report(state, word)}


def test_squeue_scontrol_and_sacct() -> None:
    squeue = "17|PENDING|Resources\n18|RUNNING|None\n19|PENDING|(ReqNodeNotAvail, May be n2)\n"
    assert slurm.reports(squeue) == {
        "17": Report(State.QUEUED, "PENDING", "Resources"),
        "18": Report(State.RUNNING, "RUNNING"),
        "19": Report(State.QUEUED, "PENDING", "(ReqNodeNotAvail, May be n2)"),
    }
    scontrol = (
        "JobId=17 JobName=qyran-quick UserId=a(1) Priority=1 Requeue=1 Restarts=2 "
        "JobState=PENDING Reason=BeginTime Dependency=(null)\n"
    )
    assert slurm.reports(scontrol) == {"17": Report(State.QUEUED, "PENDING", "BeginTime")}
    sacct = "17|CANCELLED by 1000|None\n18|NODE_FAIL|None\n19|CANCELLED+|None\n"
    assert {job: one.word for job, one in slurm.reports(sacct).items()} == {
        "17": "CANCELLED",
        "18": "NODE_FAIL",
        "19": "CANCELLED",
    }


@pytest.mark.parametrize(
    "printed", ["", "17", "17|", "17|RUNN", "<html>\n", "\x00\x1b[31m", "a|RUNNING|x", "|||\n"]
)
def test_what_cannot_be_read_is_passed_over(printed: str) -> None:
    assert slurm.reports(printed) == {}
    assert slurm.reports(f"16|RUNNING|None\n{printed}") == {"16": Report(State.RUNNING, "RUNNING")}


def test_what_it_has_forgotten() -> None:
    assert slurm.denies("slurm_load_jobs error: Invalid job id specified\n")
    assert not slurm.denies("slurm_load_jobs error: Unable to contact slurm controller\n")


def test_nodes() -> None:
    printed = (
        "n1|allocated\nn2|idle\nn2|idle\nn3|down*\nn4|idle~\nn5|drained\nn6|mixed\n"
        "n7|idle*\nn8|reserved\nn9|idle+\ngarbage\n"
    )
    found = {"n1": False, "n2": True, "n4": True, "n6": False, "n9": True}
    assert slurm.states_of_nodes(printed) == found


def test_the_environment() -> None:
    given = {
        "SLURM_JOB_ID": "1",
        "SBATCH_PARTITION": "debug",
        "SQUEUE_FORMAT": "%i",
        "SLURMD_NODENAME": "n1",
        "SLURM_CONF": "/etc/slurm.conf",
        "PATH": "/bin",
    }
    assert slurm.clean(given) == {"SLURM_CONF": "/etc/slurm.conf", "PATH": "/bin"}
