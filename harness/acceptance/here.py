"""Nodes of the allocation that this process is in, of a hostfile, or this machine itself."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from harness import again, ranks
from harness.acceptance import children
from harness.acceptance.children import Child
from harness.acceptance.runner import Ended, Ran, Task, run_id, why
from harness.config.cluster import Launcher
from harness.errors import CannotMeasure
from harness.judge.placement import is_of
from harness.launch import starter
from harness.launch.starter import Asked
from harness.machine import census, diagnosis
from harness.machine.environment import environment
from harness.machine.mpi import Mpirun, find_mpirun
from harness.plan.case import Geometry
from harness.plan.expand import Overrides
from harness.prepare import Request

_PYTHON: Final = (sys.executable, "-P", "-m", "harness")
_CENSUS: Final = (sys.executable, "-P", "-m", "harness.machine.census")
CENSUS_S: Final = 60.0
"""How long all nodes, and then one that did not answer, may take to say what they are."""


class Here:
    """Runs as children of this process."""

    def __init__(
        self,
        request: Request,
        launcher: Launcher,
        hosts: tuple[str, ...],
        acceptance: Path,
        at_once: int,
    ) -> None:
        """Hosts : of the allocation, () is this machine alone; acceptance : its folder.

        Its runs lie beside it. at_once : runs that go on together.
        """
        self._request = request
        self._launcher = launcher
        self._hosts = hosts
        self._folder = acceptance
        self._at_once = at_once

    def census(self, nodes: Sequence[str]) -> Mapping[str, dict[str, Any] | str]:
        """All nodes by one launch; those that do not answer each by itself, to learn why."""
        if not self._hosts:
            return dict.fromkeys(nodes, environment(mpirun=self._launcher.mpirun))
        with self._shared() as name:
            folder = Path(name)
            self._ask([tuple(nodes)], folder)
            found: dict[str, dict[str, Any] | str] = dict(_answers(folder, nodes))
            silent = [one for one in nodes if one not in found]
            said = self._ask([(one,) for one in silent], folder) if silent else {}
            found |= _answers(folder, silent)
        silent = [one for one in silent if one not in found]
        return found | {one: f"did not answer: {said[one]}" for one in silent}

    def _shared(self) -> tempfile.TemporaryDirectory[str]:
        try:
            return tempfile.TemporaryDirectory(prefix=".facts-", dir=self._folder.absolute())
        except OSError as error:
            why_ = f"cannot be written: {error.strerror}"
            raise CannotMeasure(str(self._folder), why_, fix="free space, or --results") from error

    def _ask(self, together: Sequence[tuple[str, ...]], folder: Path) -> dict[str, str]:
        """A launch for each group of nodes; the first node of each -> what its starter said."""
        mpirun = find_mpirun(self._launcher.mpirun)
        made = [self._question(mpirun, nodes, folder) for nodes in together]
        said: dict[str, str] = {}
        logs = {one.name: one.log for one in made}
        children.run(
            made, self._at_once, lambda node, status: said.update({node: _last(logs[node], status)})
        )
        return said

    def _question(self, mpirun: Mpirun, nodes: tuple[str, ...], folder: Path) -> Child:
        asked = self._asked(nodes)
        mine = [self._launcher.mpirun] if self._launcher.mpirun else []
        command = (*starter.command(mpirun, asked), *_CENSUS, str(folder), *mine)
        log = folder / f"{nodes[0]}.log"
        return Child(nodes[0], command, log, starter.variables(mpirun, asked), CENSUS_S)

    def _asked(self, nodes: Sequence[str]) -> Asked:
        geometry = Geometry(len(nodes), len(nodes), 1)
        return ranks.asked(self._launcher, geometry, tuple(nodes))

    def each(self, task: Task, nodes: Sequence[str], ended: Ended) -> None:
        """A child for each node."""
        folders = {one: self._place(task.name, one) for one in nodes}
        made = [self._child(task, one, (one,), folders[one], 1) for one in nodes]
        logs = {one.name: one.log for one in made}
        children.run(
            made,
            self._at_once,
            lambda node, code: ended(node, _ran(folders[node], logs[node], code)),
        )

    def together(self, task: Task, nodes: Sequence[str]) -> Ran:
        """One child over all nodes."""
        folder = self._place(task.name, "")
        child = self._child(task, task.name, tuple(nodes), folder, len(nodes))
        codes: list[int] = []
        children.run([child], 1, lambda _, code: codes.append(code))
        return _ran(folder, child.log, codes[0])

    def _place(self, task: str, node: str) -> Path:
        return self._folder.with_name(run_id(self._folder.name, task, node)).absolute()

    def _child(
        self, task: Task, name: str, nodes: tuple[str, ...], folder: Path, count: int
    ) -> Child:
        request = replace(
            self._request,
            name=str(task.suite),
            overrides=Overrides(nodes=(count,)),
            tags=task.tags,
            hosts=nodes if self._hosts else (),
        )
        words = again.words(request, suite=str(task.suite.absolute()), hpl_dat=None, into=folder)
        return Child(name, (*_PYTHON, *words), self._folder / f"{folder.name}.log")


def _answers(folder: Path, nodes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What was told, by the names that nodes were asked for by."""
    told = census.read(folder)
    return {
        node: one["environment"]
        for node in nodes
        for one in told
        if is_of(one["host"], one["node"], (node,))
    }


def _last(log: Path, status: int) -> str:
    """What a starter said, if it is known what it means; else its last words."""
    if status == children.LATE:
        return f"no answer within {CENSUS_S:g} s"
    said = log.read_text(encoding="utf-8", errors="replace")
    known = diagnosis.cause(said)
    if known:
        return known
    words = [one.strip(" -=*\0") for one in said.splitlines()]
    last = next((one for one in reversed(words) if one), "nothing was said")
    return f"its starter ended with status {status}: {last}"


def _ran(folder: Path, log: Path, code: int) -> Ran:
    if (folder / "run.yaml").is_file():
        return Ran(folder, code)
    return Ran(None, code, why(log, code))
