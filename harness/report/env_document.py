"""The documents that `qyran env show` and `qyran env diff` print."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from harness.report.document import Doc


class EnvDoc(Doc):
    """A recorded environment: of a run, or of this machine now (``of`` is then ``now``).

    environment : as `machine.environment` makes it; null members have their reason in ``unknown``.
    """

    schema_id: Literal["qyran.env/1"] = Field("qyran.env/1", alias="schema")
    of: str
    environment: dict[str, Any]


class KeyDoc(Doc):
    """A key on both sides, "" where none was recorded, and the lines of its text that differ."""

    a: str
    b: str
    same: bool
    only_a: list[str]
    only_b: list[str]


class DifferenceDoc(Doc):
    """A fact that is not the same; null where it is unknown, with the reason beside it.

    meaning : what may follow for performance, "" where nothing is known.
    """

    group: str
    name: str
    a: Any
    b: Any
    a_unknown: str
    b_unknown: str
    meaning: str


class EnvDiffDoc(Doc):
    """What `qyran env diff A B` prints, the most relevant of each group first.

    same : facts that were compared and are equal.
    """

    schema_id: Literal["qyran.env-diff/1"] = Field("qyran.env-diff/1", alias="schema")
    a: str
    b: str
    hardware: KeyDoc
    software: KeyDoc
    differences: list[DifferenceDoc]
    same: int
