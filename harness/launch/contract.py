"""What a launcher is: where ranks may be started now, and how a batch system is asked for more.

A module of `harness.launch.launchers` has the function

    allocation(hosts, environ) -> Allocation | None

the nodes that ranks may be started on from this process: ``hosts`` are those that cluster.yaml
names for the partition, ``environ`` the variables of this process. None means that there are none
outside of a batch job. A launcher with a batch system has beside it the functions of `Queue`, or,
if they depend on cluster.yaml, a function `configured(launcher, folder) -> Queue`.

All of them are pure: they return text and argument lists. Processes are started elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Allocation:
    """Nodes on which ranks may be started now.

    launcher : its kind. hosts : names of the nodes in order; () is this machine alone. job : id of
    the batch job, "" outside of one.
    """

    launcher: str
    hosts: tuple[str, ...] = ()
    job: str = ""


class Launcher(Protocol):
    """A module of `harness.launch.launchers`."""

    def allocation(self, hosts: Sequence[str], environ: Mapping[str, str]) -> Allocation | None:
        """The nodes that ranks may be started on from this process; None if there are none."""


@dataclass(frozen=True)
class Job:
    """What is asked of a batch system.

    folder : absolute and shared between the nodes; script, output and end marker lie in it.
    command : the argument list that the job runs. threads : CPUs of each rank. queue : partition or
    queue, None: the system's default. hosts : exactly these nodes, () : any. options : further
    directives of the site, prologue : lines of shell that prepare the environment, both as they
    stand in cluster.yaml. environment : variables to set. directory : where the command is run,
    None: in ``folder``.
    """

    name: str
    folder: Path
    command: tuple[str, ...]
    nodes: int
    ranks_per_node: int
    threads: int
    time_s: float | None = None
    queue: str | None = None
    hosts: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    prologue: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None

    @property
    def cpus_per_node(self) -> int:
        """CPUs of all ranks of a node."""
        return self.ranks_per_node * self.threads


class State(StrEnum):
    """What a batch system says of a job; a hint, never the outcome."""

    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Report:
    """What a batch system says of one job. word : in its own word; reason : why, if it says so."""

    state: State
    word: str
    reason: str = ""


class Queue(Protocol):
    """A batch system."""

    def script(self, job: Job) -> str:
        """The whole text of the batch script; ConfigError if it cannot hold what is asked."""

    def submit(self, script: Path) -> list[str]:
        """The command that submits a script of a job's folder; it is on its standard input too."""

    def job_id(self, printed: str) -> str:
        """The id in what `submit` printed; ValueError if there is none."""

    def queries(self, jobs: Sequence[str]) -> list[list[str]]:
        """Commands that ask for the states of these jobs, the best first.

        Any of them may fail. A later one is asked for jobs that those before it did not know.
        """

    def reports(self, printed: str) -> dict[str, Report]:
        """What any of `queries` printed, job by job; lines that cannot be read are passed over."""

    def denies(self, said: str) -> bool:
        """Whether the error that one of `queries` printed means: there is no such job."""

    def cancel(self, jobs: Sequence[str]) -> list[str]:
        """The command that cancels these jobs."""

    def nodes(self, queue: str | None) -> list[str]:
        """The command that lists the nodes of a queue; [] if the system has none."""

    def states_of_nodes(self, printed: str) -> dict[str, bool]:
        """The nodes in what `nodes` printed, in its order; True: idle, False: busy.

        A node that cannot take jobs is not in it.
        """

    def clean(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables of a process that submits, without those that would change a job."""
