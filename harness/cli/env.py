"""`qyran env`: what is known of this machine, and what differs between two runs."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from harness import flags
from harness.cli.app import app

PANEL: Final = "Machine"
_RUN: Final = "a run by id, a unique part of it, last or last~1; or now, this machine"

env = typer.Typer(help="Show the environment of this machine or a run, and what differs.")
app.add_typer(env, name="env", rich_help_panel=PANEL)


@env.callback(invoke_without_command=True)
def bare(
    context: typer.Context,
    json: flags.Json = False,
) -> None:
    """Show the environment of this machine or a run, and what differs."""
    if context.invoked_subcommand is None:
        show("now", flags.DEFAULT_RESULTS, json)


@env.command()
def show(
    of: Annotated[str, typer.Argument(metavar="RUN", help=_RUN)] = "now",
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Show what is known of this machine now, or of the machine of a run."""
    from harness.commands import env as command

    command.show(of, results, as_json=json)


@env.command()
def diff(
    a: Annotated[str, typer.Argument(help=_RUN)],
    b: Annotated[str, typer.Argument(help=_RUN)] = "now",
    results: flags.Results = flags.DEFAULT_RESULTS,
    json: flags.Json = False,
) -> None:
    """Explain what differs between the environments of two runs, the most relevant first."""
    from harness.commands import env as command

    command.diff(a, b, results, as_json=json)
