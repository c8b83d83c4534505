"""The stages of an acceptance for people: how nodes ended each of them, and in what they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from harness.report import units
from harness.report.accept_document import AcceptDoc
from harness.report.stage_document import FactDoc, StageDoc
from harness.report.table import new_table

_WORDS: Final = {"passed": "passed", "re-test": "to be tested again"}
_SOME: Final = 4
_MOST_FACTS: Final = 30


def shown(document: AcceptDoc) -> Iterator[RenderableType]:
    """A row for each stage; then the facts in which nodes differ."""
    if not document.stages:
        return
    table = new_table("stage", "nodes", "how they ended", "took")
    for one in document.stages:
        table.add_row(one.stage, str(len(one.nodes)), _ended(one), _took(one))
    yield Text("")
    yield table
    yield from _facts(document)


def _ended(one: StageDoc) -> str:
    counts = Counter(each.ended for each in one.nodes)
    words = [f"{n} {_WORDS.get(how, how)}" for how, n in counts.most_common()]
    return one.reason or ", ".join(words)


def _took(one: StageDoc) -> str:
    if one.started is None or one.ended is None:
        return "-"
    return units.seconds(one.ended - one.started)


def _facts(document: AcceptDoc) -> Iterator[RenderableType]:
    if not document.compared:
        return
    yield Text("")
    if not document.facts:
        yield Text(f"All {document.compared} facts of the nodes agree")
        return
    yield Text(f"{len(document.facts)} of {document.compared} facts differ", style="bold")
    for one in document.facts[:_MOST_FACTS]:
        yield Text(_fact(one), style="" if one.usual else "yellow")
    if len(document.facts) > _MOST_FACTS:
        yield Text(f"and {len(document.facts) - _MOST_FACTS} more: --json has them all")


def _fact(one: FactDoc) -> str:
    """``microcode: 0xa0011d1 on 62 nodes; 0xa001173 on node07, node31 (may change clock)``."""
    parts = [
        f"{each.value} on {_names(each.nodes, usual=each.value == one.usual)}"
        for each in one.groups
    ]
    tie = "" if one.usual else " - no majority, nobody can say which is right"
    means = f" ({one.meaning})" if one.meaning else ""
    return f"  {one.fact}: {'; '.join(parts)}{tie}{means}"


def _names(nodes: list[str], *, usual: bool) -> str:
    if usual and len(nodes) > 1:
        return f"{len(nodes)} nodes"
    if len(nodes) <= _SOME:
        return ", ".join(nodes)
    return f"{', '.join(nodes[: _SOME - 1])}, ... {nodes[-1]} ({len(nodes)} nodes)"


def goes_on(document: AcceptDoc) -> Iterator[RenderableType]:
    """What to type to see this again."""
    if document.id:
        short = document.id.rpartition("-")[2]
        yield Text("")
        yield Text(f"acceptance {document.id}; again: qyran accept --resume {short}", style="dim")
