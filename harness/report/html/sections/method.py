"""Method: how verdicts are made, with the thresholds as used, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.report.accept_document import AcceptDoc
from harness.report.accept_older import NOT_RECORDED
from harness.report.html.content import Block, Cell, Section, Table, plain
from harness.report.report_document import ReportDoc

ORDER: Final = 80
_LEFT_OUT: Final = 200
_RUNS: Final = [
    "The time of a repetition is that of its slowest rank, from a barrier on; compilation, start "
    "and warm-up are apart. A result is the median of all repetitions of all launches, with the "
    "interval of its order statistics: 95 %, or the level that is said beside it.",
    "A number is reported only if the result was verified by a check of its own. A case is slow if "
    "its whole interval misses its reference, inconclusive if a part of it does.",
    "Above 102 % of a bound a number is called impossible: it means a wrong count, not a fast "
    "machine.",
]
_HISTORY: Final = [
    "A series is one metric of one case on one kind of hardware. After each run its newest 2 to 8 "
    "values, each cut at 4.2 standard deviations, are compared with the level before them; beyond "
    "4.35 standard errors the series is a suspect. New launches, or ten runs in a row, confirm it.",
    "False suspects in 100 quiet series of 60 runs: 0.5 with normal noise, 2 to 5 with a marked "
    "tail. A change that creeps by much less than the noise moves the level with it, and is not "
    "seen.",
]
_MEANING: Final = {
    "effect": "smallest deficit of a node that counts",
    "pair_effect": "smallest deficit of a link that counts",
    "floor": "smallest spread that is assumed",
    "retest": "re-test: Benjamini-Hochberg level",
    "reject": "reject: Holm level, among uniform peers",
    "tolerance": "widest spread of a healthy fleet, one sd",
    "doubt": "chance of a wider fleet to look uniform",
    "certain": "reject whatever the peers are like: Holm level",
    "gross": "deficit that is rejected whatever the peers are like",
    "least": "fewest nodes that peers judge",
    "clip": "members of the main group, in robust sd",
    "together": "chance of a healthy small fleet to have its slow nodes suspected as a group",
    "implausible": "times better than expected: re-test, rather another unit than a good node",
    "minority": "share from which on a second group makes a fleet bimodal",
}
_COUNTS: Final = ("least", "clip", "implausible")


def section(report: ReportDoc) -> Section:
    """What belongs to the parts this report has."""
    blocks = []
    if report.accept:
        blocks.append(_acceptance(report.accept))
    if report.run:
        blocks.append(Block("Measurements", text=_RUNS))
    if report.history:
        blocks.append(Block("History", text=_HISTORY))
    if report.honesty.excluded:
        blocks.append(_left_out(report))
    return Section("method", "Method", blocks)


def _acceptance(accept: AcceptDoc) -> Block:
    table = Table(("threshold", "value"), list(_thresholds(accept)), frozenset({1}), sortable=False)
    return Block("Verdicts on nodes", text=accept.method, tables=[table])


def _thresholds(accept: AcceptDoc) -> Iterator[list[Cell]]:
    """As they were used; one without a meaning here keeps its name."""
    for name, value in accept.thresholds.model_dump().items():
        yield [Cell(_MEANING.get(name, name)), Cell(_threshold(name, value), value)]


def _threshold(name: str, value: float | None) -> str:
    if value is None:
        return NOT_RECORDED
    return f"{value:g}" if name in _COUNTS else f"{100.0 * value:g} %"


def _left_out(report: ReportDoc) -> Block:
    files = report.honesty.excluded
    rows = [plain((one.file, one.reason)) for one in files[:_LEFT_OUT]]
    more = len(files) - len(rows)
    text = [f"{more} more are named by `qyran store fsck`."] if more > 0 else []
    table = Table(("file", "why it was left out"), rows, caption="Files left out")
    return Block("Left out", "left-out", text, [table])
