"""A judged fleet as files for programs: CSV, and JUnit XML with a test for each node and metric."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from typing import Final

from harness.judge.fleet.verdict import Judged, Verdict
from harness.judge.fleet.views import Grade
from harness.report.accept_document import AcceptDoc
from harness.report.junit import State, Test
from harness.report.stage_document import NodeStageDoc


def as_csv(found: Judged, document: AcceptDoc) -> str:
    """A row for each node and metric, in base units and full precision; empty where unknown.

    What was found beside numbers has a row too: the fact or kernel stands for the metric.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    views = [(one.name, what) for one in found.views for what in _OF_VIEW]
    names = [f"{view}_{what}" for view, what in views]
    writer.writerow(
        ["node", "node_verdict", "metric", "verdict", "value", "unit", "better", "n", *names]
    )
    for node in range(len(found.table.nodes)):
        writer.writerows(_rows(found, node))
    for one in document.nodes:
        for each in one.evidence:
            if each.view not in _VIEWS:
                row = [one.node, one.verdict, each.metric, each.verdict]
                writer.writerow([*row, *[""] * (4 + len(names))])
    return text.getvalue()


_VIEWS: Final = ("absolute", "baseline", "peers", "")


_OF_VIEW: Final = ("verdict", "expected", "deficit", "sd", "p")
_WORDS: Final = {
    Grade.SILENT: "",
    Grade.ACCEPT: Verdict.ACCEPT.value,
    Grade.RETEST: Verdict.RETEST.value,
    Grade.REJECT: Verdict.REJECT.value,
}


def _verdict(found: Judged, node: int, column: int) -> Verdict:
    """Of one metric of a node."""
    grade = Grade(int(found.cell[node, column]))
    if found.missing[node, column] and grade is not Grade.REJECT:
        return Verdict.NOT_TESTED
    return Verdict(_WORDS[grade] or Verdict.RETEST)


def _rows(found: Judged, node: int) -> Iterator[list[str]]:
    for column, metric in enumerate(found.table.metrics):
        verdict = _verdict(found, node, column).value
        row = [found.table.nodes[node], found.verdicts[node].value, metric.name, verdict]
        row += [_full(found.cells.value[node, column]), metric.unit, metric.better]
        row.append(str(found.cells.n[node, column]))
        for view in found.views:
            row.append(_WORDS[Grade(int(view.grade[node, column]))])
            row += [
                _full(one[node, column]) for one in (view.expected, view.deficit, view.sd, view.p)
            ]
        yield row


def _full(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""


_STATES: Final[dict[Verdict, State]] = {
    Verdict.ACCEPT: "passed",
    Verdict.REJECT: "failure",
    Verdict.NOT_TESTED: "error",
    Verdict.RETEST: "skipped",
}


def as_tests(found: Judged, document: AcceptDoc) -> list[Test]:
    """A test for each node and metric, and for each node and stage that was measured.

    A rejection fails, what is not tested is an error, a re-test is skipped.
    """
    lines = {
        (one.node, each.metric): each.line
        for one in document.nodes
        for each in reversed(one.evidence)  # the worst stands first, and stays
    }
    stages = [_of_stage(one.stage, each) for one in document.stages for each in one.nodes]
    return stages + [
        _test(found, node, column, lines)
        for node in range(len(found.table.nodes))
        for column in range(len(found.table.metrics))
    ]


_ENDED: Final[dict[str, State]] = {
    "passed": "passed",
    "rejected": "failure",
    "not tested": "error",
    "re-test": "skipped",
}


def _of_stage(stage: str, one: NodeStageDoc) -> Test:
    """How a node ended a stage."""
    good = one.ended == "passed"
    return Test(
        name=f"stage {stage}",
        group=one.node,
        state=_ENDED[one.ended],
        kind=one.ended,
        message="" if good else one.reason,
    )


def _test(found: Judged, node: int, column: int, lines: dict[tuple[str, str], str]) -> Test:
    name, metric = found.table.nodes[node], found.table.metrics[column]
    verdict, value = _verdict(found, node, column), float(found.cells.value[node, column])
    good = verdict is Verdict.ACCEPT
    return Test(
        name=metric.name,
        group=name,
        state=_STATES[verdict],
        kind=verdict.value,
        message="" if good else lines.get((name, metric.name), ""),
        properties={"value": value, "unit": metric.unit, "n": int(found.cells.n[node, column])},
    )
