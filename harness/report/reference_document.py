"""What `qyran reference` prints: the TOP500 lists that the user has added."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.base import Doc


class AddedListDoc(Doc):
    """A list that was added. first, last, total : Rmax in flop/s; places : 500, or the top alone.

    packaged : a list of the same date comes with qyran, and does not count any more.
    """

    list: str
    places: int
    number_one: str
    first: float
    last: float
    total: float
    source: str
    added: str
    packaged: bool


class ReferenceDoc(Doc):
    """Added lists, oldest first; ``done`` and ``changed`` say what was done to which list."""

    schema_id: Literal["qyran.reference/1"] = Field("qyran.reference/1", alias="schema")
    folder: str
    done: Literal["listed", "imported", "removed"]
    changed: str | None
    notes: list[str]
    newest: str
    packaged_first: str
    packaged_last: str
    lists: list[AddedListDoc]
