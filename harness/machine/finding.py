"""One line of `qyran doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "note", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """What was examined, how it stands, what was found, and what to type about it.

    "fail": nothing can be measured so; "warn": numbers will be worse or scatter; "note": good to
    know. ``fix`` is empty only if the status is "ok".
    """

    what: str
    status: Status
    found: str
    fix: str = ""


def ok(what: str, found: str) -> Finding:
    """A finding that needs nothing."""
    return Finding(what, "ok", found)
