"""What `qyran accept` measured itself: stages, how nodes ended them, in what nodes differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from harness.judge.fleet.consistency import Consistency
from harness.judge.fleet.findings import Finding
from harness.report.document import Doc
from harness.report.promise_document import PromiseDoc


class NodeStageDoc(Doc):
    """How a node ended a stage. run : its folder, "" where there is none."""

    node: str
    ended: Literal["passed", "re-test", "rejected", "not tested"]
    reason: str
    run: str


class StageDoc(Doc):
    """A stage. started, ended : s since 1970; nodes : those that came to it, [] if none did."""

    stage: str
    started: float | None
    ended: float | None
    nodes: list[NodeStageDoc]
    reason: str


class AlikeDoc(Doc):
    """Nodes with one and the same value of a fact."""

    value: str
    nodes: list[str]


class FactDoc(Doc):
    """A fact in which nodes differ. usual : what a majority has, "" where there is none."""

    fact: str
    group: str
    usual: str
    groups: list[AlikeDoc]
    meaning: str


@dataclass(frozen=True)
class More:
    """What is known beside the numbers of a fleet that was measured by stages.

    repeat : from names of nodes, joined by commas, to the command that measures them again; None
    where nobody knows how they were measured. unconfirmed : nodes whose rejection by a metric does
    not stand; control : the node that suspects were measured beside. compared : how many facts were
    compared, 0 if none were. promises : of the whole machine; promises_code : their exit code.
    """

    id: str = ""
    cluster: str = ""
    stages: tuple[StageDoc, ...] = ()
    facts: tuple[FactDoc, ...] = ()
    compared: int = 0
    findings: tuple[Finding, ...] = ()
    unconfirmed: frozenset[str] = frozenset()
    control: str = ""
    repeat: Callable[[str], str] | None = None
    promises: tuple[PromiseDoc, ...] = ()
    promises_code: int = 0


NOTHING = More()


def facts(found: Consistency) -> tuple[FactDoc, ...]:
    """The facts in which nodes differ."""
    return tuple(
        FactDoc(
            fact=one.name,
            group=one.group,
            usual=one.usual,
            groups=[AlikeDoc(value=each.text, nodes=list(each.nodes)) for each in one.groups],
            meaning=one.meaning,
        )
        for one in found.facts
    )
