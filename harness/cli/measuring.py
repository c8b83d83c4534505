"""Commands that measure, or say what would be measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Measure"


@app.command(rich_help_panel=PANEL)
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
    tag: flags.Tag = None,
    into: flags.Into = None,
    hosts: flags.Hosts = None,
    require_references: flags.RequireReferences = False,
    junit: flags.Junit = None,
    form: flags.Form = None,
    json: flags.Json = False,
) -> None:
    """Plan, run, verify, record and compare a suite or a kernel."""
    from harness.commands import run as command

    changes = flags.overrides(
        ranks, threads, nodes, set_, sweep, repeat, launches, budget, oversubscribe, scaling
    )
    request = flags.request(
        suite, changes, results, cluster, partition, launcher, cluster_file, hpl_dat, tag
    )
    request = flags.ruled(request, retries, stall, time_limit, into)
    request = flags.judged(request, require_references=require_references)
    request = flags.confined(request, hosts)
    command.run(request, flags.form(form, json), junit)


@app.command(rich_help_panel=PANEL)
def resume(
    run: Annotated[str, typer.Argument(help="a run, a unique part of its name, or last")] = "last",
    results: flags.Results = flags.DEFAULT_RESULTS,
    form: flags.Form = None,
    json: flags.Json = False,
) -> None:
    """Go on with a run that ended too early: measure what has no final outcome."""
    from harness.commands import resume as command

    command.resume(run, results, flags.form(form, json))


@app.command(rich_help_panel=PANEL)
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


@app.command(rich_help_panel=PANEL)
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
