"""What an acceptance by stages looks like: document, terminal, JUnit and CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from rich.console import Console

from harness.acceptance.judging import Judge, Known
from harness.judge.fleet import findings, runs
from harness.judge.fleet.consistency import compared
from harness.judge.fleet.file import Read
from harness.judge.fleet.verdict import Judged
from harness.report import accept_document, accept_files, acceptance, stage_document
from harness.report.accept_document import AcceptDoc
from harness.report.stage_document import More, NodeStageDoc, StageDoc
from tests.harness.judge.fleet.test_consistency import fleet as environments
from tests.harness.judge.fleet.test_findings import fleet

GIB = 2**30


def document(found: Judged, **odd: dict[str, Any]) -> tuple[Judged, AcceptDoc]:
    """Eight nodes; of the odd ones the facts that differ."""
    consistent = compared(environments(8, **odd))
    ends = [
        NodeStageDoc(node=f"n{i}", ended="rejected" if f"n{i}" in odd else "passed", reason="why",
                     run="") for i in range(8)
    ]  # fmt: skip
    stages = (StageDoc(stage="consistency", started=1.0, ended=3.0, nodes=ends, reason=""),)
    more = More(
        id="20261128T230000Z-accept-a1b2c3",
        cluster="c",
        stages=stages,
        facts=stage_document.facts(consistent),
        compared=consistent.compared,
        findings=consistent.findings,
        repeat=lambda nodes: f"qyran accept {nodes}",
    )
    judged = findings.beside(found, consistent.findings)
    return judged, accept_document.of(judged, "--resume a1b2c3", None, None, {}, more)


LESS = {"memory_present_B": 480 * GIB}


def test_a_finding_is_evidence_and_its_node_is_not_told_what_else_it_lacks() -> None:
    _, shown = document(fleet(), n2=LESS)
    bad = shown.nodes[2]
    assert (shown.exit_code, bad.verdict) == (1, "reject")
    assert bad.reason == "memory present 480 GiB; 7 of 8 nodes have 512 GiB"
    assert (bad.evidence[0].view, bad.evidence[0].metric) == ("consistency", "memory_present_B")
    assert bad.repeat == f"qyran accept n2,{bad.control}"
    assert shown.facts[0].usual == "512 GiB"


@pytest.mark.parametrize("width", [80, 200])
def test_on_a_terminal(width: int) -> None:
    _, shown = document(fleet(n4=60.0), n2=LESS)
    console = Console(file=io.StringIO(), width=width, no_color=True, force_terminal=False)
    console.print(acceptance.shown(shown))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(len(line) for line in said.splitlines()) <= width
    flat = " ".join(said.split())
    for words in (
        "consistency 8 7 passed, 1 rejected 2.00 s",
        "memory_present_B: 512 GiB on 7 nodes; 480 GiB on n2",
        "✗ n2 memory present 480 GiB",
        "qyran accept --resume a1b2c3",
    ):
        assert words in flat, said


def test_a_test_for_each_node_and_stage_and_a_row_for_each_finding() -> None:
    judged, shown = document(fleet(), n2=LESS)
    tests = accept_files.as_tests(judged, shown)
    failed = {(one.group, one.name) for one in tests if one.state == "failure"}
    assert failed == {("n2", "stage consistency")}
    assert len(tests) == 16
    rows = list(csv.DictReader(io.StringIO(accept_files.as_csv(judged, shown))))
    (row,) = [one for one in rows if one["metric"] == "memory_present_B"]
    assert (row["node"], row["verdict"], row["value"]) == ("n2", "reject", "")


def test_a_rejection_that_was_not_confirmed_is_no_rejection_anywhere() -> None:
    found = fleet(n4=60.0)
    judged = findings.beside(found, [], {"n4"})
    shown = accept_document.of(judged, "", None, None, {}, More(unconfirmed=frozenset({"n4"})))
    assert {one.verdict for one in shown.nodes[4].evidence} == {"re-test"}
    assert (shown.nodes[4].verdict, shown.exit_code) == ("re-test", 4)


def test_without_numbers_nodes_are_judged_by_what_was_found() -> None:
    nodes = tuple(f"n{i}" for i in range(8))
    empty = Judge(Known(nodes=nodes))(Read(runs.of_cases([]), None)).found
    _, shown = document(empty, n2=LESS)
    assert [one.verdict for one in shown.nodes].count("accept") == 7
    assert shown.nodes[2].verdict == "reject"
