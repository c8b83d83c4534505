"""Commands that judge what has been recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Judge"
_SIDE: Final = "last, last~1, a run, tag:NAME, commit:abc1234, date:2026-11, cluster:NAME"


@app.command(rich_help_panel=PANEL)
def compare(
    a: Annotated[str, typer.Argument(help=f"the baseline: {_SIDE}; joined by commas all hold")],
    b: Annotated[str, typer.Argument(help="what is compared with it, in the same words")] = "last",
    threshold: Annotated[
        str | None,
        typer.Option(help=r"a smaller difference is none, e.g. 3% \[2 %, or 3 x the noise]"),
    ] = None,
    across: Annotated[
        bool, typer.Option("--across", help="compare machines: the hardware may differ")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit 4 if any metric is not decided")
    ] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="show every metric, not only a count")
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="a table for a merge request")
    ] = False,
    junit: Annotated[Path | None, typer.Option(help="write JUnit XML to this file too")] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Say which metrics of B are slower or faster than those of A; exit 1 on a regression."""
    from harness.commands import compare as command

    options = command.Options(threshold, across, strict, all_, markdown, junit)
    command.compare(a, b, results, options, as_json=json)
