"""What all batch scripts share: they are run here by bash, as a batch system would."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.launch import job_script
from harness.launch.launchers import pbs, slurm
from tests.harness.launch.conftest import checked, job, marker, run

TELL = (
    "import os, sys; open(sys.argv[1], 'wb').write(b'\\0'.join(map(os.fsencode, sys.argv[2:])))",
)
NASTY = (
    " ",
    "",
    "-n",
    "--",
    "a b",
    "it's",
    '"',
    "a\nb",
    "\\",
    "\\\n",
    "$(touch /tmp/x)",
    "`id`",
    "$HOME",
    "${HOME}",
    "*",
    "~",
    "#SBATCH --nodes=9",
    "\n#SBATCH --nodes=9\n",
    "; exit 7",
    "&",
    "|",
    "!x",
    "қыран",
    "\t",
    "\r",
    "\x01\x7f",
    "\udcff",
    "%s %d",
    "{}",
    "'\"'\"'",
)
words = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=30),
    st.text("'\"`$\\!&|;<>(){}[]*?~#\n\t -=", max_size=20),
)


@pytest.mark.parametrize("system", [slurm, pbs])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(arguments=st.lists(words, max_size=6), folder=words, directory=words, value=words)
def test_every_word_arrives_as_it_is(
    system: object, arguments: list[str], folder: str, directory: str, value: str
) -> None:
    """Whatever users call their suites, folders and values, a program is given just that."""
    root = Path(tempfile.mkdtemp())
    try:
        homes = [root / _as_name(one, i) for i, one in enumerate((folder, directory))]
        for one in homes:
            one.mkdir()
        told = root / "told"
        asked = job(
            name=folder,
            folder=homes[0],
            directory=homes[1],
            command=(sys.executable, "-c", *TELL, str(told), *arguments),
            environment={"QYRAN_TRIAL": value},
        )
        done = run(checked_bytes(system.script(asked)), root)  # type: ignore[attr-defined]
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        found = told.read_bytes()
        assert found == b"\0".join(map(os.fsencode, arguments))
        assert marker(homes[0]) == {"schema": "qyran.end/1", "exit_code": 0}
        assert sorted(one.name for one in homes[0].iterdir()) == ["begun", "end.json"]
    finally:
        shutil.rmtree(root)


def checked_bytes(script: str) -> str:
    subprocess.run(["bash", "-n"], input=os.fsencode(script), capture_output=True, check=True)
    return script


def _as_name(text: str, number: int) -> str:
    """A folder may have any name without a slash, of up to 255 B."""
    return text.replace("/", "_").encode("utf-8", "surrogateescape")[:100].decode(
        "utf-8", "surrogateescape"
    ) + str(number)


def test_a_variable_arrives_as_it_is(tmp_path: Path) -> None:
    for value in NASTY:
        asked = job(
            folder=tmp_path,
            directory=tmp_path,
            command=(sys.executable, "-c", "import os; os.write(1, os.environb[b'TRIAL'])"),
            environment={"TRIAL": value},
        )
        done = run(slurm.script(asked), tmp_path)
        assert (done.returncode, done.stdout) == (0, os.fsencode(value)), done.stderr


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=B", "Ä", "A;id"])
def test_no_other_names_of_variables(name: str) -> None:
    with pytest.raises(ConfigError, match="no name of a variable"):
        job_script.body(job(environment={name: ""}), "JOB")


def test_a_nul_is_refused() -> None:
    with pytest.raises(ConfigError, match="found a NUL"):
        job_script.quoted(["a\0b"])


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("quick", "qyran-quick"),
        ("my suite!", "qyran-my-suite"),
        ("--nodes=9", "qyran-nodes-9"),
        ("a\n#SBATCH --nodes=9", "qyran-a-SBATCH---nodes-9"),
        ("қыран", "qyran"),
        ("", "qyran"),
        ("x" * 300, "qyran-" + "x" * 54),
    ],
)
def test_names_of_jobs(name: str, label: str) -> None:
    assert job_script.label(name) == label


@pytest.mark.parametrize("value", ["", " ", "a b", "a\nb", "-p", "a;b", "$x", "`x`", "ä", "a\tb"])
def test_a_directive_refuses_what_it_cannot_quote(value: str) -> None:
    with pytest.raises(ConfigError, match="queue: found"):
        job_script.plain(value, "queue")


@pytest.mark.parametrize("value", ["", "  ", "a\nb", "a\rb", "a\0"])
def test_a_directive_of_the_site_is_one_line(value: str) -> None:
    with pytest.raises(ConfigError, match="a directive is one line"):
        job_script.line(value, "launcher: submit")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1.0, "00:01:00"), (60.0, "00:01:00"), (61.0, "00:02:00"), (90000.0, "25:00:00")],
)
def test_a_time(seconds: float, text: str) -> None:
    assert job_script.clock(seconds) == text


@pytest.mark.parametrize(
    ("command", "prologue", "status"),
    [
        (("true",), (), 0),
        (("bash", "-c", "exit 5"), (), 5),
        (("/no/such/python", "-m", "x"), (), 127),
        (("/etc/passwd",), (), 126),
        (("bash", "-c", "kill -9 $$"), (), 137),
        (("true",), ("exit 9",), 9),
        (("true",), ("set -e", "false"), 1),
        (("true",), ('echo "$NO_SUCH_VARIABLE"',), 0),
        (("env",), ("PATH=/nowhere",), 127),
    ],
)
def test_the_marker_tells_how_it_ended(
    tmp_path: Path, command: tuple[str, ...], prologue: tuple[str, ...], status: int
) -> None:
    asked = job(folder=tmp_path, directory=None, command=command, prologue=prologue)
    done = run(checked(slurm.script(asked)), tmp_path, [("SLURM_JOB_ID", "17")])
    assert done.returncode == status
    assert marker(tmp_path) == {"schema": "qyran.end/1", "exit_code": status}
    assert (tmp_path / "begun").read_text() == "17\n"


def test_the_prologue_prepares_the_command(tmp_path: Path) -> None:
    asked = job(
        folder=tmp_path,
        directory=tmp_path,
        command=("bash", "-c", 'echo "$A"'),
        prologue=("module() { :; }", "export A='b c'", "module load gcc"),
    )
    assert run(checked(slurm.script(asked)), tmp_path).stdout == b"b c\n"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    asked = job(folder=tmp_path, directory=tmp_path / "gone", command=("touch", "ran"))
    done = run(slurm.script(asked), tmp_path)
    assert done.returncode == 1
    assert marker(tmp_path)["exit_code"] == 1
    assert not (tmp_path / "ran").exists()


def test_a_job_that_starts_again_has_no_marker_until_it_ends(tmp_path: Path) -> None:
    asked = job(folder=tmp_path, directory=tmp_path, command=("test", "!", "-e", "end.json"))
    for _ in range(2):
        assert run(slurm.script(asked), tmp_path).returncode == 0
        assert marker(tmp_path)["exit_code"] == 0


def test_a_job_that_was_cancelled_does_not_start(tmp_path: Path) -> None:
    """Even if the batch system never heard of it."""
    asked = job(folder=tmp_path, directory=tmp_path, command=("touch", "ran"))
    (tmp_path / "cancelled").touch()
    assert run(slurm.script(asked), tmp_path).returncode == 143
    assert marker(tmp_path)["exit_code"] == 143
    assert not (tmp_path / "ran").exists()


SLOW = """
import signal, sys, time
from pathlib import Path

def end(*_):
    Path("terms").open("a").write("x")
    time.sleep(0.3)
    sys.exit(130)

signal.signal(signal.SIGTERM, end)
Path("ready").touch()
time.sleep(30)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU])
def test_a_signal_is_passed_on_and_its_answer_is_waited_for(
    tmp_path: Path, number: signal.Signals
) -> None:
    asked = job(folder=tmp_path, directory=tmp_path, command=(sys.executable, "-c", SLOW))
    (tmp_path / "spooled").write_text(slurm.script(asked))
    with subprocess.Popen(["bash", "spooled"], cwd=tmp_path) as process:
        deadline = time.monotonic() + 20
        while not (tmp_path / "ready").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(20) == 130
    assert (tmp_path / "terms").read_text() == "x"
    assert marker(tmp_path)["exit_code"] == 130


def test_a_signal_before_the_command_keeps_it_from_starting(tmp_path: Path) -> None:
    asked = job(
        folder=tmp_path, directory=tmp_path, command=("touch", "ran"), prologue=("kill -TERM $$",)
    )
    assert run(slurm.script(asked), tmp_path).returncode == 143
    assert marker(tmp_path)["exit_code"] == 143
    assert not (tmp_path / "ran").exists()


def test_the_environment_of_a_submission() -> None:
    outer = {"OMPI_COMM_WORLD_RANK": "0", "PMIX_RANK": "0", "PMI_RANK": "0", "PRTE_X": "1"}
    kept = {"PATH": "/bin", "OMPI_MCA_btl": "tcp", "X_CONF": "f", "HOME": "/"}
    given = outer | kept | {"X_JOB": "1", "XX": "2"}
    assert job_script.cleaned(given, ("X_",), "X_CONF") == kept | {"XX": "2"}
