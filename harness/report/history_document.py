"""The document of `qyran history`: all that a plot of a series needs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.report.document import Doc

Status = Literal[
    "steady",
    "too few",
    "suspect",
    "confirmed",
    "fixed",
    "refuted",
    "passed",
    "accepted",
    "rejected",
]


class PointDoc(Doc):
    """A run that counts; base units, s since 1970.

    segment : position in `segments`, null for none; role : on its level, under suspicion, disturbed
    (off its level for a while), or measured again for a suspicion.
    """

    time: float
    value: float
    low: float
    high: float
    level: float
    n: int
    launches: list[float]
    run: str
    case: str
    outcome: str
    commit: str
    dirty: bool
    software_key: str
    hosts: list[str]
    segment: int | None
    role: Literal["level", "suspect", "disturbed", "again"]


class GapDoc(Doc):
    """A run without a number that counts."""

    time: float
    run: str
    reason: str


class MarkDoc(Doc):
    """Something known at a point: position in `points`, before which it happened."""

    kind: Literal["software", "event"]
    point: int
    time: float
    text: str
    new_level: bool


class SegmentDoc(Doc):
    """Runs on one level: median of their values with its interval at ``level``.

    change : relative to the level before, as a fraction of it, null for the first; worse : whether
    that is a change for the worse; suspicion : the id of the change it began with, "" for none;
    with_ : what else changed there.
    """

    first: float
    last: float
    first_run: str
    runs: int
    value: float
    low: float
    high: float
    level: float
    change: float | None
    worse: bool
    status: Status
    suspicion: str
    reason: str
    with_: str = Field("", alias="with")
    evidence: list[str]
    current: bool


class SeriesDoc(Doc):
    """One metric of one case on one hardware key; times in s since 1970, noise as a fraction.

    runs : how many count, which are the `points`.
    judged : whether there were runs enough to say anything, which takes `least` of a level. noise :
    standard deviation from run to run; between_launches : within a run; null where unknown.
    """

    kernel: str
    metric: str
    unit: str
    better: Literal["higher", "lower"]
    series: str
    hardware_key: str
    machine: str
    clusters: list[str]
    parameters: dict[str, int | float | str | bool]
    nodes: int
    ranks: int
    threads: int
    status: Status
    judged: bool
    least: int
    newest: float
    silent_days: float
    noise: float | None
    between_launches: float | None
    runs: int
    points: list[PointDoc]
    gaps: list[GapDoc]
    marks: list[MarkDoc]
    segments: list[SegmentDoc]


class SkippedDoc(Doc):
    """A file that could not be used."""

    file: str
    reason: str


class HistoryDoc(Doc):
    """What `qyran history` prints. since : where the display begins, null for the beginning.

    left_out : what `qyran plot history` does not draw of it, "" for nothing.
    """

    schema_id: Literal["qyran.history/1"] = Field("qyran.history/1", alias="schema")
    results: str
    kernel: str
    since: float | None
    time: float
    series: list[SeriesDoc]
    skipped: list[SkippedDoc]
    confirmed_by: str
    exit_code: int
    run_next: list[str]
    left_out: str = ""
