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
    nodes: Annotated[
        str | None, typer.Option(help="the nodes that must be there, e.g. 'node[001-500]'")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(help="write a row for each node and metric to this file")
    ] = None,
    json: flags.Json = False,
) -> None:
    """Judge the nodes of a fleet: accept, reject, re-test or not tested, with the evidence."""
    from harness.commands import accept as command

    command.from_file(from_, command.Known(contract, None, nodes), csv, as_json=json)
