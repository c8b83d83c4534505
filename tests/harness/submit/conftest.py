"""Submitted runs, and programs of a batch system that answer from a script."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.submit import folder as folders
from harness.submit.folder import Submitted

CLUSTER = """\
schema: qyran.cluster/1
default: box
clusters:
  box: {launcher: {kind: slurm}}
"""
# Prints what the transcript has for this program, one entry after the other, the last for ever.
PROGRAM = """\
#!{python}
import json, os, pathlib, subprocess, sys
home = pathlib.Path(__file__).parent
name = pathlib.Path(__file__).name
with (home / "calls").open("a") as calls:
    calls.write(json.dumps([name, *sys.argv[1:]]) + "\\n")
file = home / (name + ".json")
entries = json.loads(file.read_text())
entry = entries.pop(0)
if entries:
    file.write_text(json.dumps(entries))
if entry.get("hang"):
    subprocess.run(["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "sleep", "60"])
os.write(1, entry.get("out", "").encode())
os.write(2, entry.get("err", "").encode())
sys.exit(entry.get("rc", 0))
"""


class Programs:
    """Programs on PATH that say what they are told to."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir()

    def say(self, name: str, *entries: dict[str, Any]) -> None:
        """What a program answers, call by call."""
        path = self.home / name
        path.write_text(PROGRAM.format(python=sys.executable))
        path.chmod(0o755)
        (self.home / f"{name}.json").write_text(json.dumps(entries))

    def calls(self) -> list[list[str]]:
        """All calls so far."""
        if not (self.home / "calls").exists():
            return []
        return [json.loads(one) for one in (self.home / "calls").read_text().splitlines()]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """No program but these is found, and what a shell needs."""
    made = Programs(tmp_path / "programs")
    monkeypatch.setenv("PATH", f"{made.home}:/nowhere")
    return made


@pytest.fixture
def submitted(made: Any) -> Submitted:
    """What was asked for one run."""
    return Submitted(
        run="20261124T180000Z-quick-a1b2c3",
        submission="20261124T180000Z-quick-a1b2c3",
        cluster="box",
        partition="cpu",
        suite="quick",
        title="a quick look",
        scheduler="slurm",
        queue="cpu",
        nodes=1,
        ranks_per_node=2,
        threads=1,
        hosts=(),
        time_limit_s=900.0,
        argv=("python", "-m", "harness", "run", "quick"),
        command=("qyran", "submit", "quick"),
        pending=20,
        grace_s=60.0,
        by="qyran 0",
        made=1.8e9,
        cases=(made.case().as_dict(),),
    )


@pytest.fixture
def make_run(tmp_path: Path, submitted: Submitted) -> Callable[..., Path]:
    """Makes the folder of a run, with what is given changed."""

    def make(name: str = submitted.run, **changes: Any) -> Path:
        folder = tmp_path / "results" / "box" / name
        files = {"cluster.yaml": CLUSTER.encode(), "job.sh": b"#!/bin/bash\n"}
        folders.create(folder, replace(submitted, run=name, **changes), files)
        return folder

    return make


@pytest.fixture
def end() -> Callable[[Path, int], None]:
    """Leaves an end marker, as the script does."""

    def leave(folder: Path, status: int) -> None:
        content = {"schema": "qyran.end/1", "exit_code": status, "ended": 1800000000}
        (folder / "end.json").write_text(json.dumps(content))

    return leave


@pytest.fixture
def age() -> Callable[[Path, float], None]:
    """Makes a file look as old as that, s."""

    def make(path: Path, seconds: float) -> None:
        then = path.stat().st_mtime - seconds
        os.utime(path, (then, then))

    return make
