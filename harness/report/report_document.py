"""The document of `qyran report`: all that the HTML file shows, and how far it can be trusted."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from harness.report.accept_document import AcceptDoc
from harness.report.document import Doc, RunDoc, RunLineDoc
from harness.report.history_document import HistoryDoc, SkippedDoc


class SilenceDoc(Doc):
    """A machine of which nothing was heard for long; days. usual : between two of its runs."""

    machine: str
    hardware_key: str
    clusters: list[str]
    newest: float
    silent_days: float
    usual_days: float | None
    reason: str


class TestsDoc(Doc):
    """How many tests a part of the report made, and what is done about there being many."""

    what: str
    tests: int
    method: str


class NoiseDoc(Doc):
    """Spread between runs (fractions) over the series in which it is known."""

    series: int
    known: int
    low: float | None
    median: float | None
    high: float | None


class HonestyDoc(Doc):
    """What a reader must know before believing the rest; times in s since 1970.

    judged : when an acceptance was; oldest, newest : of the data shown, null where they have no
    time; gaps : runs without a number; excluded : files that could not be used; versions : of the
    programs that measured.
    """

    made: float
    judged: float | None
    oldest: float | None
    newest: float | None
    newest_run: str
    runs: int
    silent: list[SilenceDoc]
    excluded: list[SkippedDoc]
    gaps: int
    noise: NoiseDoc | None
    tests: list[TestsDoc]
    versions: dict[str, str]


class DrawnDoc(Doc):
    """A plot of the run. numbers : its document, as `qyran plot NAME --json` prints it."""

    plot: str
    numbers: dict[str, Any]


class ReportDoc(Doc):
    """What `qyran report` prints, and all that its HTML file is made of.

    file, bytes : what was written; sections : those it has, in their order; environment : that of
    ``run``; accepted_from : the file that ``accept`` is from, if it is.
    """

    schema_id: Literal["qyran.report/1"] = Field("qyran.report/1", alias="schema")
    title: str
    file: str
    bytes: int
    sections: list[str]
    honesty: HonestyDoc
    run: RunDoc | None = None
    environment: dict[str, Any] = Field(default_factory=dict)
    plots: list[DrawnDoc] = Field(default_factory=list)
    runs: list[RunLineDoc] = Field(default_factory=list)
    earlier: int = 0
    history: HistoryDoc | None = None
    accept: AcceptDoc | None = None
    accepted_from: str = ""
