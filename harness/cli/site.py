"""Commands about this machine, its clusters, and what can be measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Machine"


@app.command("list", rich_help_panel=PANEL)
def list_(
    kernel: Annotated[str | None, typer.Argument(help="a kernel, to see its parameters")] = None,
    json: flags.Json = False,
) -> None:
    """Show kernels and suites; or one kernel with its parameters, metric and verification."""
    from harness.commands import listing

    listing.show(kernel, as_json=json)


@app.command(rich_help_panel=PANEL)
def doctor(
    cluster: flags.Cluster = None,
    cluster_file: flags.ClusterFile = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Examine whether this machine is able to measure; each finding comes with its fix."""
    from harness.commands import site

    site.doctor(cluster, cluster_file, results, as_json=json)


@app.command(rich_help_panel=PANEL)
def init(
    path: Annotated[Path, typer.Argument(help="the file to write")] = Path("cluster.yaml"),
) -> None:
    """Write a commented cluster.yaml for this machine; an existing file is left alone."""
    from harness.commands import site

    site.init(path)
