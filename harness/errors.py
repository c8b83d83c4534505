"""The errors that end a command, each with one clear message and its exit code.

    QyranError
    ├── ConfigError      2  a file, a flag or a value is wrong
    ├── CannotMeasure    3  launcher, machine or folder does not allow a measurement
    ├── NoReference      4  there is nothing to compare with
    └── CorruptStore     5  a result file is not what was written

A message names the place, what was found, what is known, and what to type next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class QyranError(Exception):
    """Base: ``where`` the problem is, what was ``found``, what is ``known``, how to ``fix`` it."""

    exit_code: ClassVar[int] = 2

    def __init__(self, where: str, found: str, known: str = "", fix: str = "") -> None:
        self.where = where
        self.found = found
        self.known = known
        self.fix = fix
        super().__init__(self._message())

    def _message(self) -> str:
        lines = [f"{self.where}: {self.found}" if self.where else self.found]
        if self.known:
            lines.append(f"  known: {self.known}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


class ConfigError(QyranError):
    """A file, a flag or a value that cannot be used."""

    exit_code = 2


class CannotMeasure(QyranError):
    """Nothing is wrong with the request, but it could not be measured here."""

    exit_code = 3


class NoReference(QyranError):
    """What a verdict needs to compare with is not there."""

    exit_code = 4


class CorruptStore(QyranError):
    """A stored file does not hold what was written."""

    exit_code = 5


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the nearest known name, or nothing."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(found.casefold(), list(folded), n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""


def unknown(where: str, what: str, found: str, known: Iterable[str], fix: str = "") -> ConfigError:
    """The error for a name that is not among the known ones."""
    names = list(known)
    hint = did_you_mean(found, names)
    return ConfigError(where, f"unknown {what} {found!r}{hint}", ", ".join(names) or "none", fix)
