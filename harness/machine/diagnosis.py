"""What is wrong when the ranks of the probe do not come up as one job: each cause has a name."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.errors import CannotMeasure
from harness.machine.mpi import MpiMismatch, MpiNotStarted, Mpirun, last_line

if TYPE_CHECKING:
    from harness.machine.probe import Rank

_WHERE: Final = "MPI probe"
_SAME_EVERYWHERE: Final = "install the same environment on every node, or put it on a shared folder"


class NodesDiffer(CannotMeasure):
    """The ranks see each other, but their nodes are not alike."""


@dataclass(frozen=True)
class Said:
    """What a starter did. status : None if it had to be ended."""

    mpirun: Mpirun
    command: Sequence[str]
    status: int | None
    output: str


@dataclass(frozen=True)
class _Symptom:
    """Words of a launcher, what they mean, and what to type."""

    words: re.Pattern[str]
    found: str
    fix: str


def _symptom(words: str, found: str, fix: str) -> _Symptom:
    return _Symptom(re.compile(words, re.IGNORECASE), found, fix)


# The first one that is found counts: what comes late in this list is often said beside the cause.
_SYMPTOMS: Final = (
    _symptom(
        r"not enough slots",
        "there are not enough slots for the ranks",
        "ask the scheduler for more tasks, start fewer ranks, or correct 'cores' in cluster.yaml",
    ),
    _symptom(
        r"more cpus than are available|not enough (?:available )?(?:cpus|cores|processing)"
        r"|more processors requested than permitted|requested node configuration is not available"
        r"|insufficient (?:cpus|cores|resources)",
        "a node has fewer cores than the plan needs",
        "correct 'cores' in cluster.yaml, ask the scheduler for more, or start fewer ranks",
    ),
    _symptom(
        r"permission denied \(|host key verification failed|could not resolve hostname"
        r"|connection refused|no route to host|connection timed out|name or service not known",
        "a node cannot be reached",
        "`ssh NODE true` must work without a password from here and between the nodes; "
        "'launcher: {agent: [ssh, -p, 2222]}' in cluster.yaml names another remote shell",
    ),
    _symptom(
        r"no module named '?(?:mpi4py|harness|kernels|numba)|cannot load MPI library"
        r"|error while loading shared libraries|cannot open shared object file"
        r"|(?:no such file or directory|not found|unable to find)[^\n]*(?:python|orted|prted|hydra)"
        r"|(?:python|orted|prted|hydra)[^\n]*(?:no such file or directory|not found)",
        "a node lacks what is needed: Python, qyran, or the MPI library",
        _SAME_EVERYWHERE,
    ),
    _symptom(
        r"can not load PMIx library",
        "srun cannot load the PMIx library by which the ranks would meet",
        "install what holds libpmix.so on every node (Debian: libpmix-dev)",
    ),
    _symptom(
        r"(?:invalid|unsupported|no such) mpi (?:plugin )?type|mpi plugin|cannot find mpi plugin",
        "Slurm has no plug-in by which the ranks could meet",
        "`srun --mpi=list` shows what it has; 'launcher: {options: [--mpi=pmix]}' chooses one",
    ),
)


def cause(output: str) -> str:
    """What the output of a starter means, with the line that says so; "" if it is not known."""
    lines = ((one.found, _line(one.words, output)) for one in _SYMPTOMS)
    return next((f"{found}: {line}" for found, line in lines if line), "")


def not_started(said: Said, heard: int, timeout_s: float) -> MpiNotStarted:
    """Why ranks did not come up."""
    for one in _SYMPTOMS:
        line = _line(one.words, said.output)
        if line:
            return MpiNotStarted(_WHERE, one.found, line, one.fix)
    known = last_line(said.output) or "it printed nothing"
    shown = shlex.join(said.command)
    if said.status is None:
        return MpiNotStarted(
            _WHERE,
            f"no answer within {timeout_s:g} s",
            known,
            "look for a firewall between the nodes and for a stuck network interface "
            f"(Open MPI: --mca btl_tcp_if_include), then run it by hand: {shown}",
        )
    found = f"mpirun ended with status {said.status} after {heard} ranks had answered"
    return MpiNotStarted(_WHERE, found, known, f"run it by hand and read on: {shown}")


def _line(words: re.Pattern[str], output: str) -> str:
    """The line with these words; "" if there is none."""
    return next((line.strip() for line in output.splitlines() if words.search(line)), "")


def refuse_worlds(said: Said, ranks: int, heard: Sequence[Rank]) -> None:
    """MpiMismatch if the ranks came up, but not as one job."""
    sizes = {rank.size for rank in heard}
    if len(heard) != ranks or sizes == {ranks}:
        return
    alone = "each is alone in a world of size 1"
    apart = f"they are in worlds of size {', '.join(map(str, sorted(sizes)))}"
    told = f", which set {heard[0].announced}" if heard[0].announced else ""
    raise MpiMismatch(
        _WHERE,
        f"{ranks} ranks started, but {alone if sizes == {1} else apart}",
        known=f"mpirun is {said.mpirun}{told}; mpi4py loads {heard[0].library.splitlines()[0]}",
        fix=_fix_of_mismatch(said.mpirun),
    )


def _fix_of_mismatch(mpirun: Mpirun) -> str:
    if mpirun.flavour == "slurm":
        return (
            "`srun --mpi=list` shows by what ranks can meet; 'launcher: {options: [--mpi=pmix]}' "
            "in cluster.yaml chooses one, 'launcher: {mpirun: ...}' the mpirun of the MPI instead"
        )
    return (
        "use the mpirun of the MPI that mpi4py loads: set 'launcher: {mpirun: ...}' in "
        "cluster.yaml, or rebuild mpi4py for the site's MPI: "
        f"{sys.executable} -m pip install --force-reinstall --no-binary mpi4py mpi4py"
    )


def refuse_differences(heard: Sequence[Rank]) -> None:
    """MpiMismatch or NodesDiffer if the nodes do not have the same MPI library and qyran."""
    libraries = _by(heard, lambda one: one.library.splitlines()[0] if one.library else "")
    if len(libraries) > 1:
        raise MpiMismatch(
            _WHERE,
            f"the ranks load {len(libraries)} different MPI libraries",
            known=_listed(libraries),
            fix=_SAME_EVERYWHERE,
        )
    versions = _by(heard, lambda one: one.qyran)
    if len(versions) > 1:
        raise NodesDiffer(
            _WHERE,
            f"the ranks run {len(versions)} different versions of qyran",
            known=_listed(versions),
            fix=_SAME_EVERYWHERE,
        )


def refuse_apart(results: Path, unseen: Sequence[tuple[str, str]]) -> None:
    """NodesDiffer if nodes do not share the folder of results. unseen : host, and why."""
    if unseen:
        hosts = dict.fromkeys(f"{host} ({why or 'writes elsewhere'})" for host, why in unseen)
        raise NodesDiffer(
            str(results),
            "is not shared: not every node sees there what the others write",
            known=f"not seen from {', '.join(hosts)}",
            fix="--results FOLDER on a file system that all nodes mount at the same place",
        )


def _by(heard: Iterable[Rank], fact: Callable[[Rank], str]) -> dict[str, list[str]]:
    """The hosts of each value of a fact."""
    found: dict[str, list[str]] = {}
    for one in heard:
        hosts = found.setdefault(fact(one), [])
        if one.host not in hosts:
            hosts.append(one.host)
    return dict(sorted(found.items()))


def _listed(values: dict[str, list[str]]) -> str:
    return " | ".join(f"{value} on {', '.join(hosts)}" for value, hosts in values.items())
