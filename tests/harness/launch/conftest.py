"""Jobs, and batch scripts that are really run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.launch.contract import Job

GOLDEN = Path(__file__).parent / "launchers" / "golden"


def job(**changes: Any) -> Job:
    """A job of two nodes, with what is given changed."""
    made = Job(
        name="quick",
        folder=Path("/data/results/kaznu/20261124T180000Z-quick-a1b2c3"),
        command=("/opt/qyran/bin/python", "-P", "-m", "harness", "run", "quick"),
        nodes=2,
        ranks_per_node=64,
        threads=2,
        time_s=5400.0,
        queue="cpu",
        directory=Path("/home/user/my runs"),
    )
    return replace(made, **changes)


@pytest.fixture
def a_job() -> Callable[..., Job]:
    return job


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Hold a text against the file of that name, which is what a person has looked at."""

    def check(name: str, text: str) -> None:
        assert text == (GOLDEN / name).read_text(encoding="utf-8")

    return check


def checked(script: str) -> str:
    """The script, after bash has parsed it."""
    done = subprocess.run(["bash", "-n"], input=script.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return script


def directives(script: str, mark: str) -> list[str]:
    """What a batch system reads: the lines that begin with its mark."""
    return [one.removeprefix(mark).strip() for one in script.splitlines() if one.startswith(mark)]


def run(
    script: str, folder: Path, variables: Iterable[tuple[str, str]] = ()
) -> subprocess.CompletedProcess[bytes]:
    """Run a script as a batch system does."""
    path = folder / "spooled"
    path.write_bytes(script.encode("utf-8", "surrogateescape"))
    return subprocess.run(
        ["bash", str(path)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **dict(variables)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


def marker(folder: Path) -> Any:
    """The end marker, without its time."""
    found = json.loads((folder / "end.json").read_text())
    assert found.pop("ended") > 1.7e9
    return found
