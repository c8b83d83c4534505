"""The document that `qyran explain A B METRIC` prints: one verdict with all that led to it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.compare_document import ChangeDoc, ComparedDoc
from harness.report.document import Doc


class BootstrapDoc(Doc):
    """The median of a side by nested bootstrap: launches first, then repetitions within.

    samples : in all; a percentile interval of few launches is too narrow (docs/compare.md).
    """

    median: float
    low: float
    high: float
    level: float
    samples: int


class WhyDoc(Doc):
    """A case: the row of the comparison, and further witnesses that do not decide.

    a, b : null where the raw samples cannot be read; rank_test : two-sided p value of Mann and
    Whitney's test of the launches, null with fewer than two on a side.
    """

    row: ComparedDoc
    a: BootstrapDoc | None
    b: BootstrapDoc | None
    rank_test: float | None


class ExplainPairDoc(Doc):
    """What `qyran explain A B METRIC` prints; ``next`` are commands to type."""

    schema_id: Literal["qyran.explain-pair/1"] = Field("qyran.explain-pair/1", alias="schema")
    a: str
    b: str
    metric: str
    tested: int
    cases: list[WhyDoc]
    environment: list[ChangeDoc] | None
    next: list[str]
