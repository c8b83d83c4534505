"""Commands that follow what is measured over the years."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Judge"


@app.command(rich_help_panel=PANEL)
def history(
    kernel: Annotated[str, typer.Argument(help=r"a kernel \[an overview of all]")] = "",
    metric: Annotated[str | None, typer.Option(help=r"one of its metrics \[the primary]")] = None,
    cluster: Annotated[str, typer.Option(help=r"runs of this cluster alone \[all]")] = "",
    since: Annotated[
        str | None, typer.Option(help=r"show from this day on, e.g. 2026-11-20 \[all]")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="draw every series, not only the first")
    ] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="measure what is suspect again, then judge")
    ] = False,
    launches: Annotated[
        int, typer.Option(min=3, help="with --confirm: launches of each suspect")
    ] = 5,
    events: Annotated[
        Path | None, typer.Option(help=r"known events and decisions \[RESULTS/events.yaml]")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="write all points to this file too")] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    cluster_file: flags.ClusterFile = None,
    json: flags.Json = False,
) -> None:
    """Show how results changed over all runs; exit 1 on a confirmed regression, 4 on a suspect."""
    from harness.commands.history import Wanted, history

    wanted = Wanted(kernel, metric, cluster, since, events, csv, all_, results)
    if confirm:
        from harness.commands import confirm as again

        again.confirm(wanted, launches, cluster_file, as_json=json)
    history(wanted, as_json=json)
