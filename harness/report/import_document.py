"""The document of `qyran store import`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.document import Doc


class ImportedDoc(Doc):
    """A file of another tool as a run.

    cases : its benchmarks; recorded : those that were not in the store before; outcomes : how many
    cases ended in each way; started in s since 1970.
    """

    file: str
    run: str
    path: str
    cluster: str
    started: float
    cases: int
    recorded: int
    outcomes: dict[str, int]


class ImportDoc(Doc):
    """What `qyran store import` prints."""

    schema_id: Literal["qyran.import/1"] = Field("qyran.import/1", alias="schema")
    format: str
    results: str
    runs: list[ImportedDoc]
