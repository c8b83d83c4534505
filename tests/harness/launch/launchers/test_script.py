"""A batch system that a site describes; the example of docs/jobs.md is tried here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.config import cluster as clusters
from harness.config.validate import validated
from harness.config.yaml_file import parse
from harness.errors import ConfigError
from harness.launch import listing
from harness.launch.contract import Allocation, Job, Report, State
from harness.launch.launchers import script
from tests.harness.launch.conftest import checked, directives, marker, run

Make = Callable[..., Job]
ROOT = Path(__file__).parents[4]


def of_docs(language: str, mark: str) -> str:
    """The block of docs/jobs.md in this language that holds a mark."""
    blocks = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8").split(f"```{language}\n")[1:]
    return next(text for text in (one.partition("```")[0] for one in blocks) if mark in text)


@pytest.fixture
def lsf(tmp_path: Path) -> Any:
    """The example of the documentation: LSF."""
    (tmp_path / "lsf.sh").write_text(of_docs("bash", "#BSUB"))
    document = parse(of_docs("yaml", "kind: script"), "cluster.yaml")
    file = validated(clusters.ClusterFile, document, clusters.SCHEMA)
    return listing.queue(file.clusters["kaznu"].launcher, "script", tmp_path)


def test_the_cluster_of_the_documentation() -> None:
    document = parse(of_docs("yaml", "kind: slurm"), "cluster.yaml")
    cluster = validated(clusters.ClusterFile, document, clusters.SCHEMA).clusters["kaznu"]
    assert cluster.launcher.prologue == ("module load openmpi/5",)
    assert len(cluster.partitions["cpu"].hosts) == 64


def described(template: str, folder: Path, **commands: Any) -> script.Described:
    (folder / "t.sh").write_text(template)
    given = clusters.Commands(**{"submit": ("send",), **commands})
    launcher = clusters.Launcher(kind="script", template="t.sh", commands=given)
    return script.configured(launcher, folder)


def test_the_nodes_that_the_template_has_named() -> None:
    assert script.allocation(("n1",), {}) is None
    assert script.allocation((), {"QYRAN_JOB": "17"}) is None
    job = {"QYRAN_JOB": "17", "QYRAN_HOSTS": "n1 n1\nn2"}
    assert script.allocation((), job) == Allocation("script", ("n1", "n2"), "17")


def test_the_example_of_the_documentation(lsf: Any, a_job: Make, golden: Any) -> None:
    text = checked(lsf.script(a_job()))
    golden("lsf.sh", text)
    found = directives(text, "#BSUB")
    assert "-n 256" in found
    assert "-W 90" in found
    assert lsf.submit(Path("/f/job.sh")) == ["bsub"]
    assert lsf.job_id("Job <17> is submitted to queue <cpu>.\n") == "17"
    assert lsf.queries(["17", "18"])[0][-2:] == ["17", "18"]
    assert lsf.reports("17 RUN\n18 PEND\n19 DONE\n20 ZOMBI\n") == {
        "17": Report(State.RUNNING, "RUN"),
        "18": Report(State.QUEUED, "PEND"),
        "19": Report(State.ENDED, "DONE"),
        "20": Report(State.UNKNOWN, "ZOMBI"),
    }
    assert lsf.cancel(["17"]) == ["bkill", "17"]
    assert lsf.nodes("cpu") == []


def test_the_example_really_runs(lsf: Any, a_job: Make, tmp_path: Path) -> None:
    command = ("bash", "-c", 'echo "$QYRAN_JOB on $QYRAN_HOSTS"; exit 4')
    text = lsf.script(a_job(folder=tmp_path, directory=tmp_path, command=command))
    hosts = tmp_path / "hosts"
    hosts.write_text("n1\nn1\nn2\n")
    given = [("LSB_JOBID", "17"), ("LSB_DJOB_HOSTFILE", str(hosts))]
    done = run(text, tmp_path, given)
    assert (done.returncode, done.stdout.split()) == (4, [b"17", b"on", b"n1", b"n2"])
    assert marker(tmp_path)["exit_code"] == 4
    assert (tmp_path / "begun").read_text() == "17\n"


def test_values_are_quoted_for_the_shell_and_refused_in_directives(
    a_job: Make, tmp_path: Path
) -> None:
    job = a_job(folder=tmp_path / "a $(id) b", directory=tmp_path, command=("true",))
    job.folder.mkdir()
    text = described("printf %s ${folder}\necho ${HOME} $$\n${command}\n", tmp_path).script(job)
    done = run(checked(text), tmp_path, [("HOME", "/h")])
    assert done.stdout.startswith(f"{job.folder}/h ".encode())
    with pytest.raises(ConfigError, match=r"t\.sh:2: found .*cannot hold"):
        described("\n#X -o ${output}\n${command}\n", tmp_path).script(job)


def test_an_unknown_value_in_a_directive(a_job: Make, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown \$\{ranks_pernode\}") as caught:
        described("#X ${ranks_pernode}\n${command}\n", tmp_path).script(a_job())
    assert "ranks_per_node" in caught.value.known


def test_a_value_that_is_not_known_is_empty(a_job: Make, tmp_path: Path) -> None:
    text = described("#X ${time}|${queue}|${hosts}|\n${command}\n", tmp_path).script(
        a_job(time_s=None, queue=None)
    )
    assert text.splitlines()[0] == "#X |||"


@pytest.mark.parametrize(
    "template", ["", "#!/bin/bash\n", "${command}\n${command}\n", "x ${command}"]
)
def test_a_template_without_a_place_for_the_command(
    a_job: Make, tmp_path: Path, template: str
) -> None:
    with pytest.raises(ConfigError, match=r"no line \$\{command\}"):
        described(template, tmp_path).script(a_job())


def test_a_template_that_cannot_be_read(a_job: Make, tmp_path: Path) -> None:
    made = described("", tmp_path)
    (tmp_path / "t.sh").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        made.script(a_job())
    (tmp_path / "t.sh").unlink()
    with pytest.raises(ConfigError, match=r"t\.sh: cannot be read"):
        made.script(a_job())


def test_what_cluster_yaml_must_say(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs a template and commands"):
        script.configured(clusters.Launcher(kind="script"), tmp_path)


def test_words_and_patterns_of_a_site(tmp_path: Path) -> None:
    made = described(
        "${command}\n",
        tmp_path,
        submit=("send", "--file", "${script}"),
        status=("ask", "--all"),
        state=r"job=(?P<job>\d+).*is (?P<word>\w+)",
        running=("up",),
    )
    assert made.submit(Path("/f/job.sh")) == ["send", "--file", "/f/job.sh"]
    assert made.job_id("sent: 17\n") == "17"
    with pytest.raises(ValueError, match="printed nothing like"):
        made.job_id("\n")
    assert made.queries(["1", "2"]) == [["ask", "--all"]]
    assert made.reports("job=17 that is up\nnoise\n") == {"17": Report(State.RUNNING, "up")}
    assert not made.denies("no such job")
    with pytest.raises(ConfigError, match="no command that cancels"):
        made.cancel(["1"])
    assert described("", tmp_path).queries(["1"]) == []


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        ("{submit: x, job_id: '(['}", "is no regular expression"),
        ("{submit: x, job_id: 'abc'}", "has no group"),
        ("{submit: x, state: '(a)(b)'}", r"has no groups \(\?P<job>"),
        ("{submit: []}", "submit"),
        ("{status: x}", "'submit' is missing"),
    ],
)
def test_commands_that_cannot_be_used(commands: str, message: str) -> None:
    text = (
        "schema: qyran.cluster/1\ndefault: a\nclusters:\n  a:\n"
        f"    launcher: {{kind: script, template: x, commands: {commands}}}\n"
    )
    with pytest.raises(ConfigError, match=message):
        validated(clusters.ClusterFile, parse(text, "c.yaml"), clusters.SCHEMA)


def test_the_environment() -> None:
    assert script.Described(clusters.Commands(submit=("x",)), Path("t")).clean(
        {"QYRAN_JOB": "1", "QYRAN_HOSTS": "n", "A": "b"}
    ) == {"A": "b"}
