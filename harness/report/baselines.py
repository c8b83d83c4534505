"""`qyran baseline` for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from harness.report import units
from harness.report.baseline_document import BaselineDiffDoc, BaselineDoc, BaselineMakeDoc
from harness.report.table import new_table

_SIGN: Final = {"better": "↑", "worse": "↓", "same": "=", "new": "+", "gone": "-"}
_SOME: Final = 5
_STYLE: Final = {"better": "green", "worse": "yellow"}


def shown(document: BaselineDoc) -> RenderableType:
    """A row for each metric, then the nodes that were left out."""
    table = new_table("metric", "median", "scale", "nodes", "left out")
    for name, one in document.metrics.items():
        table.add_row(
            name,
            units.si(one.median, one.unit),
            f"{100.0 * one.scale:.2f} %",
            str(one.n),
            str(len(one.left_out)),
        )
    key = f", environment {document.environment}" if document.environment else ""
    head = Text(f"{units.counted(len(document.nodes), 'node')}{key}", style="bold")
    return Group(head, table, *_left_out(document))


def _left_out(document: BaselineDoc) -> Iterator[Text]:
    for name, one in document.metrics.items():
        for node, why in list(one.left_out.items())[:_SOME]:
            yield Text(f"{name}: {node} left out: {why}")
        if len(one.left_out) > _SOME:
            kinds = Counter(why.partition(":")[0] for why in list(one.left_out.values())[_SOME:])
            more = ", ".join(f"{count} {why}" for why, count in kinds.items())
            yield Text(f"{name}: and {len(one.left_out) - _SOME} more left out: {more}")


def made(document: BaselineMakeDoc) -> RenderableType:
    """The baseline and where it lies, or why there is none."""
    if document.baseline is None:
        why = [Text(f"{name}: {one}", style="yellow") for name, one in document.refused.items()]
        return Group(Text(f"{document.source}: this gives no baseline", style="bold"), *why)
    done = "written to" if document.written else "is in this file already:"
    lines = [f"{done} {document.file}", f"qyran accept --from FILE --baseline {document.file}"]
    return Group(shown(document.baseline), *(Text(one) for one in lines))


def different(document: BaselineDiffDoc) -> RenderableType:
    """A row for each metric of either."""
    table = new_table("metric", "first", "second", "change", "")
    for one in document.metrics:
        change = "-" if one.ratio is None else units.signed_percent(one.ratio - 1.0)
        word = Text(f"{_SIGN.get(one.verdict, '?')} {one.verdict}", _STYLE.get(one.verdict, ""))
        first, second = units.si(one.first, one.unit), units.si(one.second, one.unit)
        table.add_row(one.metric, first, second, change, word)
    return Group(table, *_nodes(document))


def _nodes(document: BaselineDiffDoc) -> Iterator[Text]:
    one, two = document.environments
    if one != two:
        yield Text(f"other environment: {one or 'unknown'}, {two or 'unknown'}", style="yellow")
    for word, nodes in (("added", document.nodes_added), ("removed", document.nodes_removed)):
        if nodes:
            some = ", ".join(nodes[:6]) + (", ..." if len(nodes) > 6 else "")
            yield Text(f"{units.counted(len(nodes), 'node')} {word}: {some}")
