"""The command `qyran`: the table of contents of the program.

Each command imports what it needs when it runs, so that `qyran --help` is there at once.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from harness import flags
from harness.errors import ConfigError, QyranError
from harness.report.format import Format

if TYPE_CHECKING:
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


@app.command()
def run(
    suite: flags.Name,
    ranks: flags.Ranks = None,
    threads: flags.Threads = None,
    nodes: flags.Nodes = None,
    set_: flags.Set = None,
    sweep: flags.Sweep = None,
    repeat: flags.Repeat = None,
    launches: flags.Launches = None,
    scaling: flags.Scaling = None,
    budget: flags.Budget = None,
    oversubscribe: flags.Oversubscribe = False,
    retries: flags.Retries = 1,
    stall: flags.Stall = None,
    time_limit: flags.TimeLimit = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    cluster: flags.Cluster = None,
    partition: flags.PartitionName = None,
    launcher: flags.LauncherKind = None,
    cluster_file: flags.ClusterFile = None,
    hpl_dat: flags.HplDat = None,
    into: flags.Into = None,
    form: flags.Form = None,
    json: flags.Json = False,
) -> None:
    """Plan, run, verify, record and compare a suite or a kernel."""
    from harness.commands import run as command

    changes = flags.overrides(
        ranks, threads, nodes, set_, sweep, repeat, launches, budget, oversubscribe, scaling
    )
    request = flags.request(
        suite, changes, results, cluster, partition, launcher, cluster_file, hpl_dat
    )
    command.run(flags.ruled(request, retries, stall, time_limit, into), _form(form, json))


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="a run, a unique part of its name, or last")] = "last",
    results: flags.Results = flags.DEFAULT_RESULTS,
    form: flags.Form = None,
    json: flags.Json = False,
) -> None:
    """Go on with a run that ended too early: measure what has no final outcome."""
    from harness.commands import resume as command

    command.resume(run, results, _form(form, json))


@app.command()
def plan(
    suite: flags.Name,
    ranks: flags.Ranks = None,
    threads: flags.Threads = None,
    nodes: flags.Nodes = None,
    set_: flags.Set = None,
    sweep: flags.Sweep = None,
    repeat: flags.Repeat = None,
    launches: flags.Launches = None,
    scaling: flags.Scaling = None,
    budget: flags.Budget = None,
    oversubscribe: flags.Oversubscribe = False,
    cluster: flags.Cluster = None,
    partition: flags.PartitionName = None,
    launcher: flags.LauncherKind = None,
    cluster_file: flags.ClusterFile = None,
    hpl_dat: flags.HplDat = None,
    json: flags.Json = False,
) -> None:
    """Show cases, geometry, memory and estimated time; start nothing."""
    from harness.commands import run as command

    changes = flags.overrides(
        ranks, threads, nodes, set_, sweep, repeat, launches, budget, oversubscribe, scaling
    )
    request = flags.request(
        suite, changes, flags.DEFAULT_RESULTS, cluster, partition, launcher, cluster_file, hpl_dat
    )
    command.plan(request, as_json=json)


@app.command()
def submit(
    suite: flags.Name,
    ranks: flags.Ranks = None,
    threads: flags.Threads = None,
    nodes: flags.Nodes = None,
    set_: flags.Set = None,
    sweep: flags.Sweep = None,
    repeat: flags.Repeat = None,
    launches: flags.Launches = None,
    scaling: flags.Scaling = None,
    budget: flags.Budget = None,
    oversubscribe: flags.Oversubscribe = False,
    retries: flags.Retries = 1,
    stall: flags.Stall = None,
    time_limit: flags.TimeLimit = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    cluster: flags.Cluster = None,
    partition: flags.PartitionName = None,
    launcher: flags.LauncherKind = None,
    cluster_file: flags.ClusterFile = None,
    hpl_dat: flags.HplDat = None,
    time: flags.JobTime = None,
    per_node: flags.PerNode = False,
    pending: flags.Pending = None,
    dry_run: flags.DryRun = False,
    json: flags.Json = False,
) -> None:
    """Give a run to the batch system of a cluster: Slurm, PBS, or what cluster.yaml describes."""
    from harness.commands import submit as command

    changes = flags.overrides(
        ranks, threads, nodes, set_, sweep, repeat, launches, budget, oversubscribe, scaling
    )
    request = flags.request(
        suite, changes, results, cluster, partition, launcher, cluster_file, hpl_dat
    )
    options = command.Options(flags.seconds("--time", time), per_node, pending, dry_run)
    request = flags.ruled(request, retries, stall, time_limit, None)
    command.submit(request, options, as_json=json)


@app.command()
def status(
    run: Annotated[
        str | None, typer.Argument(help=r"a submitted run or submission \[all that go on]")
    ] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Show where submitted runs stand."""
    from harness.commands import jobs

    jobs.status(run, results, as_json=json)


@app.command()
def wait(
    run: flags.SubmittedRun,
    timeout: Annotated[
        str | None, typer.Option(help="give up waiting, not the run, after this time")
    ] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Wait until a submitted run has ended, and end with its exit code."""
    from harness.commands import jobs

    jobs.wait(run, results, flags.seconds("--timeout", timeout), as_json=json)


@app.command()
def cancel(
    run: flags.SubmittedRun,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Cancel a submitted run; what it has measured stays."""
    from harness.commands import jobs

    jobs.cancel(run, results, as_json=json)


@app.command()
def collect(
    run: flags.SubmittedRun,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Show the results of a submission, lost jobs among them; end with the worst exit code."""
    from harness.commands import jobs

    jobs.collect(run, results, as_json=json)


@app.command()
def tune(
    kernel: Annotated[str, typer.Argument(help="a kernel that has something to tune")],
    ranks: flags.Ranks = None,
    threads: flags.Threads = None,
    nodes: flags.Nodes = None,
    set_: flags.Set = None,
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
    budget: flags.Budget = None,
    oversubscribe: flags.Oversubscribe = False,
    results: flags.Results = flags.DEFAULT_RESULTS,
    cluster: flags.Cluster = None,
    partition: flags.PartitionName = None,
    launcher: flags.LauncherKind = None,
    cluster_file: flags.ClusterFile = None,
    output: Annotated[
        Path | None, typer.Option(help=r"the suite to write \[jobs/KERNEL-tuned.yaml]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="overwrite that file")] = False,
    json: flags.Json = False,
) -> None:
    """Find the best parameters of a kernel on this machine, and write a suite with them."""
    from harness.commands import tune as command

    changes = flags.overrides(
        ranks, threads, nodes, set_, sweep, repeat, launches, budget, oversubscribe
    )
    request = flags.request(kernel, changes, results, cluster, partition, launcher, cluster_file)
    command.tune(request, output, force=force, as_json=json)


@app.command("list")
def list_(
    kernel: Annotated[str | None, typer.Argument(help="a kernel, to see its parameters")] = None,
    json: flags.Json = False,
) -> None:
    """Show kernels and suites; or one kernel with its parameters, metric and verification."""
    from harness.commands import listing

    listing.show(kernel, as_json=json)


@app.command()
def doctor(
    cluster: flags.Cluster = None,
    cluster_file: flags.ClusterFile = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
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
    results: flags.Results = flags.DEFAULT_RESULTS,
    form: flags.Form = None,
    json: flags.Json = False,
) -> None:
    """Show a recorded run."""
    from harness.commands import records

    records.show(run, results, _form(form, json))


@app.command()
def ls(results: flags.Results = flags.DEFAULT_RESULTS, json: flags.Json = False) -> None:
    """List the recorded runs."""
    from harness.commands import records

    records.ls(results, as_json=json)


@app.command()
def rank(
    rmax: Annotated[
        str | None, typer.Option(help=r"a flop rate, e.g. '93 TF' \[the last HPL result]")
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option(help="a named system; repeat for more")
    ] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Show where an HPL result would have stood in every TOP500 list."""
    from harness.commands import rank as command

    command.rank(rmax, against or [], results, as_json=json)


def _form(form: Format | None, json: bool) -> Format:
    """The form that ``--format`` or its short form ``--json`` asks for."""
    if json and form not in (None, Format.JSON):
        raise ConfigError("--json", f"and --format {form} are two forms", fix="give one of them")
    return Format.JSON if json else form or Format.TEXT


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
