"""The entry of `qyran`: all commands, and what becomes of an error.

Each command imports what it needs when it runs, so that `qyran --help` is there at once.
"""

from __future__ import annotations

import gc
import sys
import traceback
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final, NoReturn

from typer.models import CommandInfo, TyperInfo

from harness.cli import (  # they register commands
    accepting,
    env,
    judging,
    looking,
    measuring,
    projecting,
    queue,
    records,
    reference,
    reporting,
    site,
    store,
    tracking,
)
from harness.cli.app import app
from harness.errors import QyranError
from harness.outcome import NOT_MEASURED

if TYPE_CHECKING:
    from harness.report.document import Doc

# The order of `qyran --help`; the first of two equal ones counts.
_PANELS: Final = (
    measuring.PANEL,
    queue.PANEL,
    records.PANEL,
    reference.PANEL,
    store.PANEL,
    judging.PANEL,
    tracking.PANEL,
    looking.PANEL,
    accepting.PANEL,
    reporting.PANEL,
    site.PANEL,
    projecting.PANEL,
    env.PANEL,
)

# Modules stay, and 100,000 runs hold no cycles: with the defaults, half of the time of the latter
# went into looking for some.
_COLLECTED: Final = (100_000, 20, 100)


def _order() -> None:
    """Commands as people need them, not as their files are called."""

    def place(command: CommandInfo | TyperInfo) -> int:
        panel = command.rich_help_panel
        return _PANELS.index(panel) if panel in _PANELS else len(_PANELS)

    app.registered_commands.sort(key=place)
    app.registered_groups.sort(key=place)


def main() -> NoReturn:
    """Run a command; every error ends in one clear message and the exit code of its kind."""
    gc.set_threshold(*_COLLECTED)
    _order()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a C locale cannot show every name
    try:
        app()
    except QyranError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    except Exception:  # noqa: BLE001 - Python's code for it, 1, would be that of a verdict
        traceback.print_exc()
        sys.stderr.write("qyran: a mistake in qyran itself; report it with the lines above\n")
        sys.exit(NOT_MEASURED)
    sys.exit(0)


def _complain(error: QyranError) -> None:
    sys.stderr.write(f"qyran: {error}\n")
    if "--json" in sys.argv or "--format json" in " ".join(sys.argv).replace("=", " "):
        from harness.report.document import ErrorDoc

        _print(
            ErrorDoc(
                where=error.where,
                found=error.found,
                known=error.known,
                fix=error.fix,
                exit_code=error.exit_code,
            )
        )


def _print(document: Doc) -> None:
    from harness.report.document import text

    sys.stdout.write(text(document) + "\n")
