"""Tags given to runs after they were measured: empty files ``results/.tags/<tag>/<run-id>``.

A file for each pair, so that no two processes ever write one; the files of a run are not touched.
Tags that a run was begun with (`qyran run --tag`) stand in its own files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from harness.errors import CannotMeasure, ConfigError

FOLDER: Final = ".tags"
NAME: Final = re.compile(r"[A-Za-z][\w.-]{0,63}")
RULE: Final = "a letter, then letters, digits, '_', '-' and '.'; 64 characters at most"


def given(results: Path) -> dict[str, set[str]]:
    """The tags of each run that was tagged later: {run id: tags}."""
    found: dict[str, set[str]] = {}
    for tag in _entries(results / FOLDER):
        if NAME.fullmatch(tag):
            for run in _entries(results / FOLDER / tag):
                found.setdefault(run, set()).add(tag)
    return found


def add(results: Path, tag: str, runs: Iterable[str]) -> None:
    """Give a tag to runs, by their ids; those that have it already keep it.

    Raises ConfigError for a name that cannot be one, CannotMeasure if it cannot be written.
    """
    check(tag)
    folder = results / FOLDER / tag
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for run in runs:
            (folder / run).touch()
    except OSError as error:
        raise CannotMeasure(str(folder), f"cannot be written: {error.strerror}") from error


def remove(results: Path, tag: str, runs: Iterable[str]) -> None:
    """Take a tag from runs; only one that was given later can be taken.

    Raises CannotMeasure if it cannot be removed.
    """
    check(tag)
    folder = results / FOLDER / tag
    try:
        for run in runs:
            (folder / run).unlink(missing_ok=True)
    except OSError as error:
        raise CannotMeasure(str(folder), f"cannot be changed: {error.strerror}") from error
    with suppress(OSError):  # others are tagged so
        folder.rmdir()


def check(tag: str) -> None:
    """ConfigError if this cannot be the name of a tag."""
    if not NAME.fullmatch(tag):
        raise ConfigError("tag", f"found {tag!r}", known=RULE)


def _entries(folder: Path) -> list[str]:
    with suppress(OSError):
        return sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))
    return []
