"""The summary: what is wrong first, each with a link to where it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.report import units
from harness.report.accept_document import AcceptDoc
from harness.report.document import RunDoc
from harness.report.history_document import HistoryDoc
from harness.report.html.content import SIGNS, Section, Tone
from harness.report.html.measured import promises
from harness.report.report_document import ReportDoc

ORDER: Final = 10
_WORST: Final[tuple[Tone, ...]] = ("bad", "warn", "", "dim", "good")
_NAMED: Final = 6
_NOT_GOOD: Final = ("reject", "not tested", "re-test")
_NODES: Final = {
    "reject": "rejected",
    "not tested": "not tested",
    "re-test": "to be tested again",
    "accept": "accepted",
}


@dataclass(frozen=True)
class Line:
    """A verdict. word : of the verdict, which has the sign; why : the reason, or what is next."""

    word: str
    text: str
    why: str = ""
    href: str = ""

    @property
    def sign(self) -> str:
        """The sign of the verdict."""
        return SIGNS.get(self.word, ("·", ""))[0]

    @property
    def tone(self) -> Tone:
        """The tone of the verdict."""
        return SIGNS.get(self.word, ("·", ""))[1]


def section(report: ReportDoc) -> Section:
    """A line for each verdict, the worst first; of equal ones in the order of the sections."""
    lines: list[Line] = []
    if report.accept:
        lines += _of_nodes(report.accept)
    if report.run:
        lines += _of_run(report.run)
    if report.history:
        lines += _of_history(report.history)
    lines.sort(key=lambda one: _WORST.index(one.tone))
    return Section("summary", "Summary", template="summary.html", facts={"lines": lines})


def _of_nodes(accept: AcceptDoc) -> Iterator[Line]:
    for word in _NOT_GOOD:
        nodes = [one for one in accept.nodes if one.verdict == word]
        if nodes:
            text = f"{units.counted(len(nodes), 'node')} {_NODES[word]}: "
            text += _names([one.node for one in nodes])
            why = nodes[0].reason if len({one.reason for one in nodes}) == 1 else ""
            yield Line(word, text, why, "#acceptance")
    if accept.advice:
        yield Line("re-test", accept.advice, "", "#acceptance")
    for promise in promises(accept):
        yield Line(
            promise.verdict, f"{promise.verdict.capitalize()}: {promise.line}", "", "#promises"
        )
    for link in accept.links[:_NAMED]:
        yield Line(link.verdict, f"Slow link: {link.line}", "", "#links")
    if len(accept.links) > _NAMED:
        more = accept.links[_NAMED:]
        word = "reject" if any(one.verdict == "reject" for one in more) else "re-test"
        yield Line(word, units.counted(len(more), "more slow link"), "", "#links")
    good = accept.counts.get("accept", 0)
    if good:
        of = f" of {len(accept.nodes)}" if good < len(accept.nodes) else ""
        yield Line("accept", f"{good}{of} nodes accepted", "", "#acceptance")
    if not accept.nodes:
        yield Line("not tested", "No node was measured", "", "#acceptance")


def _of_run(run: RunDoc) -> Iterator[Line]:
    """What did not pass by name, the others counted; then the place in the TOP500."""
    outcomes = dict.fromkeys(one.outcome for one in run.cases)
    for word in outcomes:
        cases = [one for one in run.cases if one.outcome == word]
        names = _names(list(dict.fromkeys(one.kernel for one in cases)))
        counted = units.counted(len(cases), "case")
        whys = dict.fromkeys(one.reason for one in cases if one.reason)
        yield Line(word, f"{counted} {_past(word)}: {names}", _reasons(list(whys)), "#kernels")
    if run.standing:
        yield Line("", f"TOP500: {run.standing.sentence}", "", "#system")


def _reasons(whys: list[str]) -> str:
    """The first three, and how many more there are."""
    more = [units.counted(len(whys) - 3, "more reason")] if len(whys) > 3 else []
    return "; ".join([*whys[:3], *more])


def _past(word: str) -> str:
    return {"pass": "passed", "killed": "killed", "error": "with an error"}.get(word, word)


def _of_history(history: HistoryDoc) -> Iterator[Line]:
    for word, text in (
        ("confirmed", "confirmed regression"),
        ("suspect", "suspected regression"),
        ("steady", "steady series"),
        ("too few", "series with too few runs to judge"),
    ):
        found = [one for one in history.series if one.status == word]
        if not found:
            continue
        bad = word in ("confirmed", "suspect")
        noun = units.counted(len(found), text) if bad else f"{len(found)} {text}"
        named = _names([f"{one.kernel} {one.metric}" for one in found]) if bad else ""
        yield Line(word, f"{noun}{': ' if named else ''}{named}", _next(history, word), "#history")


def _next(history: HistoryDoc, word: str) -> str:
    commands = [one for one in history.run_next if "--confirm" in one]
    return "next: " + "; ".join(commands) if word == "suspect" and commands else ""


def _names(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[: _NAMED - 1])}, … and {len(names) - _NAMED + 1} more"
