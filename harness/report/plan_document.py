"""The document of `qyran plan`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from harness.report.document import Doc, MemberDoc


class PlannedDoc(Doc):
    """One case of a plan."""

    case: str
    kernel: str
    parameters: dict[str, int | float | str | bool]
    fitted: list[str]
    nodes: int
    ranks: int
    threads: int
    repetitions: int | None
    launches: int
    budget_s: float
    memory_B: int
    estimated_s: float
    scaling: list[MemberDoc]


class PlanDoc(Doc):
    """What `qyran plan` prints; ``memory_B`` of a case is that of its fullest node."""

    schema_id: Literal["qyran.plan/1"] = Field("qyran.plan/1", alias="schema")
    suite: str
    cluster: str
    partition: str
    planned: bool
    target: dict[str, Any]
    estimated_s: float
    cases: list[PlannedDoc]
