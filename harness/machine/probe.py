"""Starts a few ranks that say hello, and names what is wrong if they do not see each other.

`qyran doctor` and the preflight of `qyran run` use it, before anything is measured.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from harness.errors import CannotMeasure
from harness.launch import starter
from harness.launch.process import started
from harness.launch.starter import Asked
from harness.machine import diagnosis
from harness.machine.hello import MARK, answer
from harness.machine.mpi import Mpirun

TIMEOUT_S: Final = 60.0


@dataclass(frozen=True)
class Rank:
    """What one rank says of itself.

    size : ranks it can see, itself included. cpus : hardware threads it may run on. library : what
    its MPI library says of itself. announced : how many ranks the launcher told it of,
    "VARIABLE=n". memory_B : what it can have. qyran : version and hash of its sources. refused :
    why the folder of results cannot be written to, "" if it can. node : what the scheduler calls
    the host.
    """

    rank: int
    size: int
    host: str
    cpus: frozenset[int]
    library: str
    announced: str
    memory_B: int | None = None
    qyran: str = ""
    refused: str = ""
    node: str = ""


@dataclass(frozen=True)
class Probe:
    """Ranks that see each other, in order, and how long it took to start and end them."""

    ranks: tuple[Rank, ...]
    seconds: float

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of the ranks, each once, in the order of the ranks."""
        return tuple(dict.fromkeys(one.host for one in self.ranks))

    def shared_cpus(self) -> frozenset[int]:
        """Hardware threads that two ranks of one host may both run on."""
        pairs = combinations(self.ranks, 2)
        shared = [one.cpus & other.cpus for one, other in pairs if one.host == other.host]
        return frozenset().union(*shared)


def probe_ranks(
    mpirun: Mpirun, asked: Asked, results: Path | None = None, timeout_s: float = TIMEOUT_S
) -> Probe:
    """Start these ranks; each must see all others.

    results : a folder that all of them must see.

    Raises MpiNotStarted (mpirun fails, hangs, has no room), MpiMismatch (worlds of one rank, or
    ranks with different libraries) and NodesDiffer.
    """
    if results is None:
        return _probed(mpirun, asked, (), timeout_s)
    with _marked(results) as folder:
        probe = _probed(mpirun, asked, (folder,), timeout_s)
        unseen = [one for one in probe.ranks if not answer(Path(folder), one.rank).exists()]
    diagnosis.refuse_apart(results, [(one.host, one.refused) for one in unseen])
    return probe


def _marked(results: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for the answers of the ranks, gone afterwards. Raises CannotMeasure."""
    try:
        results.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".probe-", dir=results.absolute())
    except OSError as error:
        why = f"cannot be written: {error.strerror}"
        raise CannotMeasure(str(results), why, fix="free space, or use --results") from error


def _probed(mpirun: Mpirun, asked: Asked, arguments: tuple[str, ...], timeout_s: float) -> Probe:
    command = starter.command(mpirun, asked)
    command += starter.module("harness.machine.hello", *arguments)
    begin = time.monotonic()
    status, output = _run(command, starter.variables(mpirun, asked), timeout_s)
    seconds = time.monotonic() - begin
    heard = sorted(_heard(output), key=lambda rank: rank.rank)
    said = diagnosis.Said(mpirun, command, status, _without_hello(output))
    diagnosis.refuse_worlds(said, asked.geometry.ranks, heard)
    if status != 0 or len(heard) != asked.geometry.ranks:
        raise diagnosis.not_started(said, len(heard), timeout_s)
    diagnosis.refuse_differences(heard)
    return Probe(tuple(heard), seconds)


def _run(
    command: list[str], environment: dict[str, str], timeout_s: float
) -> tuple[int | None, str]:
    """Exit status, None if it had to be ended, and output. Raises CannotMeasure."""
    with tempfile.TemporaryDirectory(prefix="qyran-probe-") as folder:
        log = Path(folder) / "log"
        with started(command, environment, Path.cwd(), log) as launch:
            status = launch.wait(timeout_s)
        return status, log.read_text(encoding="utf-8", errors="replace")


def _heard(output: str) -> Iterable[Rank]:
    for line in output.splitlines():
        _, mark, text = line.partition(MARK)
        if not mark:
            continue
        try:
            said, _ = json.JSONDecoder().raw_decode(text)
        except ValueError:  # cut off: the rank was ended while it wrote
            continue
        yield rank(said)


def rank(said: dict[str, Any]) -> Rank:
    """A rank from what `hello` printed of it."""
    return Rank(**(said | {"cpus": frozenset(said["cpus"])}))


def _without_hello(output: str) -> str:
    """What the starter said; Open MPI ends with a NUL where a daemon was lost."""
    return "\n".join(line.strip("\0") for line in output.splitlines() if MARK not in line)
