"""The document that `qyran explain` prints: why a case has its outcome."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.document import Doc

Standing = Literal["within", "missed", "partly missed", "beyond", "no reference"]


class UsedDoc(Doc):
    """The reference that a metric was judged by, as it was recorded with the case.

    lowest, highest : limits of the interval in the unit of the metric, null where there is none;
    place : where it stood; why : the conditions that chose it.
    """

    value: float
    lowest: float | None
    highest: float | None
    source: str
    date: str
    n: int | None
    place: str
    why: str


class NearDoc(Doc):
    """An entry of today's files that was not used: the conditions that do not hold, or none."""

    place: str
    value: float
    source: str
    failed: list[str]


class ExplainedMetricDoc(Doc):
    """A metric with its interval, what it was held against, and how it stands to that."""

    metric: str
    primary: bool
    unit: str
    better: Literal["higher", "lower"]
    value: float
    low: float
    high: float
    level: float
    n: int
    launches: list[float]
    standing: Standing
    reference: UsedDoc | None
    near: list[NearDoc]


class ExplainedDoc(Doc):
    """A case. next : commands to type; proposal : an entry for a file of references."""

    case: str
    kernel: str
    parameters: dict[str, int | float | str | bool]
    nodes: int
    ranks: int
    threads: int
    outcome: str
    reason: str
    notes: list[str]
    method: str
    metrics: list[ExplainedMetricDoc]
    next: list[str]
    proposal: str


class ExplainDoc(Doc):
    """What `qyran explain RUN` prints."""

    schema_id: Literal["qyran.explain/1"] = Field("qyran.explain/1", alias="schema")
    run: str
    path: str
    cluster: str
    suite: str
    outcome: str
    hardware_key: str
    software_key: str
    cpu: str
    commit: str
    cases: list[ExplainedDoc]
