"""The newest runs of the store."""

from __future__ import annotations

from typing import Final

from harness.report.html import words
from harness.report.html.content import Block, Cell, Section, Table, verdict
from harness.report.report_document import ReportDoc

ORDER: Final = 55


def section(report: ReportDoc) -> Section | None:
    """None where the report is of one run, or of one fleet."""
    if not report.runs:
        return None
    rows = [
        [
            Cell(one.run, kind="nowrap"),
            Cell(words.when(one.started) if one.started else "-", one.started, kind="nowrap"),
            Cell(one.cluster),
            verdict(one.outcome),
            Cell(f"{one.recorded}/{one.cases}", one.recorded),
            Cell(one.best),
        ]
        for one in reversed(report.runs)
    ]
    columns = ("run", "began, UTC", "cluster", "outcome", "cases", "best")
    table = Table(columns, rows, frozenset({4}), "The newest runs")
    more = f"{report.earlier} earlier ones: qyran ls --last 0" if report.earlier else ""
    return Section("runs", "Runs", [Block(text=[more] if more else [], tables=[table])])
