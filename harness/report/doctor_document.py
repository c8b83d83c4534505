"""The document of `qyran doctor`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.document import Doc


class FindingDoc(Doc):
    """One finding of `qyran doctor`."""

    what: str
    status: Literal["ok", "note", "warn", "fail"]
    found: str
    fix: str


class DoctorDoc(Doc):
    """What `qyran doctor` prints."""

    schema_id: Literal["qyran.doctor/1"] = Field("qyran.doctor/1", alias="schema")
    status: Literal["ok", "note", "warn", "fail"]
    exit_code: int
    findings: list[FindingDoc]
