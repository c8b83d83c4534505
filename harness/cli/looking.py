"""Commands for those who would rather look than read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Look"


@app.command(rich_help_panel=PANEL)
def plot(
    name: Annotated[str, typer.Argument(help=r"a plot, such as roofline \[list them]")] = "",
    run: Annotated[str, typer.Argument(help="a run, a unique part of its name, or last")] = "last",
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="the picture: a .svg or .png file")
    ] = None,
    kernel: Annotated[str, typer.Option(help=r"plots of a run, history: a kernel \[all]")] = "",
    metric: Annotated[str, typer.Option(help=r"history: a metric of it \[the primary]")] = "",
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate", "--rmax", help=r"a result among the lists, e.g. '93 TF' \[top500: the newest]"
        ),
    ] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", help="nodes, pairs: a CSV or JSON file, as of accept")
    ] = None,
    runs: Annotated[
        str | None, typer.Option(help="nodes, pairs: words that select runs, as of accept")
    ] = None,
    width: Annotated[
        float | None, typer.Option(min=300, max=6000, help=r"px \[what suits the plot]")
    ] = None,
    height: Annotated[
        float | None, typer.Option(min=200, max=20000, help=r"px \[what suits the plot]")
    ] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Draw what was measured, as SVG or PNG; --json prints the numbers behind the picture."""
    from harness.commands import plot as command
    from harness.commands.fleet import Source

    if not name:
        command.names(as_json=json)
        return
    wanted = command.Wanted(run, Source(from_, runs, results), rate, kernel, metric)
    command.plot(name, wanted, command.Picture(out, width, height), as_json=json)
