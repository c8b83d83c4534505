"""PBS: its scripts, and what its programs print."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.launch.contract import Allocation, Job, Report, State
from harness.launch.launchers import pbs
from tests.harness.launch.conftest import checked, directives

Make = Callable[..., Job]
Golden = Callable[[str, str], None]


def test_pbs_has_those_of_its_nodefile(tmp_path: Path) -> None:
    assert pbs.allocation((), {}) is None
    file = tmp_path / "nodes"
    file.write_text("n1\nn1\nn2\nn2\n")
    job = {"PBS_JOBID": "17.head", "PBS_NODEFILE": str(file)}
    assert pbs.allocation((), job) == Allocation("pbs", ("n1", "n2"), "17.head")


def test_a_script(a_job: Make, golden: Golden) -> None:
    golden("pbs.sh", checked(pbs.script(a_job())))


def test_a_script_with_all_a_site_can_ask_for(a_job: Make, golden: Golden) -> None:
    job = a_job(
        name="my suite",
        hosts=("node07", "node09"),
        options=("-A physics", "-l software=x"),
        prologue=("module purge", "module load openmpi/5"),
        environment={"OMPI_MCA_btl": "^openib"},
    )
    golden("pbs-site.sh", checked(pbs.script(job)))


def test_nothing_is_left_to_a_default(a_job: Make) -> None:
    found = directives(pbs.script(a_job(time_s=None, queue=None)), "#PBS")
    assert "-l select=2:ncpus=128:mpiprocs=64:ompthreads=2" in found
    assert "-l place=scatter:excl" in found
    assert not [one for one in found if one.startswith(("-q", "-l walltime"))]


@pytest.mark.parametrize(
    "changes", [{"queue": "a b"}, {"queue": "-x"}, {"hosts": ("n1\n",)}, {"options": ("a\nb",)}]
)
def test_what_a_script_cannot_hold(a_job: Make, changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        pbs.script(a_job(**changes))


@pytest.mark.parametrize("printed", ["17.head\n", "hook says hi\n17.head\n"])
def test_the_id(printed: str) -> None:
    assert pbs.job_id(printed) == "17.head"


@pytest.mark.parametrize("printed", ["", "17", "qsub: error\n", "a.head\n"])
def test_no_id(printed: str) -> None:
    with pytest.raises(ValueError, match="no job id"):
        pbs.job_id(printed)


def test_commands() -> None:
    script = Path("/a b/job.sh")
    assert pbs.submit(script) == ["qsub", "-o", "/a b/job.out", "/a b/job.sh"]
    assert pbs.cancel(["1.h", "2.h"]) == ["qdel", "1.h", "2.h"]
    assert pbs.queries(["1.h"])[0] == ["qstat", "-x", "-f", "-F", "json", "1.h"]
    assert pbs.nodes("cpu")[0] == "pbsnodes"


@pytest.mark.parametrize(
    ("letters", "state"),
    [("QHWT", State.QUEUED), ("RESUB", State.RUNNING), ("FX", State.ENDED), ("M?Z", State.UNKNOWN)],
)
def test_states(letters: str, state: State) -> None:
    for letter in letters:
        printed = json.dumps({"Jobs": {"17.head": {"job_state": letter}}})
        assert pbs.reports(printed) == {"17.head": Report(state, letter)}


# The layout that qstat of PBS Professional prints, shortened.
DOCUMENT = """{
    "timestamp":1763920800,
    "pbs_version":"22.05.11",
    "Jobs":{
        "17.head":{
            "Job_Name":"qyran-quick",
            "job_state":"R",
            "comment":"Job run at Tue Nov 24 at 18:00 on (n1:ncpus=2)",
            "Variable_List":{"PBS_O_HOME":"/home/user"}
        },
        "18.head":{
            "Job_Name":"qyran-quick",
            "job_state":"F",
            "Exit_status":271
        }
    }
}
"""


def test_a_document() -> None:
    assert pbs.reports(DOCUMENT) == {
        "17.head": Report(State.RUNNING, "R", "Job run at Tue Nov 24 at 18:00 on (n1:ncpus=2)"),
        "18.head": Report(State.ENDED, "F", "Exit_status 271"),
    }


def test_a_document_with_a_bad_escape_or_cut_off() -> None:
    bad = DOCUMENT.replace("/home/user", "a\\x \\q")
    expected = {"17.head": Report(State.RUNNING, "R"), "18.head": Report(State.ENDED, "F")}
    assert pbs.reports(bad) == expected
    cut = DOCUMENT[: DOCUMENT.index('"18.head"') + 14]
    assert pbs.reports(cut) == {"17.head": expected["17.head"]}


@pytest.mark.parametrize(
    "printed", ["", "{}", "[]", "null", '{"Jobs": 5}', '{"Jobs": {"1.h": 5}}', "<html>", "\0"]
)
def test_what_cannot_be_read_is_passed_over(printed: str) -> None:
    assert pbs.reports(printed) == {}
    assert pbs.states_of_nodes(printed) == {}


def test_what_it_has_forgotten() -> None:
    assert pbs.denies("qstat: Unknown Job Id 17.head\n")
    assert not pbs.denies("Connection refused\nqstat: cannot connect to server head\n")


def test_nodes() -> None:
    states = {"n1": "job-exclusive", "n2": "free", "n3": "down,offline", "n4": "state-unknown"}
    printed = json.dumps({"nodes": {name: {"state": one} for name, one in states.items()}})
    assert pbs.states_of_nodes(printed) == {"n1": False, "n2": True}


def test_the_environment() -> None:
    given = {"PBS_JOBID": "1", "PBS_O_HOME": "/", "PBS_CONF_FILE": "/etc/pbs.conf", "PATH": "/bin"}
    assert pbs.clean(given) == {"PBS_CONF_FILE": "/etc/pbs.conf", "PATH": "/bin"}
