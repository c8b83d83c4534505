"""Starts a few ranks that say hello, and names what is wrong if they do not see each other.

`qyran doctor` and the preflight of `qyran run` use it, before anything is measured.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from harness.launch.environment import as_root
from harness.launch.process import end_session
from harness.launch.starter import Asked, placement
from harness.machine.hello import MARK
from harness.machine.mpi import (
    MpiMismatch,
    MpiNotStarted,
    Mpirun,
    last_line,
)
from harness.plan.case import Geometry

_GRACE_S: Final = 3.0
_WHERE: Final = "MPI probe"


@dataclass(frozen=True)
class Rank:
    """What one rank says of itself."""

    rank: int
    size: int  # ranks it can see, itself included
    host: str
    cpus: frozenset[int]  # hardware threads it may run on
    library: str  # what its MPI library says of itself
    announced: str  # how many ranks the launcher told it of, "VARIABLE=n"


@dataclass(frozen=True)
class Probe:
    """Ranks that see each other, in order, and how long it took to start and end them."""

    ranks: tuple[Rank, ...]
    seconds: float

    def shared_cpus(self) -> frozenset[int]:
        """Hardware threads that two ranks of one host may both run on."""
        pairs = combinations(self.ranks, 2)
        shared = [one.cpus & other.cpus for one, other in pairs if one.host == other.host]
        return frozenset().union(*shared)


def probe_ranks(
    mpirun: Mpirun, ranks: int = 2, options: Sequence[str] = (), timeout_s: float = 60.0
) -> Probe:
    """Start ``ranks`` ranks with ``options`` of mpirun; each must see all others.

    Raises MpiNotStarted (mpirun fails, hangs, has no room) and MpiMismatch (worlds of one rank,
    or ranks with different libraries).
    """
    command = [str(mpirun.path), "-n", str(ranks), *options]
    command += [sys.executable, "-P", "-m", "mpi4py", "-m", "harness.machine.hello"]
    begin = time.monotonic()
    status, output, errors = _run(command, timeout_s)
    seconds = time.monotonic() - begin
    heard = sorted(_heard(output), key=lambda rank: rank.rank)
    _refuse_mismatch(mpirun, ranks, heard)
    if status != 0 or len(heard) != ranks:
        raise _not_started(command, status, len(heard), errors or output)
    return Probe(tuple(heard), seconds)


def oversubscribe(mpirun: Mpirun) -> tuple[str, ...]:
    """Options that allow more ranks than cores."""
    return tuple(placement(mpirun.flavour, Asked(Geometry(1, 1, 1), oversubscribe=True)))


def bind_to_core(mpirun: Mpirun) -> tuple[str, ...]:
    """Options that bind each rank to a core of its own, as `qyran run` does."""
    return tuple(placement(mpirun.flavour, Asked(Geometry(1, 1, 1))))


def _run(command: list[str], timeout_s: float) -> tuple[int, str, str]:
    """Exit status and output; on time-out every process is ended. Raises MpiNotStarted."""
    try:
        started = subprocess.Popen(  # noqa: S603 - a program the user configured or installed
            command,
            env=os.environ | as_root(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise _failed(command, f"cannot be started: {error.strerror}", "", "") from None
    with started:
        try:
            output, errors = started.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            end_session(started.pid)
            raise _hung(command, timeout_s, _rest(started)) from None
        except BaseException:
            end_session(started.pid)
            raise
    return started.returncode, output, errors


def _rest(started: subprocess.Popen[str]) -> str:
    """What an ended launcher had printed; "" if something that escaped holds the pipe open."""
    try:
        output, errors = started.communicate(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        return ""
    return errors or output


def _heard(output: str) -> Iterable[Rank]:
    for line in output.splitlines():
        _, mark, text = line.partition(MARK)
        if not mark:
            continue
        try:
            said, _ = json.JSONDecoder().raw_decode(text)
        except ValueError:  # cut off: the rank was ended while it wrote
            continue
        yield Rank(**(said | {"cpus": frozenset(said["cpus"])}))


def _refuse_mismatch(mpirun: Mpirun, ranks: int, heard: Sequence[Rank]) -> None:
    sizes = {rank.size for rank in heard}
    if len(heard) == ranks and sizes != {ranks}:
        alone = "each is alone in a world of size 1"
        apart = f"they are in worlds of size {', '.join(map(str, sorted(sizes)))}"
        raise MpiMismatch(
            _WHERE,
            f"{ranks} ranks started, but {alone if sizes == {1} else apart}",
            known=_both(mpirun, heard[0]),
            fix="use the mpirun of the MPI that mpi4py loads: set 'launcher: {mpirun: ...}' in "
            "cluster.yaml, or rebuild mpi4py for the site's MPI: "
            f"{sys.executable} -m pip install --force-reinstall --no-binary mpi4py mpi4py",
        )
    libraries = sorted({rank.library for rank in heard})
    if len(libraries) > 1:
        raise MpiMismatch(
            _WHERE,
            f"the ranks load {len(libraries)} different MPI libraries",
            known=" | ".join(libraries),
            fix="install the same environment on every node, or put it on a shared folder",
        )


def _both(mpirun: Mpirun, rank: Rank) -> str:
    told = f", which set {rank.announced}" if rank.announced else ""
    return f"mpirun is {mpirun}{told}; mpi4py loads {rank.library.splitlines()[0]}"


def _not_started(command: list[str], status: int, heard: int, said: str) -> MpiNotStarted:
    if "not enough slots" in said:
        return _failed(
            command,
            "there are not enough slots for the ranks",
            "mpirun counts a slot a core, or those of the allocation or hostfile",
            "ask the scheduler for more tasks, give 'slots=' in the hostfile, or start fewer ranks",
        )
    found = f"mpirun ended with status {status} after {heard} ranks had answered"
    return _failed(command, found, last_line(said) or "it printed nothing", "")


def _hung(command: list[str], timeout_s: float, said: str) -> MpiNotStarted:
    return _failed(
        command,
        f"no answer within {timeout_s:g} s",
        last_line(said) or "it printed nothing",
        "look for a firewall between the nodes and for a stuck network interface "
        "(Open MPI: --mca btl_tcp_if_include), then run the command by hand",
    )


def _failed(command: list[str], found: str, known: str, fix: str) -> MpiNotStarted:
    shown = shlex.join(command)
    return MpiNotStarted(_WHERE, found, known, fix or f"run it by hand and read on: {shown}")
