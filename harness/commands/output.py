"""Printing for people or for programs, and ending with the right code."""

from __future__ import annotations

import sys
from typing import NoReturn

from rich.console import RenderableType

from harness.report import terminal
from harness.report.document import Doc, text


def show(document: Doc, rendered: RenderableType, *, as_json: bool) -> None:
    """The document itself with ``--json``, what a person reads without."""
    if as_json:
        sys.stdout.write(text(document) + "\n")
    else:
        terminal.console().print(rendered)


def end(code: int) -> NoReturn:
    """End the program with the exit code of its outcome."""
    sys.stdout.flush()
    raise SystemExit(code)
