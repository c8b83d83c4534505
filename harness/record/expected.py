"""The references that a case was judged by, in its file."""

from __future__ import annotations

from typing import Any

from harness.record import nexus
from harness.record.result import CaseResult


def write(entry: Any, result: CaseResult) -> None:
    """Each with its tolerances, its source, and where it was found."""
    group = nexus.group(entry, "references", "NXcollection")
    for name, one in result.case.references.items():
        inner = nexus.group(group, name, "NXcollection", source=one.source)
        unit = result.metrics[name].metric.unit if name in result.metrics else ""
        nexus.scalar(inner, "value", one.value, nexus.unit(unit))
        nexus.scalar(inner, "tolerance", one.tolerance, "1")
        for side in ("below", "above"):
            if getattr(one, side) is not None:
                nexus.scalar(inner, side, getattr(one, side), "1")
        said = {"date": one.date, "place": one.place, "why": one.why}
        nexus.describe(inner, **{name: words for name, words in said.items() if words})
        if one.n is not None:
            nexus.scalar(inner, "n", one.n, "1")
