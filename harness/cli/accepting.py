"""Commands that judge the nodes of a fleet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app
from harness.errors import ConfigError

PANEL: Final = "Acceptance"

From = Annotated[
    Path | None,
    typer.Option("--from", metavar="FILE", help="measurements of the nodes: CSV or JSON lines"),
]
Runs = Annotated[
    str | None,
    typer.Option(help="recorded runs on a node each: last, a run, tag:NAME, date:2026-11, ..."),
]


Measured = Annotated[
    str | None, typer.Argument(metavar="[NODES]", help="nodes to measure, e.g. 'node[001-500]'")
]
Allocation = Annotated[
    bool, typer.Option("--allocation", help="measure all nodes of this job, or this machine")
]
Stages = Annotated[
    str | None,
    typer.Option(help=r"consistency,node,burnin,pairs,all \[those that have a suite]"),
]
Quick = Annotated[
    bool,
    typer.Option("--quick", help="the quick suite of each stage that has one: `node`, in seconds"),
]
Resume = Annotated[
    str | None, typer.Option(metavar="ID|last", help="go on with an acceptance, or show it again")
]
Contract = Annotated[Path | None, typer.Option(help="what each node must reach, a YAML file")]
Level = Annotated[
    Path | None, typer.Option(help="what nodes of the class reach: `qyran baseline make`")
]
Expected = Annotated[
    str | None, typer.Option(help="with --from or --runs: the nodes that must be there")
]
AtOnce = Annotated[int, typer.Option(min=1, help="nodes that are measured at the same time")]
Timeout = Annotated[
    str | None, typer.Option(help="in the queue: give up a node that has not begun by then")
]
Csv = Annotated[Path | None, typer.Option(help="write a row for each node and metric to this file")]
Html = Annotated[Path | None, typer.Option(help="write a report to sign and send to this file")]

Drain = Annotated[
    bool, typer.Option("--drain", help="drain rejected nodes in Slurm; others' nodes stay alone")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="with --drain: only say how")]


# By --resume.
_HEEDED: Final = (
    "resume",
    "at_once",
    "csv",
    "junit",
    "html",
    "drain",
    "dry_run",
    "results",
    "json",
)
_BEGUN: Final = "is not heeded: an acceptance goes on with what was asked for when it was begun"
_BEGUN_FIX: Final = (
    "leave it out, or begin anew; measured nodes can be judged by another contract: "
    "qyran accept --runs tag:accept-ID --contract FILE"
)


@app.command(rich_help_panel=PANEL)
def accept(
    measured: Measured = None,
    allocation: Allocation = False,
    partition: flags.PartitionName = None,
    stages: Stages = None,
    quick: Quick = False,
    resume: Resume = None,
    from_: From = None,
    runs: Runs = None,
    contract: Contract = None,
    baseline: Level = None,
    nodes: Expected = None,
    at_once: AtOnce = 32,
    timeout: Timeout = None,
    csv: Csv = None,
    junit: flags.Junit = None,
    html: Html = None,
    drain: Drain = False,
    dry_run: DryRun = False,
    results: flags.Results = flags.DEFAULT_RESULTS,
    cluster: flags.Cluster = None,
    launcher: flags.LauncherKind = None,
    cluster_file: flags.ClusterFile = None,
    json: flags.Json = False,
) -> None:
    """Accept nodes: measure them stage by stage, or judge what was measured; with the evidence."""
    asked_for = _by_flag(locals())
    from harness.acceptance.judging import Known
    from harness.commands import accept as command
    from harness.commands import accepting
    from harness.commands.fleet import Source

    if dry_run and not drain:
        raise ConfigError("--dry-run", "says how nodes would be drained: give --drain too")
    files = command.Files(csv, junit, html, drain, dry_run)
    if resume is not None:
        _refuse(asked_for, _BEGUN, _BEGUN_FIX)
        accepting.resume(resume, results, files, as_json=json)
    if measured is None and not (allocation or partition):
        steps = {"--stages": stages, "--quick": quick, "--timeout": timeout}
        _refuse(steps, "is for nodes that are measured: name them, or give --allocation")
        known = Known(contract, baseline, flags.names("--nodes", nodes))
        source = Source(from_, runs, results, cluster_file, cluster)
        command.accept(source, known, files, as_json=json)
    _refuse({"--nodes": nodes}, "is for --from and --runs: name the nodes as NODES")
    if from_ or runs:
        raise ConfigError("", "NODES are measured; --from and --runs are judged: give one of them")
    asked = flags.request(
        "accept", flags.no_changes(), results, cluster, partition, launcher, cluster_file
    )
    named, until_s = flags.names("NODES", measured), flags.seconds("--timeout", timeout)
    options = accepting.Options(named, flags.words(stages), quick, at_once, until_s, allocation)
    accepting.measure(asked, options, Known(contract, baseline), files, as_json=json)


def _by_flag(given: Mapping[str, object]) -> dict[str, object]:
    """What was asked for and --resume does not heed, by what is typed for it."""
    return {
        "NODES" if name == "measured" else f"--{name.strip('_').replace('_', '-')}": value
        for name, value in given.items()
        if name not in _HEEDED
    }


def _refuse(given: Mapping[str, object], why: str, fix: str = "") -> None:
    """ConfigError for what would not be heeded."""
    flags_given = [flag for flag, value in given.items() if value]
    if flags_given:
        raise ConfigError(", ".join(flags_given), why, fix=fix)


stored = typer.Typer(
    no_args_is_help=True, help="What the nodes of a class reach: make, show, diff."
)
app.add_typer(stored, name="baseline", rich_help_panel=PANEL)

BaselineFile = Annotated[Path, typer.Argument(help="a baseline, a YAML file")]


@stored.command()
def make(
    from_: From = None,
    runs: Runs = None,
    output: Annotated[Path, typer.Option(help="the file to write; it is never overwritten")] = Path(
        "baseline.yaml"
    ),
    environment: Annotated[
        str, typer.Option(help=r"a name of the class of nodes \[the hardware key of runs]")
    ] = "",
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Make a baseline of nodes that are measured well, alike, and at least five; else say why."""
    from harness.commands import baseline
    from harness.commands.fleet import Source

    baseline.make(Source(from_, runs, results), output, environment, as_json=json)


@stored.command()
def show(file: BaselineFile, json: flags.Json = False) -> None:
    """Show a baseline: median, robust scale, and which nodes were left out."""
    from harness.commands import baseline

    baseline.show(file, as_json=json)


@stored.command()
def diff(first: BaselineFile, second: BaselineFile, json: flags.Json = False) -> None:
    """Show what has changed from one baseline to another."""
    from harness.commands import baseline

    baseline.diff(first, second, as_json=json)
