"""A comparison for others to show: Markdown for a merge request, JUnit XML for a CI server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.report import comparison, junit
from harness.report.compare_document import ComparedDoc, CompareDoc

_STATES: Final[dict[str, junit.State]] = {
    "slower": "failure",
    "missing": "error",
    "undecided": "skipped",
    "not comparable": "skipped",
    "same": "passed",
    "faster": "passed",
}
_ROW: Final = ("metric", "A", "B", "B / A", "95 % interval", "verdict")


def markdown(document: CompareDoc, *, everything: bool) -> str:
    """A table of GitHub and GitLab Markdown, with both sides above and the method below."""
    lines = [
        f"**{comparison.counted([one.verdict for one in document.metrics])}**",
        "",
        f"- A: {_plain(comparison.side(document.a))}",
        f"- B: {_plain(comparison.side(document.b))}",
        *(["- across machines: the hardware may differ"] if document.across else []),
        "",
        _cells("case", *_ROW),
        _cells("---", "---", "---:", "---:", "---:", "---", "---"),
    ]
    for block in comparison.blocks(document, everything=everything):
        for line in block.lines:
            verdict = f"{line.row.verdict}{_why(line.row)}"
            lines.append(_cells(block.title, line.name, *comparison.cells(line.row), verdict))
        if block.hidden:
            lines.append(_cells(block.title, comparison.hidden(block.hidden), "", "", "", "", ""))
    notes = [*document.notes, *comparison.environment(document), *comparison.method(document)]
    return "\n".join([*lines, "", *(f"{_plain(one.strip())}  " for one in notes)]) + "\n"


def _why(row: ComparedDoc) -> str:
    return f": {row.reason}" if row.reason else ""


def _cells(*words: str) -> str:
    return f"| {' | '.join(_plain(one) for one in words)} |"


def _plain(words: str) -> str:
    """Nothing of it may end a cell or begin markup."""
    return words.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def tests(document: CompareDoc) -> list[junit.Test]:
    """A test for each metric; what only A lacks is new, and no error."""
    firsts = {one.series: one for one in document.metrics}
    others = list(firsts.values())
    return [_test(one, comparison.title(one, others)) for one in document.metrics]


def _test(row: ComparedDoc, title: str) -> junit.Test:
    new = row.verdict == "missing" and row.a is None and row.b is not None
    return junit.Test(
        name=row.metric or "result",
        group=title,
        state="skipped" if new else _STATES[row.verdict],
        kind=row.verdict,
        message=row.reason or _said(row),
        properties=dict(_properties(row)),
    )


def _said(row: ComparedDoc) -> str:
    first, second, ratio, interval = comparison.cells(row)
    return f"{first} in A, {second} in B: {ratio} times, interval {interval}"


def _properties(row: ComparedDoc) -> Iterator[tuple[str, object]]:
    """Numbers in base units, as they are in the document."""
    yield from (("verdict", row.verdict), ("unit", row.unit), ("better", row.better))
    numbers = ("ratio", "low", "high", "p", "q", "effect", "threshold", "more_launches")
    found: dict[str, object] = {name: getattr(row, name) for name in numbers}
    found |= {"a": row.a and row.a.value, "b": row.b and row.b.value}
    yield from ((name, value) for name, value in found.items() if value is not None)
