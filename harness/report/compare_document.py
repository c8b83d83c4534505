"""The document that `qyran compare` prints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.document import Doc

VerdictWord = Literal["slower", "faster", "same", "undecided", "not comparable", "missing"]


class ComparedSideDoc(Doc):
    """One side: what was asked for and what that selected. first, last : seconds since 1970."""

    asked: str
    runs: list[str]
    clusters: list[str]
    commits: list[str]
    dirty: bool
    hardware_keys: list[str]
    software_keys: list[str]
    cases: int
    first: float
    last: float


class CentreDoc(Doc):
    """A metric on one side.

    value : geometric mean of the medians of the launches; median : of them; launches :
    [run][launch], null where a number was not finite.
    """

    value: float | None
    median: float | None
    launches: list[list[float | None]]


class ComparedDoc(Doc):
    """A metric on both sides.

    ratio : B / A with its interval [low, high] at ``level``; p : of the two-sided test, q :
    adjusted for the table, null where it was not tested; effect : Cliff's delta of the launches,
    above 0 where B is better; threshold : the fraction below which a difference is none;
    more_launches : further launches of each side that would probably decide.
    """

    series: str
    kernel: str
    parameters: dict[str, int | float | str | bool]
    nodes: int
    ranks: int
    threads: int
    metric: str
    primary: bool
    unit: str
    better: Literal["higher", "lower"]
    a: CentreDoc | None
    b: CentreDoc | None
    ratio: float | None
    low: float | None
    high: float | None
    level: float
    p: float | None
    q: float | None
    effect: float | None
    threshold: float
    threshold_source: str
    verdict: VerdictWord
    reason: str
    note: str
    more_launches: int | None


class ChangeDoc(Doc):
    """What differs between the environments of the newest runs of both sides, as text.

    meaning : what may follow for performance, "" where nothing is known.
    """

    group: str
    name: str
    a: str
    b: str
    meaning: str


class LeftOutDoc(Doc):
    """A damaged file that was not used."""

    file: str
    reason: str


class CompareDoc(Doc):
    """What `qyran compare` prints.

    across : machines were allowed to differ; threshold : as given, null for that of each metric;
    tested : metrics over which false discoveries are held at ``false_discoveries``; counts :
    metrics by verdict; environment : null where it could not be read.
    """

    schema_id: Literal["qyran.compare/1"] = Field("qyran.compare/1", alias="schema")
    a: ComparedSideDoc
    b: ComparedSideDoc
    across: bool
    threshold: float | None
    false_discoveries: float
    tested: int
    counts: dict[VerdictWord, int]
    exit_code: int
    environment: list[ChangeDoc] | None
    left_out: list[LeftOutDoc]
    notes: list[str]
    metrics: list[ComparedDoc]
