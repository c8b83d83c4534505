"""`qyran accept` for people: rejected nodes first, accepted ones counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.report import promises, stages, units
from harness.report.accept_document import (
    AcceptDoc,
    FleetMetricDoc,
    LinkDoc,
    LinkKindDoc,
    NodeVerdictDoc,
)
from harness.report.evidence_document import EvidenceDoc
from harness.report.table import new_table

_SIGN: Final = {"reject": "✗", "not tested": "?", "re-test": "~"}
_STYLE: Final = {"reject": "bold red", "not tested": "yellow", "re-test": "yellow"}
_HEAD: Final = {
    "reject": "rejected",
    "not tested": "not tested",
    "re-test": "to be tested again",
    "accept": "accepted",
}
_IN_FULL: Final = 20
"""Nodes that are shown with all their evidence; further ones have a line each."""
_MOST_LINES: Final = 100
_SOME: Final = 6
_MANY: Final = 0.05


def shown(document: AcceptDoc) -> RenderableType:
    """How many nodes of each verdict, then each that is not accepted, then the fleet."""
    made: list[RenderableType] = [_counts(document)]
    made += [Text(document.advice, style="yellow")] if document.advice else []
    made += stages.shown(document)
    for word in ("reject", "not tested", "re-test"):
        nodes = [one for one in document.nodes if one.verdict == word]
        if nodes:
            made += [Text(""), Text(f"{_HEAD[word].capitalize()}", style="bold")]
            made += _rejected(nodes) if word == "reject" else _by_reason(nodes)
    made += _links(document.links)
    if document.fleet:
        made += [Text(""), _fleet(document.fleet), *_remarks(document.fleet)]
    if document.promises:
        made += [Text(""), promises.shown(document.promises)]
    return Group(*made, *stages.goes_on(document))


def _counts(document: AcceptDoc) -> Text:
    parts = [f"{n} {_HEAD[word]}" for word, n in document.counts.items() if n]
    nodes = units.counted(len(document.nodes), "node")
    metrics = units.counted(len(document.fleet), "metric")
    return Text(f"{nodes}, {metrics}: {', '.join(parts) or 'nothing to judge'}", style="bold")


def _rejected(nodes: list[NodeVerdictDoc]) -> Iterator[RenderableType]:
    """The farthest behind first."""
    nodes = sorted(nodes, key=lambda one: -max(_behind(each) for each in one.evidence))
    for one in nodes[:_IN_FULL]:
        yield _title(one, "")
        for line in _evidence(one):
            yield Padding(Text(line), (0, 0, 0, 4), expand=False)
    for one in nodes[_IN_FULL:]:
        yield _title(one, one.reason)


def _behind(one: EvidenceDoc) -> float:
    return one.deficit or 0.0


def _evidence(one: NodeVerdictDoc) -> Iterator[str]:
    bad = [each for each in one.evidence if each.verdict != "accept"]
    yield from (each.line for each in bad)
    yield from (f"look first: {each}" for each in dict.fromkeys(e.look_first for e in bad) if each)
    if one.repeat:
        yield f"repeat: {one.repeat}"


def _title(one: NodeVerdictDoc, reason: str) -> Text:
    made = Text(f"{_SIGN[one.verdict]} {one.node}", style=_STYLE[one.verdict])
    return made.append(f"  {reason}" if reason else "", style="default not bold")


def _by_reason(nodes: list[NodeVerdictDoc]) -> Iterator[RenderableType]:
    """Nodes of one and the same reason in one line: a fleet that cannot be judged has 500."""
    groups: dict[str, list[NodeVerdictDoc]] = {}
    for one in nodes:
        groups.setdefault(one.reason, []).append(one)
    for reason, same in list(groups.items())[:_MOST_LINES]:
        yield Text(f"{_SIGN[same[0].verdict]} {_names(same)}", style=_STYLE[same[0].verdict])
        yield Padding(Text(reason), (0, 0, 0, 4), expand=False)
    if len(groups) > _MOST_LINES:
        yield Text(f"and {len(groups) - _MOST_LINES} more: --json or --csv FILE has them all")


def _links(links: list[LinkDoc]) -> list[RenderableType]:
    if not links:
        return []
    worst = sorted(links, key=lambda one: -one.deficit)[:_MOST_LINES]
    lines = [Text(f"{_SIGN[one.verdict]} {one.line}", style=_STYLE[one.verdict]) for one in worst]
    more = [Text(f"and {len(links) - len(worst)} more")] if len(links) > len(worst) else []
    return [Text(""), Text("Slow links: cable, ports, switch", style="bold"), *lines, *more]


def _names(nodes: list[NodeVerdictDoc]) -> str:
    names = [one.node for one in nodes]
    if len(names) <= _SOME:
        return ", ".join(names)
    return f"{', '.join(names[: _SOME - 1])}, ... {names[-1]} ({len(names)} nodes)"


def _fleet(metrics: list[FleetMetricDoc]) -> Table:
    """Of each metric its main group, and how small a deficit peers would reject."""
    table = new_table("metric", "median", "spread", "nodes", "main", "sees", "judged by")
    for one in metrics:
        table.add_row(
            one.metric,
            units.si(one.median, one.unit),
            _percent(one.spread),
            str(one.n),
            str(one.main),
            _percent(one.sees),
            ", ".join(one.views) or "nothing",
        )
    return table


def _kind(one: LinkKindDoc, unit: str) -> str:
    """``112 links within blocks, median 24 GB/s, spread 1.0 %, sees 5.1 %``."""
    words = f"{units.counted(one.n, 'link')} {one.kind}, median {units.si(one.median, unit)}"
    return f"{words}, spread {_percent(one.spread)}, sees {_percent(one.sees)}"


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{100.0 * fraction:.1f} %"


def _remarks(metrics: list[FleetMetricDoc]) -> Iterator[RenderableType]:
    for one in metrics:
        yield from (Text(f"{one.metric}: {_kind(each, one.unit)}") for each in one.kinds)
        if one.links:
            yield Text(f"{one.metric}: {one.links}", style="yellow")
        if one.bimodal:
            yield Text(
                f"{one.metric} is {one.silent['peers']}: peers cannot say which are right; give an "
                "absolute anchor (--contract) or a baseline (--baseline)",
                style="yellow",
            )
        elif one.faster >= max(1.0, _MANY * one.n):
            yield Text(
                f"{one.metric}: {units.counted(one.faster, 'node')} better than the main group; if "
                "that is right, the others are slow: an absolute anchor tells"
            )
