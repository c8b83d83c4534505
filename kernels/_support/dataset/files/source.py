"""One column of one file: what is said when it is wrong, and what must hold for every format."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.contract import CannotRun, IllegalParameter

_NAMED: Final = 12
"""So many known names stand in a message."""
_CONTINUES: Final = 0x80
"""Bytes 10xxxxxx of UTF-8 begin no character."""


class Source:
    """A file and the name of a column. opening : nothing has started yet."""

    def __init__(self, path: Path, column: str) -> None:
        self.path, self.column = path, column
        self.opening = True
        self._was = self._state()

    def __str__(self) -> str:
        return f"{self.path}:{self.column}" if self.column else str(self.path)

    def error(self, found: str, fix: str = "") -> IllegalParameter | CannotRun:
        """What to raise: an illegal parameter as long as nothing has started."""
        if self.opening:
            return IllegalParameter("input", str(self), f"{found}; {fix}" if fix else found)
        return CannotRun(f"input {self}", found, fix=fix)

    def unknown(self, what: str, known: Iterable[str]) -> IllegalParameter | CannotRun:
        """The error for a column that is not there, or for none that is given."""
        names = list(known)
        listed = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
        fix = f"--set input={self.path}:{names[0]}" if names else ""
        if not self.column:
            return self.error(f"no {what} is named; known: {listed or 'none'}", fix)
        near = did_you_mean(self.column, names)
        return self.error(f"no {what} {self.column!r}{near}; known: {listed or 'none'}")

    def unusable(self, kind: object) -> IllegalParameter | CannotRun:
        """The error for a column of a type that is neither number nor text."""
        return self.error(f"{kind} cannot be used; known: integers, floats, text")

    def unchanged(self) -> None:
        """Raise if the file is not what it was when it was opened."""
        now = self._state()
        if now != self._was:
            raise self.error(f"the file has changed while it was read: {_change(self._was, now)}")

    @property
    def size(self) -> int:
        """Bytes of the file, when it was opened."""
        return self._was[0]

    def _state(self) -> tuple[int, int, int]:
        """Size, time of the last change, number of the file; zeros if it is gone."""
        try:
            found = self.path.stat()
        except OSError:
            return 0, 0, 0
        return found.st_size, found.st_mtime_ns, found.st_ino

    def put(self, row: int, values: NDArray[Any], out: NDArray[Any]) -> None:
        """Copy numbers into out; unsigned ones must be int64. row : number of the first."""
        if values.dtype == np.uint64 and values.size and values.max() > np.iinfo(np.int64).max:
            at = int(values.argmax())
            raise self.error(f"row {row + at} is {values[at]}, which is no int64")
        out[:] = values

    def check_text(self, row: int, data: NDArray[np.uint8], starts: NDArray[np.int64]) -> None:
        """Raise if a string is not UTF-8. row : number of the first."""
        first = data[starts[:-1][starts[:-1] < starts[1:]]]
        whole = data[: starts[-1]].tobytes()
        try:
            whole.decode("utf-8")
            if not ((first & 0xC0) == _CONTINUES).any():
                return
        except UnicodeDecodeError:
            pass
        for at, (start, stop) in enumerate(pairwise(starts)):
            try:
                whole[start:stop].decode("utf-8")
            except UnicodeDecodeError as error:
                found = f"row {row + at} is not UTF-8 at its byte {error.start}"
                raise self.error(f"{found} (0x{whole[start + error.start]:02x})") from error


def _change(was: tuple[int, int, int], now: tuple[int, int, int]) -> str:
    if not now[2]:
        return "it is gone"
    if now[0] != was[0]:
        return f"{was[0]} B have become {now[0]} B"
    return "it was written again" if now[2] == was[2] else "another file has its name"


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the nearest known name, or nothing."""
    near = difflib.get_close_matches(found, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
