"""Commands that show what has been recorded."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Results"


@app.command(rich_help_panel=PANEL)
def show(
    run: Annotated[str, typer.Argument(help="a run, a unique part of its name, or last")] = "last",
    results: flags.Results = flags.DEFAULT_RESULTS,
    form: flags.Form = None,
    json: flags.Json = False,
) -> None:
    """Show a recorded run."""
    from harness.commands import records

    records.show(run, results, flags.form(form, json))


@app.command(rich_help_panel=PANEL)
def ls(
    last: Annotated[int, typer.Option(min=0, help="how many, the newest; 0 for all")] = 100,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """List the recorded runs."""
    from harness.commands import records

    records.ls(results, last, as_json=json)


@app.command(rich_help_panel=PANEL)
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
