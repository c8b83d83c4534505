"""Commands that make what is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Look"


@app.command(rich_help_panel=PANEL)
def report(
    run: Annotated[
        str,
        typer.Argument(
            help=r"a run, part of its name, or last; with --history a kernel \[all there is]"
        ),
    ] = "",
    history: Annotated[
        bool, typer.Option("--history", help="how results changed; KERNEL for one alone")
    ] = False,
    accept: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="an acceptance: what `qyran accept --json` printed"),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="the HTML file to write")] = Path(
        "report.html"
    ),
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Write one HTML file to look at, print, sign or send; it needs no network and no server."""
    from harness.commands import report as command

    kernel = run if history else ""
    wanted = command.Wanted("" if history else run, history, kernel, accept, output, results)
    command.report(wanted, as_json=json)
