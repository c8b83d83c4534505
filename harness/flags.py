"""The flags of the commands: their types and help, and what is read from their text."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.errors import ConfigError
from harness.report.format import Format

if TYPE_CHECKING:
    from harness.plan.expand import Overrides
    from harness.prepare import Request

Name = Annotated[str, typer.Argument(help="a suite of jobs/, a path of one, or a kernel")]
Ranks = Annotated[
    str | None, typer.Option(help=r"MPI ranks over all nodes; 1,2,4 runs each \[every core]")
]
Threads = Annotated[str | None, typer.Option(help="threads of each rank [1]")]
Nodes = Annotated[str | None, typer.Option(help="nodes [1]")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="a parameter; repeat for more"),
]
Sweep = Annotated[
    list[str] | None,
    typer.Option("--sweep", metavar="NAME=A,B,C", help="run every value of a parameter"),
]
Repeat = Annotated[
    int | None, typer.Option(min=1, help=r"repetitions \[until the median is known to 1 %]")
]
Launches = Annotated[int | None, typer.Option(min=1, help="times that mpirun is started [1]")]
Scaling = Annotated[
    Literal["strong", "weak"] | None,
    typer.Option(help="a series over several --ranks (or --threads): the same work, or grown"),
]
Budget = Annotated[
    str | None, typer.Option(help="time a case may take, e.g. 90, '5 min'; past it, it is ended")
]
Oversubscribe = Annotated[
    bool, typer.Option("--oversubscribe", help="allow more threads than cores (recorded)")
]
Results = Annotated[Path, typer.Option(help="where runs are recorded")]
Json = Annotated[bool, typer.Option("--json", help="one JSON document on standard output")]
Form = Annotated[
    Format | None,
    typer.Option("--format", help=r"text, json as --json, or hpl: what xhpl would print \[text]"),
]
HplDat = Annotated[
    Path | None, typer.Option("--hpl-dat", help="run every combination of an HPL.dat")
]
Cluster = Annotated[str | None, typer.Option(help=r"a cluster of cluster.yaml \[its default]")]
PartitionName = Annotated[str | None, typer.Option("--partition", help="a partition of it")]
ClusterFile = Annotated[
    Path | None, typer.Option(help=r"the cluster.yaml to use \[./cluster.yaml, else the shipped]")
]
LauncherKind = Annotated[
    str | None,
    typer.Option("--launcher", help=r"local, hostfile, slurm, ... \[as detected and configured]"),
]
Retries = Annotated[
    int,
    typer.Option(min=0, help="further attempts at what failed without its fault, or was slow"),
]
Stall = Annotated[
    str | None,
    typer.Option(help="end a case whose ranks report nothing for so long, e.g. '10 min'"),
]
TimeLimit = Annotated[
    str | None, typer.Option(help="end the run after so long; `qyran resume` goes on with it")
]
Tag = Annotated[
    list[str] | None, typer.Option("--tag", help="a name to find the run by; repeat for more")
]
RequireReferences = Annotated[
    bool,
    typer.Option("--require-references", help="exit 4 if a case has no reference to judge it by"),
]
Junit = Annotated[Path | None, typer.Option(help="write JUnit XML to this file too")]
Into = Annotated[
    Path | None, typer.Option(help="the folder of the run; one that was begun is resumed")
]
Hosts = Annotated[
    str | None, typer.Option(help=r"only these nodes of the allocation, e.g. 'node[01-04]' \[all]")
]
JobTime = Annotated[
    str | None,
    typer.Option("--time", help=r"time limit of a job, e.g. '2 h' \[generous, from the plan]"),
]
PerNode = Annotated[
    bool, typer.Option("--per-node", help="the whole suite on each node, a job for each")
]
Pending = Annotated[
    int | None,
    typer.Option(min=1, help=r"jobs that may wait in the queue \[as configured]"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="print the batch script, make nothing")]
SubmittedRun = Annotated[
    str, typer.Argument(help="a submitted run or submission, a unique part of its name, or last")
]
DEFAULT_RESULTS = Path("results")


def overrides(
    ranks: str | None,
    threads: str | None,
    nodes: str | None,
    set_: list[str] | None,
    sweep: list[str] | None,
    repeat: int | None,
    launches: int | None,
    budget: str | None,
    oversubscribe: bool,
    scaling: Literal["strong", "weak"] | None = None,
) -> Overrides:
    """What the command line changes in every case of a suite."""
    from harness.plan.expand import Overrides

    return Overrides(
        ranks=counts("--ranks", ranks),
        threads=counts("--threads", threads),
        nodes=counts("--nodes", nodes),
        set=dict(pair("--set", one) for one in set_ or []),
        sweep={
            name: tuple(value.split(","))
            for name, value in (pair("--sweep", one) for one in sweep or [])
        },
        repetitions=repeat,
        launches=launches,
        budget_s=seconds("--budget", budget),
        oversubscribe=oversubscribe,
        scaling=scaling,
    )


def no_changes() -> Overrides:
    """Nothing is changed in the cases of a suite."""
    from harness.plan.expand import Overrides

    return Overrides()


def request(
    suite: str,
    overrides: Overrides,
    results: Path,
    cluster: str | None,
    partition: str | None,
    launcher: str | None,
    cluster_file: Path | None,
    hpl_dat: Path | None = None,
    tags: list[str] | None = None,
) -> Request:
    """The request that a command line means."""
    from harness.prepare import Request

    return Request(
        name=suite,
        overrides=overrides,
        cluster=cluster,
        partition=partition,
        launcher=launcher,
        cluster_file=cluster_file,
        results=results,
        command=tuple(sys.argv),
        hpl_dat=hpl_dat,
        tags=tuple(_tag(one) for one in tags or ()),
    )


def _tag(text: str) -> str:
    """A name that can stand in a file name and in a selection of runs."""
    if not re.fullmatch(r"[A-Za-z][\w.-]{0,63}", text):
        known = "a letter, then letters, digits, '_', '-' and '.'"
        raise ConfigError("--tag", f"found {text!r}", known=known)
    return text


def ruled(
    asked: Request, retries: int, stall: str | None, time_limit: str | None, into: Path | None
) -> Request:
    """The request with what `run` alone takes."""
    from harness.prepare import Rules

    rules = Rules(retries, seconds("--stall", stall), seconds("--time-limit", time_limit))
    return replace(asked, rules=rules, into=into)


def judged(asked: Request, *, require_references: bool) -> Request:
    """The request with what is asked of its verdicts."""
    return replace(asked, require_references=require_references)


def confined(asked: Request, hosts: str | None) -> Request:
    """The request on these nodes of its allocation alone."""
    return replace(asked, hosts=names("--hosts", hosts))


def words(text: str | None) -> tuple[str, ...]:
    """``a,b``: the words between commas."""
    return tuple(one.strip() for one in text.split(",") if one.strip()) if text else ()


def names(flag: str, text: str | None) -> tuple[str, ...]:
    """``node[01-16],login1``: the names of nodes; ConfigError for anything else.

    An empty text, as of a variable of the shell that is not set, is not taken for all nodes.
    """
    from harness.config.hosts import expand

    if text is not None and not text.strip():
        raise ConfigError(flag, "names no node", fix="name them, or leave it out")
    try:
        return expand(text) if text else ()
    except ValueError as error:
        raise ConfigError(flag, str(error)) from error


def counts(flag: str, text: str | None) -> tuple[int, ...] | None:
    """``4`` or ``1,2,4``: whole numbers from 1 on; ConfigError for anything else."""
    if text is None:
        return None
    try:
        found = tuple(int(one) for one in text.split(","))
    except ValueError:
        found = ()
    if not found or min(found) < 1:
        raise ConfigError(flag, f"found {text!r}", known="a whole number from 1 on, or 1,2,4")
    return found


def pair(flag: str, text: str) -> tuple[str, str]:
    """``name=value``; ConfigError for anything else."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        example = "n=4000,8000" if flag == "--sweep" else "n=4000"
        raise ConfigError(flag, f"found {text!r}", known=f"{flag} {example}")
    return name.strip(), value.strip()


def month(flag: str, text: str) -> str:
    """``2026-11``, or nothing; ConfigError for anything else."""
    if text and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise ConfigError(flag, f"found {text!r}", known="a month such as 2026-11")
    return text


def seconds(flag: str, text: str | None) -> float | None:
    """A time above 0 s, in s; ConfigError for anything else."""
    if text is None:
        return None
    from harness.config.units import quantity

    try:
        found_s = quantity(text, "s")
    except ValueError as error:
        raise ConfigError(flag, str(error)) from error
    if found_s <= 0.0:
        raise ConfigError(flag, f"found {text!r}", known="a time above 0 s")
    return found_s


def form(form: Format | None, json: bool) -> Format:
    """The form that ``--format`` or its short form ``--json`` asks for."""
    if json and form not in (None, Format.JSON):
        raise ConfigError("--json", f"and --format {form} are two forms", fix="give one of them")
    return Format.JSON if json else form or Format.TEXT
