"""A cluster with a batch system: a stand-in for Slurm's programs really runs the scripts here."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import psutil

if TYPE_CHECKING:
    from tests.endtoend.conftest import Done, Qyran

FAKE = Path(__file__).parent / "fake_slurm.py"
SCHEMAS = Path(__file__).parents[3] / "harness" / "report" / "schemas"
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
        source = FAKE.read_text()
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


def folder(job: Any) -> Path:
    return Path(job["path"])
