"""Printing for people or for programs, and ending with the right code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Final, NoReturn

from rich.console import RenderableType

from harness.errors import CannotMeasure
from harness.report import terminal
from harness.report.document import Doc, text

_BROKEN_PIPE: Final = 141  # 128 + SIGPIPE, what a shell reports for others


def show(document: Doc, rendered: RenderableType, *, as_json: bool) -> None:
    """The document itself with ``--json``, what a person reads without."""
    _write(lambda: text(document) + "\n" if as_json else _as_text(rendered))


def note(words: str) -> None:
    """One line on standard error, beside what is printed."""
    sys.stderr.write(f"note: {words}\n")


def progress(words: str, *, stderr: bool) -> None:
    """One line about what goes on; on standard error beside a document."""
    if stderr:
        sys.stderr.write(f"{words}\n")
    else:
        _write(lambda: f"{words}\n")


def plain(said: str) -> None:
    """Text in a format of its own."""
    _write(lambda: said)


def _write(make: Callable[[], str]) -> None:
    """Text on standard output; what is made of Rich touches it too, and can fail there."""
    try:
        sys.stdout.write(make())
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        raise SystemExit(_BROKEN_PIPE) from None
    except OSError as error:
        _forget_output()
        raise CannotMeasure("standard output", f"cannot be written: {error.strerror}") from error


def _as_text(rendered: RenderableType) -> str:
    """What Rich would write; it would end a broken pipe with the code of a failed verdict."""
    console = terminal.console()
    with console.capture() as said:
        console.print(rendered)
    return said.get()


def _forget_output() -> None:
    """What is still buffered would be complained about again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def end(code: int) -> NoReturn:
    """End the program with the exit code of its outcome."""
    sys.stdout.flush()
    raise SystemExit(code)
