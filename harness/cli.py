"""The command `qyran`: the table of contents of the program.

Each command imports what it needs when it runs, so that `qyran --help` is there at once.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from harness.errors import ConfigError, QyranError
from harness.report.format import Format

if TYPE_CHECKING:
    from harness.plan.expand import Overrides
    from harness.prepare import Request
    from harness.report.document import Doc

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Benchmark a supercomputer, from a laptop on: verified MPI kernels, HDF5 records, "
    "comparison with the TOP500.",
    epilog="First steps: qyran doctor; qyran run quick; qyran rank. Exit codes: 0 good, "
    "1 performance verdict failed, 2 usage or configuration, 3 could not measure, "
    "4 inconclusive, 5 wrong answer or corrupt store, 130 interrupted.",
)

Name = Annotated[str, typer.Argument(help="a suite of jobs/, a path of one, or a kernel")]
Ranks = Annotated[
    str | None, typer.Option(help="MPI ranks over all nodes; 1,2,4 runs each [every core]")
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
    int | None, typer.Option(min=1, help="repetitions [until the median is known to 1 %]")
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
    typer.Option("--format", help="text, json as --json, or hpl: what xhpl would print [text]"),
]
HplDat = Annotated[
    Path | None, typer.Option("--hpl-dat", help="run every combination of an HPL.dat")
]
Cluster = Annotated[str | None, typer.Option(help="a cluster of cluster.yaml [its default]")]
PartitionName = Annotated[str | None, typer.Option("--partition", help="a partition of it")]
ClusterFile = Annotated[
    Path | None, typer.Option(help="the cluster.yaml to use [./cluster.yaml, else the shipped]")
]
LauncherKind = Annotated[
    str | None,
    typer.Option("--launcher", help="local, hostfile, slurm, ... [as detected and configured]"),
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
DEFAULT_RESULTS = Path("results")


@app.command()
def run(
    suite: Name,
    ranks: Ranks = None,
    threads: Threads = None,
    nodes: Nodes = None,
    set_: Set = None,
    sweep: Sweep = None,
    repeat: Repeat = None,
    launches: Launches = None,
    scaling: Scaling = None,
    budget: Budget = None,
    oversubscribe: Oversubscribe = False,
    retries: Retries = 1,
    stall: Stall = None,
    time_limit: TimeLimit = None,
    results: Results = DEFAULT_RESULTS,
    cluster: Cluster = None,
    partition: PartitionName = None,
    launcher: LauncherKind = None,
    cluster_file: ClusterFile = None,
    hpl_dat: HplDat = None,
    into: Annotated[Path | None, typer.Option(help="the folder of the run [a new one]")] = None,
    form: Form = None,
    json: Json = False,
) -> None:
    """Plan, run, verify, record and compare a suite or a kernel."""
    from harness.commands import run as command

    changes = _overrides(
        ranks, threads, nodes, set_, sweep, repeat, launches, budget, oversubscribe, scaling
    )
    request = _request(suite, changes, results, cluster, partition, launcher, cluster_file, hpl_dat)
    command.run(_ruled(request, retries, stall, time_limit, into), _form(form, json))


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="a run, a unique part of its name, or last")] = "last",
    results: Results = DEFAULT_RESULTS,
    form: Form = None,
    json: Json = False,
) -> None:
    """Go on with a run that ended too early: measure what has no final outcome."""
    from harness.commands import run as command

    command.resume(run, results, _form(form, json))


@app.command()
def plan(
    suite: Name,
    ranks: Ranks = None,
    threads: Threads = None,
    nodes: Nodes = None,
    set_: Set = None,
    sweep: Sweep = None,
    repeat: Repeat = None,
    launches: Launches = None,
    scaling: Scaling = None,
    budget: Budget = None,
    oversubscribe: Oversubscribe = False,
    cluster: Cluster = None,
    partition: PartitionName = None,
    launcher: LauncherKind = None,
    cluster_file: ClusterFile = None,
    hpl_dat: HplDat = None,
    json: Json = False,
) -> None:
    """Show cases, geometry, memory and estimated time; start nothing."""
    from harness.commands import run as command

    changes = _overrides(
        ranks, threads, nodes, set_, sweep, repeat, launches, budget, oversubscribe, scaling
    )
    request = _request(
        suite, changes, DEFAULT_RESULTS, cluster, partition, launcher, cluster_file, hpl_dat
    )
    command.plan(request, as_json=json)


@app.command()
def tune(
    kernel: Annotated[str, typer.Argument(help="a kernel that has something to tune")],
    ranks: Ranks = None,
    threads: Threads = None,
    nodes: Nodes = None,
    set_: Set = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option("--sweep", metavar="NAME=A,B,C", help="the values to try of a parameter"),
    ] = None,
    repeat: Annotated[
        int | None, typer.Option(min=1, help="repetitions of each value in each launch [3]")
    ] = None,
    launches: Annotated[
        int | None, typer.Option(min=1, help="rounds over all values, an mpirun each [2]")
    ] = None,
    budget: Budget = None,
    oversubscribe: Oversubscribe = False,
    results: Results = DEFAULT_RESULTS,
    cluster: Cluster = None,
    partition: PartitionName = None,
    launcher: LauncherKind = None,
    cluster_file: ClusterFile = None,
    output: Annotated[
        Path | None, typer.Option(help="the suite to write [jobs/KERNEL-tuned.yaml]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="overwrite that file")] = False,
    json: Json = False,
) -> None:
    """Find the best parameters of a kernel on this machine, and write a suite with them."""
    from harness.commands import tune as command

    changes = _overrides(
        ranks, threads, nodes, set_, sweep, repeat, launches, budget, oversubscribe
    )
    request = _request(kernel, changes, results, cluster, partition, launcher, cluster_file)
    command.tune(request, output, force=force, as_json=json)


@app.command("list")
def list_(
    kernel: Annotated[str | None, typer.Argument(help="a kernel, to see its parameters")] = None,
    json: Json = False,
) -> None:
    """Show kernels and suites; or one kernel with its parameters, metric and verification."""
    from harness.commands import listing

    listing.show(kernel, as_json=json)


@app.command()
def doctor(
    cluster: Cluster = None,
    cluster_file: ClusterFile = None,
    results: Results = DEFAULT_RESULTS,
    json: Json = False,
) -> None:
    """Examine whether this machine is able to measure; each finding comes with its fix."""
    from harness.commands import site

    site.doctor(cluster, cluster_file, results, as_json=json)


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="the file to write")] = Path("cluster.yaml"),
) -> None:
    """Write a commented cluster.yaml for this machine; an existing file is left alone."""
    from harness.commands import site

    site.init(path)


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="a run, a unique part of its name, or last")] = "last",
    results: Results = DEFAULT_RESULTS,
    form: Form = None,
    json: Json = False,
) -> None:
    """Show a recorded run."""
    from harness.commands import records

    records.show(run, results, _form(form, json))


@app.command()
def ls(results: Results = DEFAULT_RESULTS, json: Json = False) -> None:
    """List the recorded runs."""
    from harness.commands import records

    records.ls(results, as_json=json)


@app.command()
def rank(
    rmax: Annotated[
        str | None, typer.Option(help="a flop rate, e.g. '93 TF' [the last HPL result]")
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option(help="a named system; repeat for more")
    ] = None,
    results: Results = DEFAULT_RESULTS,
    json: Json = False,
) -> None:
    """Show where an HPL result would have stood in every TOP500 list."""
    from harness.commands import rank as command

    command.rank(rmax, against or [], results, as_json=json)


def _overrides(
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
    from harness.plan.expand import Overrides

    return Overrides(
        ranks=_counts("--ranks", ranks),
        threads=_counts("--threads", threads),
        nodes=_counts("--nodes", nodes),
        set=dict(_pair("--set", one) for one in set_ or []),
        sweep={
            name: tuple(value.split(","))
            for name, value in (_pair("--sweep", one) for one in sweep or [])
        },
        repetitions=repeat,
        launches=launches,
        budget_s=_seconds("--budget", budget),
        oversubscribe=oversubscribe,
        scaling=scaling,
    )


def _request(
    suite: str,
    overrides: Overrides,
    results: Path,
    cluster: str | None,
    partition: str | None,
    launcher: str | None,
    cluster_file: Path | None,
    hpl_dat: Path | None = None,
) -> Request:
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
    )


def _ruled(
    request: Request, retries: int, stall: str | None, time_limit: str | None, into: Path | None
) -> Request:
    """The request with what `run` alone takes."""
    from dataclasses import replace

    from harness.prepare import Rules

    rules = Rules(retries, _seconds("--stall", stall), _seconds("--time-limit", time_limit))
    return replace(request, rules=rules, into=into)


def _form(form: Format | None, json: bool) -> Format:
    """The form that ``--format`` or its short form ``--json`` asks for."""
    if json and form not in (None, Format.JSON):
        raise ConfigError("--json", f"and --format {form} are two forms", fix="give one of them")
    return Format.JSON if json else form or Format.TEXT


def _counts(flag: str, text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        found = tuple(int(one) for one in text.split(","))
    except ValueError:
        found = ()
    if not found or min(found) < 1:
        raise ConfigError(flag, f"found {text!r}", known="a whole number from 1 on, or 1,2,4")
    return found


def _pair(flag: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise ConfigError(flag, f"found {text!r}", known=f"{flag} n=4000")
    return name.strip(), value.strip()


def _seconds(flag: str, text: str | None) -> float | None:
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


def main() -> NoReturn:
    """Run a command; every error ends in one clear message and the exit code of its kind."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a C locale cannot show every name
    try:
        app()
    except QyranError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    sys.exit(0)


def _complain(error: QyranError) -> None:
    sys.stderr.write(f"qyran: {error}\n")
    if "--json" in sys.argv or "--format json" in " ".join(sys.argv).replace("=", " "):
        from harness.report.document import ErrorDoc

        _print(
            ErrorDoc(
                where=error.where,
                found=error.found,
                known=error.known,
                fix=error.fix,
                exit_code=error.exit_code,
            )
        )


def _print(document: Doc) -> None:
    from harness.report.document import text

    sys.stdout.write(text(document) + "\n")
