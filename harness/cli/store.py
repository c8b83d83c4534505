"""`qyran store`: commands for the results folder itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Results"

store = typer.Typer(no_args_is_help=True, help="Look after the results folder: check, tag, export.")
app.add_typer(store, name="store", rich_help_panel=PANEL)


@store.command()
def ls(results: flags.Results = flags.DEFAULT_RESULTS, json: flags.Json = False) -> None:
    """Show what there is: runs and cases of each cluster, tags, damage."""
    from harness.commands import store as command

    command.ls(results, as_json=json)


@store.command()
def show(
    file: Annotated[Path, typer.Argument(help="a file of results, or a run that has one")],
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Show what is in a file of results, whatever its version; exit 5 if it is damaged."""
    from harness.commands import store as command

    command.show(file, results, as_json=json)


@store.command()
def fsck(results: flags.Results = flags.DEFAULT_RESULTS, json: flags.Json = False) -> None:
    """Read every file and check its hashes; exit 5 if one is damaged."""
    from harness.commands import store as command

    command.fsck(results, as_json=json)


@store.command()
def recover(results: flags.Results = flags.DEFAULT_RESULTS, json: flags.Json = False) -> None:
    """Record what runs had measured that were killed; `qyran resume` still goes on."""
    from harness.commands import recovering

    recovering.recover(results, as_json=json)


@store.command()
def reindex(results: flags.Results = flags.DEFAULT_RESULTS, json: flags.Json = False) -> None:
    """Make the index anew, and drop those of deleted folders; it changes no answer."""
    from harness.commands import store as command

    command.reindex(results, as_json=json)


@store.command()
def tag(
    name: Annotated[str, typer.Argument(help="a name to find the runs by")],
    runs: Annotated[list[str], typer.Argument(help="runs, unique parts of their ids, or last")],
    remove: Annotated[bool, typer.Option("--remove", help="take the tag from them")] = False,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Give a tag to runs."""
    from harness.commands import store as command

    command.tag(name, runs, results, remove=remove, as_json=json)


@store.command()
def pack(
    before: Annotated[
        str, typer.Option(help=r"pack the months before this one, e.g. 2026-11 \[this month]")
    ] = "",
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Put the runs of finished months into one zip a month; every command reads them there."""
    from harness.commands import store as command

    command.pack_(results, flags.month("--before", before), as_json=json)


@store.command()
def export(
    selection: Annotated[
        str, typer.Option(help=r"as in `qyran compare`, e.g. tag:rack3,kernel:hpl \[everything]")
    ] = "",
    form: Annotated[
        Literal["csv", "json", "parquet"], typer.Option("--format", help="of the table")
    ] = "csv",
    output: Annotated[
        Path | None, typer.Option(help=r"the file to write \[standard output]")
    ] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: Annotated[bool, typer.Option("--json", help="as --format json")] = False,
) -> None:
    """Write recorded metrics as a table: one metric of one case a row."""
    from harness.commands import store as command

    command.export_(results, selection, "json" if json else form, output)


@store.command("import")
def import_(
    form: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="pytest-benchmark, asv, reframe, google-benchmark or hyperfine",
        ),
    ],
    files: Annotated[list[Path], typer.Argument(help="what the tool has written")],
    cluster: Annotated[
        str | None, typer.Option(help=r"name of the machine \[the host that the file names]")
    ] = None,
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Record the results of another tool as runs of the store."""
    from harness.commands import importing

    importing.import_(form, files, cluster, results, as_json=json)
