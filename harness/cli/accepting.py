"""Commands that judge the nodes of a fleet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Acceptance"


@app.command(rich_help_panel=PANEL)
def accept(
    from_: Annotated[
        Path,
        typer.Option("--from", metavar="FILE", help="measurements of the nodes: CSV or JSON lines"),
    ],
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
    junit: Annotated[
        Path | None, typer.Option(help="write JUnit XML, a test for each node and metric")
    ] = None,
    json: flags.Json = False,
) -> None:
    """Judge the nodes of a fleet: accept, reject, re-test or not tested, with the evidence."""
    from harness.commands import accept as command

    known, files = command.Known(contract, baseline, nodes), command.Files(csv, junit)
    command.from_file(from_, known, files, as_json=json)


stored = typer.Typer(
    no_args_is_help=True, help="What the nodes of a class reach: make, show, diff."
)
app.add_typer(stored, name="baseline", rich_help_panel=PANEL)

BaselineFile = Annotated[Path, typer.Argument(help="a baseline, a YAML file")]


@stored.command()
def make(
    from_: Annotated[
        Path,
        typer.Option("--from", metavar="FILE", help="measurements of the nodes: CSV or JSON lines"),
    ],
    output: Annotated[Path, typer.Option(help="the file to write; it is never overwritten")] = Path(
        "baseline.yaml"
    ),
    environment: Annotated[
        str, typer.Option(help="a name or key of the class of nodes, kept beside the numbers")
    ] = "",
    json: flags.Json = False,
) -> None:
    """Make a baseline of nodes that are measured well, alike, and at least five; else say why."""
    from harness.commands import baseline

    baseline.make(from_, output, environment, as_json=json)


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
