"""Commands about machines that are not there yet."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Machine"


@app.command(rich_help_panel=PANEL)
def project(
    cluster: flags.Cluster = None,
    partition: flags.PartitionName = None,
    nodes: Annotated[
        str | None, typer.Option(help=r"sizes to predict, e.g. 64,128 \[those of the partition]")
    ] = None,
    place: Annotated[
        str | None, typer.Option(help=r"places of the newest list to reach \[500,100]")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="a listed system, predicted without knowing it")
    ] = None,
    cluster_file: flags.ClusterFile = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Predict Rmax, HPCG, STREAM, power and the TOP500 place of a machine, with intervals."""
    from harness.commands import project as command

    wanted = command.Wanted(
        cluster,
        partition,
        flags.counts("--nodes", nodes),
        flags.counts("--place", place),
        against,
        cluster_file,
    )
    command.project(wanted, results, as_json=json)
