"""What a person sees of a comparison: the metrics that matter, and how many others there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from harness.report import units
from harness.report.compare_document import ComparedDoc, CompareDoc, ComparedSideDoc
from harness.report.table import new_table

SIGNS: Final = {
    "slower": "-",
    "faster": "+",
    "same": "=",
    "undecided": "?",
    "not comparable": "x",
    "missing": "!",
}
_STYLE: Final = {
    "slower": "bold red",
    "faster": "green",
    "same": "",
    "undecided": "yellow",
    "not comparable": "yellow",
    "missing": "bold red",
}
_ALWAYS: Final = frozenset({"slower", "faster", "missing"})
_WITHOUT_NUMBER: Final = frozenset({"missing", "not comparable"})
_FEW: Final = 6
_CHANGES: Final = 4
_LONG: Final = 32


@dataclass(frozen=True)
class Line:
    """What stands in a line: a metric, or all metrics of a case that are missing for one reason."""

    title: str
    name: str
    row: ComparedDoc


@dataclass(frozen=True)
class Block:
    """The lines of a case, and its metrics that are not shown."""

    title: str
    lines: list[Line]
    hidden: list[ComparedDoc]


def table(document: CompareDoc, *, everything: bool) -> RenderableType:
    """Both sides, the table, and what needs words. everything : no metric is left to a count."""
    parts = blocks(document, everything=everything)
    made = new_table("case", "A", "B", "B / A", "95 % interval", "verdict")
    for one in parts:
        made.add_row(Text(one.title, style="bold"))
        for line in one.lines:
            made.add_row(f"  {line.name}", *cells(line.row), verdict(line.row))
        if one.hidden:
            more = f"  {hidden(one.hidden)}"
            made.add_row(Text(more, style="dim"))
    lines = [line for one in parts for line in one.lines]
    return Group(*_sides(document), Text(""), made, Text(""), *_remarks(document, lines))


def blocks(document: CompareDoc, *, everything: bool) -> list[Block]:
    """The cases in their order, each with the lines that are shown."""
    cases: dict[str, list[ComparedDoc]] = {}
    for one in document.metrics:
        cases.setdefault(one.series, []).append(one)
    firsts = [rows[0] for rows in cases.values()]
    return [_block(rows, title(rows[0], firsts), everything) for rows in cases.values()]


def title(row: ComparedDoc, others: Sequence[ComparedDoc]) -> str:
    """``hpl n=4000, 2 x 1``: the kernel, its size, and what differs between its cases."""
    like = [one.parameters for one in others if one.kernel == row.kernel]
    names = list(row.parameters)
    swept = [name for name in names[1:] if len({repr(one.get(name)) for one in like}) > 1]
    words = [row.kernel, *(f"{name}={row.parameters[name]}" for name in names[:1] + swept)]
    nodes = f" on {row.nodes} nodes" if row.nodes > 1 else ""
    return f"{' '.join(words)}, {row.ranks} x {row.threads}{nodes}"


def _block(rows: list[ComparedDoc], named: str, everything: bool) -> Block:
    alike = len({(one.verdict, one.reason) for one in rows}) == 1
    if alike and rows[1:] and rows[0].verdict in _WITHOUT_NUMBER and not everything:
        return Block(named, [Line(named, f"all {len(rows)} metrics", _valueless(rows[0]))], [])
    shown = rows if everything or len(rows) <= _FEW else [one for one in rows if _matters(one)]
    kept = {one.metric for one in shown}
    return Block(
        named,
        [Line(named, one.metric or "-", one) for one in shown],
        [one for one in rows if one.metric not in kept],
    )


def _matters(row: ComparedDoc) -> bool:
    return row.primary or row.verdict in _ALWAYS


def _valueless(row: ComparedDoc) -> ComparedDoc:
    """A line that stands for several metrics has no number."""
    return row.model_copy(update={"a": None, "b": None, "ratio": None})


def hidden(rows: Iterable[ComparedDoc]) -> str:
    """``212 more: 200 same, 12 undecided``."""
    verdicts = [one.verdict for one in rows]
    return f"{len(verdicts)} more: {counted(verdicts)}"


def counted(verdicts: Sequence[str]) -> str:
    """``2 slower, 40 same``, the worst first."""
    return ", ".join(f"{verdicts.count(one)} {one}" for one in SIGNS if one in verdicts)


def cells(row: ComparedDoc) -> tuple[str, str, str, str]:
    """Both values, their ratio and its interval."""
    ratio = "-" if row.ratio is None else f"{row.ratio:.3f}"
    known = row.low is not None and row.high is not None and row.ratio is not None
    interval = f"{row.low:.3f} - {row.high:.3f}" if known else "-"
    first, second = (None if one is None else one.value for one in (row.a, row.b))
    return units.si(first, row.unit), units.si(second, row.unit), ratio, interval


def verdict(row: ComparedDoc) -> Text:
    """The word with its sign and colour."""
    return Text(f"{SIGNS[row.verdict]} {row.verdict}", style=_STYLE[row.verdict])


def _sides(document: CompareDoc) -> Iterator[Text]:
    for name, one in (("A", document.a), ("B", document.b)):
        yield Text.assemble((f"{name}  ", "bold"), side(one))
    if document.across:
        yield Text("across machines: the hardware may differ, as asked for", style="yellow")


def side(one: ComparedSideDoc) -> str:
    """``tag:base: 3 runs, 12 cases, cluster laptop, commit 1a2b3c4d``."""
    runs = one.runs[0] if len(one.runs) == 1 else units.counted(len(one.runs), "run")
    asked = "" if one.asked == runs else f"{one.asked}: "
    commits = [one[:10] for one in one.commits]
    words = [f"{asked}{runs}", units.counted(one.cases, "case"), ", ".join(one.clusters)]
    if commits:
        dirty = " with changes" if one.dirty else ""
        words.append(f"commit {', '.join(commits[:2])}{' ...' if commits[2:] else ''}{dirty}")
    return ", ".join(words)


def _remarks(document: CompareDoc, lines: list[Line]) -> Iterator[Text]:
    yield from _more(lines)
    for one, names in _reasons(lines).items():
        yield Text(f"{', '.join(names)}: {one}", style="yellow")
    for one in document.notes:
        yield Text(one, style="yellow")
    yield from (Text(f"left out: {one.file}: {one.reason}", "red") for one in document.left_out)
    yield from (Text(one, style="dim") for one in (*environment(document), *method(document)))
    verdicts = [one.verdict for one in document.metrics]
    code = f" (exit {document.exit_code})"
    yield Text.assemble((counted(verdicts), _STYLE[_worst(verdicts)]), code)


def _more(lines: list[Line]) -> Iterator[Text]:
    """How many launches would decide: one sentence for all metrics."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.row.more_launches and line.row.q is not None:
            words = f"{line.name} {line.row.more_launches}"
            found.setdefault(line.row.kernel, []).append(words)
    if found:
        each = "; ".join(f"{kernel} {', '.join(names)}" for kernel, names in found.items())
        yield Text(f"further launches of each side that would decide: {each}", style="yellow")


def _worst(verdicts: Sequence[str]) -> str:
    return next((one for one in SIGNS if one in verdicts), "missing")


def _reasons(lines: list[Line]) -> dict[str, list[str]]:
    """Reason or note -> the lines it belongs to, some by name."""
    found: dict[str, list[str]] = {}
    for line in lines:
        where = f"{line.row.kernel} {line.name}"
        for words in (line.row.reason, line.row.note):
            if words and not (line.row.more_launches and words is line.row.reason):
                found.setdefault(words, []).append(where)
    return {words: _some(names) for words, names in found.items()}


def _some(names: list[str]) -> list[str]:
    left = len(names) - 3
    return names if left < 1 else [*names[:3], f"{left} more"]


def environment(document: CompareDoc) -> list[str]:
    """What differs beside the numbers, the first of it by name."""
    changes = document.environment
    if changes is None:
        return ["environment: cannot be read on one side"]
    if not changes:
        return ["environment: no difference"]
    named = [f"  {one.name}: {_short(one.a)} -> {_short(one.b)}" for one in changes[:_CHANGES]]
    runs = f"{document.a.runs[-1]} {document.b.runs[-1]}"
    rest = [f"  all: qyran env diff {runs}"] if changes[_CHANGES:] else []
    head = f"environment: {units.counted(len(changes), 'difference')}"
    return [head, *named, *rest]


def _short(words: str) -> str:
    return words if len(words) <= _LONG else f"{words[: _LONG - 3]}..."


def method(document: CompareDoc) -> list[str]:
    """By which rule the table was judged."""
    limits = sorted({one.threshold for one in document.metrics})
    several = f" to {100 * limits[-1]:.2g} %" if limits[1:] else ""
    at = f"{100 * limits[0]:.2g} %{several}" if limits else "-"
    rate = f"{100 * document.false_discoveries:.0f} %"
    return [
        f"threshold {at}; false discoveries held at {rate} over {document.tested} tested metrics"
        " (Benjamini-Hochberg)"
    ]
