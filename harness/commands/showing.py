"""A run on the screen: as it ends, and again whenever somebody asks for it.

Nothing here imports what measures or submits: a recorded run is shown at once.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Group

from harness import shown
from harness.commands import output
from harness.record import archive
from harness.report import terminal
from harness.report.document import RunDoc
from harness.report.format import Format


def recorded(folder: Path) -> RunDoc:
    """A run as far as its folder knows it; one that waits in a queue is asked for there."""
    if not archive.holds(folder, "run.yaml") and archive.holds(folder, "job.json"):
        from harness.commands import jobs

        return jobs.shown(folder)
    return shown.run(folder)


def show(result: RunDoc, form: Format) -> None:
    """A run in the form that was asked for."""
    if form is Format.HPL:
        from harness.report import hpl

        output.plain(hpl.text(result))
        return
    rendered = terminal.run(result)
    if any(one.kernel == "hpl" for one in result.cases):
        from harness.commands.rank import hpl_standing

        standing = hpl_standing(result)
        if standing is not None:
            result.standing = standing.document
            rendered = Group(rendered, *standing.summary)
    output.show(result, rendered, as_json=form is Format.JSON)
