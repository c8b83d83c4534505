"""`qyran reference`: the lists that results are compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Results"

reference = typer.Typer(no_args_is_help=True, help="Look after the TOP500 lists: add new ones.")
app.add_typer(reference, name="reference", rich_help_panel=PANEL)


@reference.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="a list of top500.org: .xlsx, .xml, .csv or .tsv")],
    edition: Annotated[
        str | None, typer.Option(help=r"which list it is, e.g. 202611 \[what the file says]")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="keep the top of a list alone, e.g. its first ten")
    ] = False,
    json: flags.Json = False,
) -> None:
    """Check a new list and add it to yours; `qyran rank` and all others count it from then on."""
    from harness.commands import reference as command

    command.import_(file, edition, partial=partial, as_json=json)


@reference.command()
def ls(json: flags.Json = False) -> None:
    """Show the lists that were added."""
    from harness.commands import reference as command

    command.ls(as_json=json)


@reference.command()
def remove(
    edition: Annotated[str, typer.Argument(help="which list, e.g. 202611")],
    json: flags.Json = False,
) -> None:
    """Take an added list away again."""
    from harness.commands import reference as command

    command.remove(edition, as_json=json)
