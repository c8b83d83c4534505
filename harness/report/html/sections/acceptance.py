"""The acceptance of a fleet: rejected nodes first with their evidence, then the whole fleet."""

from __future__ import annotations

from typing import Final

from harness.report import units
from harness.report.accept_document import AcceptDoc, NodeVerdictDoc
from harness.report.accept_older import NOT_RECORDED
from harness.report.html import fleet, measured, strips
from harness.report.html.content import Section
from harness.report.report_document import ReportDoc

ORDER: Final = 60
_IN_FULL: Final = 200
"""Rejected nodes shown with all evidence; further ones are in the table of all nodes."""


def section(report: ReportDoc) -> Section | None:
    """None without a judged fleet."""
    accept = report.accept
    if accept is None:
        return None
    rejected = _worst_first([one for one in accept.nodes if one.verdict == "reject"])
    blocks = [fleet.links(accept), fleet.metrics(accept), fleet.heat(accept), strips.block(accept)]
    blocks += [*fleet.matrices(accept), fleet.nodes(accept)]
    facts = {
        "about": _about(report, accept),
        "rejected": rejected[:_IN_FULL],
        "more": max(0, len(rejected) - _IN_FULL),
        "reasons": {
            "Not tested": by_reason(accept, "not tested"),
            "To be tested again": by_reason(accept, "re-test"),
        },
        "accepted": accept.counts.get("accept", 0),
    }
    used = [*measured.blocks(accept), *(one for one in blocks if one is not None)]
    return Section("acceptance", "Acceptance", used, "acceptance.html", facts)


def _about(report: ReportDoc, accept: AcceptDoc) -> list[tuple[str, str]]:
    nodes = units.counted(len(accept.nodes), "node")
    facts = [
        ("judged", f"{nodes}, {units.counted(len(accept.fleet), 'metric')}"),
        ("measurements", accept.source),
        ("contract", accept.contract or "none"),
        ("baseline", accept.baseline or "none"),
    ]
    if accept.id:
        facts = [("acceptance", accept.id), ("cluster", accept.cluster), *facts]
    if accept.not_recorded:
        facts += [(NOT_RECORDED, ", ".join(accept.not_recorded))]
    return [*facts, *([("document", report.accepted_from)] if report.accepted_from else [])]


def _worst_first(nodes: list[NodeVerdictDoc]) -> list[NodeVerdictDoc]:
    return sorted(
        nodes, key=lambda one: -max((e.deficit or 0.0 for e in one.evidence), default=0.0)
    )


def by_reason(accept: AcceptDoc, word: str) -> list[tuple[str, list[NodeVerdictDoc]]]:
    """Nodes of one and the same reason together: a fleet that cannot be judged has 500."""
    groups: dict[str, list[NodeVerdictDoc]] = {}
    for one in accept.nodes:
        if one.verdict == word:
            groups.setdefault(one.reason, []).append(one)
    return list(groups.items())
