"""The environment of the run: keys, every recorded fact, and why others are not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.report import env
from harness.report.html.content import Block, Cell, Section, Table
from harness.report.report_document import ReportDoc

ORDER: Final = 70
_PARTS: Final = ("hardware", "software", "state")


def section(report: ReportDoc) -> Section | None:
    """None where no environment was recorded."""
    found = report.environment
    if not found:
        return None
    keys = [
        (f"{which} key", str(key.get("key", "")))
        for which, key in found.get("fingerprint", {}).items()
    ]
    blocks = [Block(facts=keys)]
    blocks += [
        Block(part.capitalize(), facts=list(_facts(found.get(part) or {}))) for part in _PARTS
    ]
    rest = {name: found.get(name) for name in ("container", "job")}
    rest |= {"unknown": found.get("unknown")}
    around = [*_facts(rest), *((k, str(v)) for k, v in (found.get("variables") or {}).items())]
    blocks.append(Block("Surroundings", facts=around))
    unknown = _unknown(found)
    if unknown.rows:
        blocks.append(Block("Not known", tables=[unknown]))
    return Section("environment", "Environment", [one for one in blocks if one.facts or one.tables])


def _facts(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is known."""
    for name, value, style in env.lines(part):
        if style != "dim":
            yield name, value


def _unknown(found: Mapping[str, Any]) -> Table:
    rows = [
        [Cell(f"{part}: {name}" if part else name), Cell(value.removeprefix("unknown: "))]
        for part in (*_PARTS, "")
        for name, value, style in env.lines((found.get(part) or {}) if part else _rest(found))
        if style == "dim"
    ]
    return Table(("fact", "why it is not known"), rows, sortable=False)


def _rest(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found.get(name) for name in ("container", "job", "unknown")}
