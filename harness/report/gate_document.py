"""The document of `qyran gate`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.compare_document import CompareDoc
from harness.report.document import Doc, RunDoc


class GateDoc(Doc):
    """What `qyran gate` prints: the run, and how it stands against the baseline.

    comparison : null for a run that was interrupted, or gave no case to compare; exit_code : the
    worse of both.
    """

    schema_id: Literal["qyran.gate/1"] = Field("qyran.gate/1", alias="schema")
    baseline: str
    run: RunDoc
    comparison: CompareDoc | None
    exit_code: int
