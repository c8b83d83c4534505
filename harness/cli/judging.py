"""Commands that judge what has been recorded."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Judge"
_SIDE: Final = "last, last~1, a run, tag:NAME, commit:abc1234, date:2026-11, cluster:NAME"


@app.command(rich_help_panel=PANEL)
def compare(
    a: Annotated[str, typer.Argument(help=f"the baseline: {_SIDE}; joined by commas all hold")],
    b: Annotated[str, typer.Argument(help="what is compared with it, in the same words")] = "last",
    threshold: Annotated[
        str | None,
        typer.Option(help=r"a smaller difference is none, e.g. 3% \[2 %, or 3 x the noise]"),
    ] = None,
    across: Annotated[
        bool, typer.Option("--across", help="compare machines: the hardware may differ")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit 4 if any metric is not decided")
    ] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="show every metric, not only a count")
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="a table for a merge request")
    ] = False,
    junit: flags.Junit = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Say which metrics of B are slower or faster than those of A; exit 1 on a regression."""
    from harness.commands import compare as command

    options = command.Options(threshold, across, strict, all_, markdown, junit)
    command.compare(a, b, results, options, as_json=json)


@app.command(rich_help_panel=PANEL)
def explain(
    run: Annotated[str, typer.Argument(help="a run, a unique part of its name, or last")] = "last",
    kernel: Annotated[
        str | None, typer.Argument(help=r"one of its kernels \[all], or what to compare it with")
    ] = None,
    metric: Annotated[
        str | None, typer.Argument(help="of two runs: why this metric has its verdict")
    ] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Say why a case has its outcome: reference, limits, method, and what to type next."""
    from harness.commands import explain as command
    from harness.commands import explain_pair

    if kernel is not None and metric is not None:
        explain_pair.explain(run, kernel, metric, results, as_json=json)
    else:
        command.explain(run, kernel, results, as_json=json)


@app.command(rich_help_panel=PANEL)
def gate(
    suite: flags.Name,
    against: Annotated[
        str, typer.Option(help="the baseline, in the words of `qyran compare`")
    ] = "tag:baseline",
    ranks: flags.Ranks = None,
    threads: flags.Threads = None,
    nodes: flags.Nodes = None,
    set_: flags.Set = None,
    sweep: flags.Sweep = None,
    repeat: flags.Repeat = None,
    launches: Annotated[
        int | None, typer.Option(min=1, help="times that mpirun is started [5]")
    ] = None,
    budget: flags.Budget = None,
    retries: flags.Retries = 1,
    stall: flags.Stall = None,
    time_limit: flags.TimeLimit = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    cluster: flags.Cluster = None,
    partition: flags.PartitionName = None,
    launcher: flags.LauncherKind = None,
    cluster_file: flags.ClusterFile = None,
    tag: flags.Tag = None,
    threshold: Annotated[
        str | None,
        typer.Option(help=r"a smaller difference is none, e.g. 3% \[2 %, or 3 x the noise]"),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit 4 if any metric is not decided")
    ] = False,
    require_references: flags.RequireReferences = False,
    all_: Annotated[
        bool, typer.Option("--all", help="show every metric, not only a count")
    ] = False,
    junit: flags.Junit = None,
    json: flags.Json = False,
) -> None:
    """Run a suite, compare it with the stored baseline, and end by the table: for CI."""
    from harness.commands import compare as comparing
    from harness.commands import gate as command

    changes = flags.overrides(
        ranks, threads, nodes, set_, sweep, repeat, launches, budget, oversubscribe=False
    )
    request = flags.request(
        suite, changes, results, cluster, partition, launcher, cluster_file, tags=tag
    )
    request = flags.ruled(request, retries, stall, time_limit, None)
    request = flags.judged(request, require_references=require_references)
    options = comparing.Options(threshold, strict=strict, everything=all_, junit=junit)
    command.gate(request, against, options, as_json=json)
