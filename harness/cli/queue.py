"""Commands for runs in the queue of a batch system."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Batch system"


@app.command(rich_help_panel=PANEL)
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
    tag: flags.Tag = None,
    require_references: flags.RequireReferences = False,
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
        suite, changes, results, cluster, partition, launcher, cluster_file, hpl_dat, tag
    )
    options = command.Options(flags.seconds("--time", time), per_node, pending, dry_run)
    request = flags.ruled(request, retries, stall, time_limit, None)
    request = flags.judged(request, require_references=require_references)
    command.submit(request, options, as_json=json)


@app.command(rich_help_panel=PANEL)
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


@app.command(rich_help_panel=PANEL)
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


@app.command(rich_help_panel=PANEL)
def cancel(
    run: flags.SubmittedRun,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Cancel a submitted run; what it has measured stays."""
    from harness.commands import jobs

    jobs.cancel(run, results, as_json=json)


@app.command(rich_help_panel=PANEL)
def collect(
    run: flags.SubmittedRun,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Show the results of a submission, lost jobs among them; end with the worst exit code."""
    from harness.commands import jobs

    jobs.collect(run, results, as_json=json)
