"""What to type where a fleet is too small to be judged by peers, and nothing else judges it."""

from __future__ import annotations

from typing import Final

from harness.judge.fleet.verdict import Judged
from harness.judge.fleet.views import Grade
from harness.report import units

_SOME: Final = 3


def too_few(found: Judged, source: str, contract: str | None, accepted: str) -> str:
    """One line, or "" where every metric with a value was judged or has enough nodes.

    source : words of `qyran accept` that judge the same again; contract : what was given; accepted
    : id of an acceptance that measured, whose runs are judged again then, "" for none.
    """
    least = found.limits.least
    lone = [
        (metric.name, fleet.nodes)
        for at, (metric, fleet) in enumerate(zip(found.table.metrics, found.fleets, strict=True))
        if fleet is not None and fleet.nodes < least and _unjudged(found, at)
    ]
    if not lone:
        return ""
    names = [name for name, _ in lone]
    named = ", ".join(names[:_SOME]) + (f" and {len(names) - _SOME} more" * (len(names) > _SOME))
    count = max(nodes for _, nodes in lone)
    words = f"--runs tag:accept-{accepted.rpartition('-')[2]}" if accepted else source
    given = f"name it in {contract}" if contract else f"qyran accept {words} --contract FILE"
    return (
        f"{units.counted(count, 'node')} cannot be judged by peers, which takes {least}, and "
        f"nothing else is known of {named}. Say what is expected: {given}, or --baseline FILE "
        f"(docs/accept.md); or measure {least - count} more of the same kind"
    )


def _unjudged(found: Judged, column: int) -> bool:
    """Whether no view judged a value of this metric."""
    return all((view.grade[:, column] == Grade.SILENT).all() for view in found.views)
