"""Somebody who is logged in on the head of the laboratory and types `qyran`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import psutil
import pytest

from tests.cluster import slurm, ssh
from tests.cluster.machines import ADDRESSES, HEAD, NODES, Machine, machines, obstacle, until
from tests.endtoend.conftest import ROOT, Done, Qyran

# What a rank is to be recognised by on a node: the module it runs.
RANK = "harness.measure"


@dataclass
class User(Qyran):
    """`qyran` on one of the machines, in a folder that all of them see."""

    machines: Mapping[str, Machine] = field(default_factory=dict)
    at: str = HEAD

    def __call__(self, *arguments: str, before: tuple[str, ...] = (), **added: str) -> Done:
        return super().__call__(*arguments, before=(*self._there(), *before), **added)

    def results_of(self, *arguments: str, **added: str) -> Done:
        """A command that reads or writes the results, to its end, with one document."""
        return self(*arguments, "--json", "--results", str(self.results), **added)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """`qyran` with these arguments in the background."""
        command = [self.command, *arguments, "--json", "--results", str(self.results)]
        return self._started([*self._there(), *command], self.variables())

    def finish(self, running: subprocess.Popen[str]) -> Done:
        """Wait for the end of a command; 5 s later no process may be left, on any machine."""
        done = Done.of(running)
        until(lambda: not self.left(), 5.0, "the end of all that was started")
        return done

    def driver(self) -> psutil.Process:
        """The process of `qyran` itself, not of what brought it to the machine."""
        (found,) = self.machines[self.at].processes(self.command)
        return found

    def ranks_on(self, node: str) -> list[psutil.Process]:
        """The ranks that run on a node."""
        found = []
        for one in self.machines[node].processes(RANK):
            with suppress(psutil.Error):
                found += [one] if one.name().startswith("python") else []
        return found

    def no_rank_left(self, limit_s: float = 5.0) -> None:
        """No node has a rank any more, after so many seconds at most."""
        until(lambda: not any(self.ranks_on(one) for one in NODES), limit_s, "end of all ranks")

    def site(self, launcher: dict[str, Any], **partitions: dict[str, Any]) -> None:
        """Write cluster.yaml: nodes of two cores and 4 GiB."""
        node = {"cores": 2, "memory": "4 GiB"}
        described = {name: {"node": node, **more} for name, more in partitions.items()}
        cluster = {"launcher": launcher, "partitions": described}
        document = {
            "schema": "qyran.cluster/1",
            "default": "laboratory",
            "clusters": {"laboratory": cluster},
        }
        (self.folder / "cluster.yaml").write_text(json.dumps(document))

    @staticmethod
    def hosts_of(file: Path) -> list[str]:
        """The hosts of all ranks in a case file."""
        with h5py.File(file, "r") as opened:
            return [one.decode() for one in opened["entry/placement/ranks"]["host"]]

    def _there(self) -> tuple[str, ...]:
        return tuple(self.machines[self.at].command(folder=self.folder))


@contextmanager
def laboratory(
    factory: pytest.TempPathFactory, *, with_slurm: bool
) -> Iterator[tuple[dict[str, Machine], slurm.Slurm | None]]:
    """The machines with their daemons; where there can be none, a skip that says why."""
    wanted = slurm.PROGRAMS if with_slurm else ()
    problem = obstacle(*ssh.PROGRAMS, *wanted) or (slurm.obstacle() if with_slurm else "")
    if problem:
        pytest.skip(problem)
    folder = factory.mktemp("laboratory")
    keys = ssh.write(folder, ADDRESSES)
    if with_slurm:
        slurm.write(folder)
    shared = (ROOT, Path(sys.prefix), factory.getbasetemp())
    with machines(folder, shared) as made:
        for machine in made.values():
            ssh.serve(machine, keys)
        batch = slurm.Slurm(folder, made) if with_slurm else None
        if batch is not None:
            batch.start()
        yield made, batch
