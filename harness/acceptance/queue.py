"""Nodes that only a batch system gives: a job for each, submitted and watched from outside."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from harness import ordering
from harness.acceptance.runner import Ended, Ran, Task, run_id
from harness.errors import CannotMeasure, ConfigError, CorruptStore
from harness.outcome import INTERRUPTED, NOT_MEASURED
from harness.plan.expand import Overrides
from harness.prepare import Request
from harness.record import store
from harness.submit import folder as folders
from harness.submit import order
from harness.submit.ask import ask
from harness.submit.state import FINAL, Phase
from harness.submit.submitting import fill
from harness.submit.watch import Seen, look

_FIRST_S: Final = 1.0
_MOST_S: Final = 20.0
_GROWTH: Final = 1.3
# A batch system that knows no such node says so at once; one that does not answer takes its time.
_REFUSALS_S: Final = 60.0


class InQueue:
    """Runs as jobs. What is in the queue stays there when this process ends."""

    def __init__(
        self,
        request: Request,
        acceptance: Path,
        timeout_s: float | None,
        tell: Callable[[str], None],
    ) -> None:
        """Acceptance : its folder; timeout_s : then a job that has not begun is given up."""
        self._request = request
        self._folder = acceptance
        self._timeout_s = timeout_s
        self._tell = tell

    def census(self, nodes: Sequence[str]) -> Mapping[str, dict[str, Any] | str]:
        """From the jobs of stage `node`, each of which ran on its node alone."""
        return {node: self._environment(node) for node in nodes}

    def _environment(self, node: str) -> dict[str, Any] | str:
        try:
            found: dict[str, Any] = store.header(self._place("node", node))["environment"]
        except CorruptStore as error:
            return f"no job of it tells what it is: {error.found}"
        return found

    def each(self, task: Task, nodes: Sequence[str], ended: Ended) -> None:
        """A job for each node, as many in the queue as cluster.yaml allows."""
        new = {one: self._place(task.name, one) for one in nodes}
        self._create(task, [(one,) for one, folder in new.items() if not self._is_there(folder)])
        names = {folder: node for node, folder in new.items()}
        self._watch(list(new.values()), lambda folder, ran: ended(names[folder], ran))

    def together(self, task: Task, nodes: Sequence[str]) -> Ran:
        """One job over all nodes."""
        folder = self._place(task.name, "")
        if not self._is_there(folder):
            self._create(task, [tuple(nodes)])
        found: list[Ran] = []
        self._watch([folder], lambda _, ran: found.append(ran))
        return found[0]

    def _place(self, task: str, node: str) -> Path:
        return self._folder.with_name(run_id(self._folder.name, task, node)).absolute()

    @staticmethod
    def _is_there(folder: Path) -> bool:
        """Whether it was submitted before; one that ended without its run is begun anew."""
        if not folders.is_submitted(folder):
            return False
        (seen,), _ = look([folder])
        unfinished = seen.standing.exit_code in (3, INTERRUPTED)
        if seen.phase in FINAL and (seen.phase is not Phase.ENDED or unfinished):
            folders.renew(folder, seen.submitted)
        return True

    def _create(self, task: Task, hosts: list[tuple[str, ...]]) -> None:
        """The folders of jobs that are to be submitted, pinned to their nodes."""
        if not hosts:
            return
        count = len(hosts[0])
        asked = replace(
            self._request,
            name=str(task.suite.absolute()),
            overrides=Overrides(nodes=(count,)),
            tags=task.tags,
        )
        prepared, queue, source = ordering.prepared(asked)
        partition = prepared.cluster.partitions[prepared.partition_name]
        options = ordering.Options(submission=f"{self._folder.name}-{task.name}")
        for one in ordering.made(prepared, queue, partition, hosts, options, source):
            folders.create(one.folder, one.submitted, one.files)

    def _watch(self, members: Sequence[Path], ended: Callable[[Path, Ran], None]) -> None:
        """Submit what is held back and look at all, ever less often, until all have ended.

        A job that is refused, as of a node that the batch system does not know, keeps no other from
        being submitted, and is not tested; CannotMeasure if none is taken.
        """
        told: set[Path] = set()
        refused: dict[Path, str] = {}
        refusals_s = 0.0
        said: set[str] = set()
        pause_s = _FIRST_S
        deadline = None if self._timeout_s is None else time.monotonic() + self._timeout_s
        while True:
            seen, notes = look(members)
            began = time.monotonic()
            submitted, problem = fill([one for one in seen if one.folder not in refused])
            refusals_s = refusals_s + time.monotonic() - began if problem else 0.0
            waits = submitted or any(one.phase in (Phase.QUEUED, Phase.RUNNING) for one in seen)
            if problem and not waits:
                refused |= _first_held(seen, refused, problem)
                nothing_left = len(told) + len(refused) == len(members)
                if refusals_s > _REFUSALS_S or (nothing_left and not self._any_was_taken()):
                    fix = f"qyran accept --resume {self._folder.name}"
                    raise CannotMeasure(str(self._folder), problem, fix=fix)
            for one in {*notes, *([problem] if problem else [])} - said:
                self._tell(one)
                said.add(one)
            over = [
                one for one in seen if one.phase in FINAL and one.folder not in told | {*refused}
            ]
            for one_seen in over:
                told.add(one_seen.folder)
                ended(one_seen.folder, _ran(one_seen))
            if len(told) + len(refused) == len(members):
                for folder, why in refused.items():
                    ended(folder, Ran(None, NOT_MEASURED, why))
                return
            if problem and not waits:
                continue
            if deadline is not None and time.monotonic() > deadline:
                self._give_up(seen)
            pause_s = _FIRST_S if over or submitted else min(_GROWTH * pause_s, _MOST_S)
            time.sleep(pause_s)

    def _any_was_taken(self) -> bool:
        """Whether the batch system has taken a job of this acceptance, now or earlier."""
        jobs = self._folder.absolute().parent.glob(f"{self._folder.name}-*")
        return any(folders.read(one).job for one in jobs if folders.is_submitted(one))

    def _give_up(self, seen: Sequence[Seen]) -> None:
        """Cancel the jobs that have not begun; the others have their time limit."""
        for one in seen:
            if one.phase not in (Phase.QUEUED, Phase.HELD_BACK):
                continue
            folders.cancel(one.folder)
            if one.submitted.job:
                queue = folders.queue(one.folder, one.submitted)
                ask(queue.cancel([one.submitted.job]), queue.clean(os.environ))


def nodes(request: Request, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The nodes of a partition that are wanted, () : all that cluster.yaml or the system names.

    Those that take no jobs now belong to them: their jobs will not begin. Raises ConfigError.
    """
    if wanted:
        return wanted
    prepared, queue, _ = ordering.prepared(replace(request, name="accept-node"))
    partition = prepared.cluster.partitions[prepared.partition_name]
    if partition.hosts:
        return partition.hosts
    with suppress(ConfigError):
        found, _ = order.nodes_in_turn(queue, partition, prepared.partition_name)
        return tuple(sorted(found))
    raise ConfigError(
        "NODES",
        f"the nodes of partition {prepared.partition_name!r} are not known",
        fix="name them, or partitions: {cpu: {hosts: ['node[01-16]']}} in cluster.yaml",
    )


def _first_held(seen: Sequence[Seen], refused: Mapping[Path, str], problem: str) -> dict[Path, str]:
    """The run that was to be submitted next, with what the batch system said to it."""
    held = [one.folder for one in seen if one.phase is Phase.HELD_BACK]
    left = [one for one in held if one not in refused]
    folder = next((one for one in left if problem.startswith(f"{one}: ")), left[0])
    return {folder: problem.removeprefix(f"{folder}: ")}


def _ran(seen: Seen) -> Ran:
    """How a job ended; one that was given up never began."""
    code = seen.standing.exit_code
    code = INTERRUPTED if code is None else code
    begun = (seen.folder / "run.yaml").is_file()
    job = f"{seen.submitted.scheduler} job {seen.submitted.job or '(never submitted)'}"
    said = f": {seen.standing.reason}" if seen.standing.reason else ""
    if begun:
        return Ran(seen.folder, code)
    if seen.phase is Phase.CANCELLED:
        return Ran(None, code, f"{job} did not begin in time, and was cancelled")
    return Ran(None, code, f"{job} {seen.phase} with exit code {code}{said}; {seen.folder}/job.out")
