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
    rpeak: Annotated[str | None, typer.Option(help="peak of the machine, for Rmax / Rpeak")] = None,
    cores: Annotated[int | None, typer.Option(min=1, help="cores as the lists count them")] = None,
    power: Annotated[str | None, typer.Option(help="during HPL, e.g. '20 kW'")] = None,
    hpcg: Annotated[str | None, typer.Option(help="an HPCG result, e.g. '1.2 TF'")] = None,
    hpl_mxp: Annotated[
        str | None, typer.Option(help=r"an HPL-MxP result \[the last one, without --rmax]")
    ] = None,
    network: Annotated[str | None, typer.Option(help="e.g. 'InfiniBand HDR'")] = None,
    accelerated: Annotated[
        bool | None,
        typer.Option("--accelerated/--cpu-only", help="the kind of machine it is like"),
    ] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Show where a result would have stood in the lists, and which systems it is like."""
    from harness.commands import rank as command

    wanted = command.Wanted(
        rmax, against or (), rpeak, cores, power, hpcg, hpl_mxp, network, accelerated
    )
    command.rank(wanted, results, as_json=json)
