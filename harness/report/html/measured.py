"""What an acceptance measured beside the numbers of nodes: promises, stages, consistency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from harness.report import units
from harness.report.accept_document import AcceptDoc
from harness.report.html import words
from harness.report.html.content import Block, Cell, Table, verdict
from harness.report.promise_document import PromiseDoc
from harness.report.stage_document import FactDoc, StageDoc

_SOME: Final = 12


def promises(accept: AcceptDoc) -> Sequence[PromiseDoc]:
    """Those of the whole machine, the broken ones first; none in a document of nodes alone."""
    found: Sequence[PromiseDoc] = getattr(accept, "promises", ())
    return sorted(found, key=lambda one: (one.verdict != "broken", one.verdict == "kept"))


def blocks(accept: AcceptDoc) -> Iterator[Block]:
    """What the document has of them."""
    found = promises(accept)
    if found:
        yield Block("Promises of the whole machine", "promises", tables=[_promises(found)])
    if accept.facts or accept.compared:
        yield _consistency(accept)
    if accept.stages:
        yield Block("Stages", "stages", tables=[_stages(accept.stages)])


def _promises(found: Sequence[PromiseDoc]) -> Table:
    columns = (
        "promise", "verdict", "promised", "delivered", "95 % interval", "share", "nodes", "run",
        "source", "reason",
    )  # fmt: skip
    rows = [
        [
            Cell(one.called, kind="strong", title=one.metric),
            verdict(one.verdict),
            words.number(one.promised, one.unit),
            words.number(one.value, one.unit),
            Cell("-" if one.low is None or one.high is None
                 else units.si_range(one.low, one.high, one.unit)),
            words.fraction(one.share),
            Cell(f"{one.nodes} of {one.of}", one.nodes),
            Cell(one.run),
            Cell(one.source),
            Cell(one.reason),
        ]
        for one in found
    ]  # fmt: skip
    return Table(columns, rows, frozenset({2, 3, 4, 5, 6}), sortable=False)


def _consistency(accept: AcceptDoc) -> Block:
    """In what nodes differ; a row for each value of a fact."""
    same = accept.compared - len(accept.facts)
    text = [f"{units.counted(accept.compared, 'fact')} compared, {same} equal on all nodes."]
    rows = [row for one in accept.facts for row in _fact(one)]
    columns = ("fact", "group", "value", "nodes", "which", "what may follow")
    table = Table(columns, rows, frozenset({3}), "Where nodes differ, the odd ones out first")
    return Block("Consistency", "consistency", text, [table] if rows else [])


def _fact(one: FactDoc) -> Iterator[list[Cell]]:
    """The smallest group first: it is named, the majority counted."""
    for group in sorted(one.groups, key=lambda each: len(each.nodes)):
        usual = group.value == one.usual
        yield [
            Cell(one.fact, kind="strong"),
            Cell(one.group),
            Cell(group.value, sign="" if usual else "!", tone="" if usual else "warn"),
            Cell(str(len(group.nodes)), len(group.nodes)),
            Cell("the majority" if usual else _named(group.nodes)),
            Cell("" if usual else one.meaning),
        ]


def _named(nodes: Sequence[str]) -> str:
    more = f" and {len(nodes) - _SOME} more" if len(nodes) > _SOME else ""
    return ", ".join(nodes[:_SOME]) + more


def _stages(listed: Sequence[StageDoc]) -> Table:
    columns = (
        "stage", "began, UTC", "took", "nodes", "passed", "re-test", "rejected", "not tested",
        "reason",
    )  # fmt: skip
    return Table(columns, [_stage(one) for one in listed], frozenset(range(3, 8)), sortable=False)


def _stage(one: StageDoc) -> list[Cell]:
    ended = Counter(each.ended for each in one.nodes)
    took = None if one.started is None or one.ended is None else one.ended - one.started
    counts = [ended["passed"], ended["re-test"], ended["rejected"], ended["not tested"]]
    return [
        Cell(one.stage, kind="strong"),
        Cell(words.when(one.started)),
        Cell(units.seconds(took)),
        Cell(str(len(one.nodes)), len(one.nodes)),
        *(Cell(str(n), n) for n in counts),
        Cell(one.reason),
    ]
