"""Commands that judge the nodes of a fleet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Acceptance"

From = Annotated[
    Path | None,
    typer.Option("--from", metavar="FILE", help="measurements of the nodes: CSV or JSON lines"),
]
Runs = Annotated[
    str | None,
    typer.Option(help="recorded runs on a node each: last, a run, tag:NAME, date:2026-11, ..."),
]


@app.command(rich_help_panel=PANEL)
def accept(
    from_: From = None,
    runs: Runs = None,
    contract: Annotated[
        Path | None, typer.Option(help="what each node must reach, a YAML file")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="what nodes of the class reach: `qyran baseline make`")
    ] = None,
    nodes: Annotated[
        str | None, typer.Option(help="the nodes that must be there, e.g. 'node[001-500]'")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(help="write a row for each node and metric to this file")
    ] = None,
    junit: flags.Junit = None,
    html: Annotated[
        Path | None, typer.Option(help="write a report to sign and send to this file")
    ] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Judge the nodes of a fleet: accept, reject, re-test or not tested, with the evidence."""
    from harness.commands import accept as command
    from harness.commands.fleet import Source

    known, files = command.Known(contract, baseline, nodes), command.Files(csv, junit, html)
    command.accept(Source(from_, runs, results), known, files, as_json=json)


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
