"""Scaling: speed-up and efficiency of each series, and what was compared side by side."""

from __future__ import annotations

from typing import Final

from harness.report import units
from harness.report.document import RatioDoc, ScalingDoc
from harness.report.html import charts, words
from harness.report.html.content import Block, Cell, Section, Table, verdict
from harness.report.report_document import ReportDoc

ORDER: Final = 40


def section(report: ReportDoc) -> Section | None:
    """None for a run without a series and without comparisons."""
    run = report.run
    if run is None or not (run.scaling or run.ratios):
        return None
    blocks = []
    if run.scaling:
        drawn = charts.of_run(report, "scaling")
        text, table = _reasons(run.scaling), _members(run.scaling)
        blocks.append(Block(text=text, tables=[table], charts=drawn))
    if run.ratios:
        blocks.append(Block("Compared side by side", tables=[_ratios(run.ratios)]))
    return Section("scaling", "Scaling", blocks)


def _reasons(members: list[ScalingDoc]) -> list[str]:
    return list(dict.fromkeys(one.reason for one in members if one.reason))


def _members(members: list[ScalingDoc]) -> Table:
    columns = (
        "kernel", "kind", "ranks", "times the base", "metric", "result", "speed-up", "efficiency",
        "95 % interval", "pairs",
    )  # fmt: skip
    rows = [
        [
            Cell(one.kernel, kind="strong"),
            Cell(one.kind),
            Cell(words.geometry(one)),
            Cell(f"{one.factor:.3g}", one.factor),
            Cell(one.metric),
            words.number(one.value, one.unit),
            Cell("-" if one.speedup is None else f"{one.speedup:.3f}", one.speedup),
            words.fraction(one.efficiency),
            Cell("base" if one.case == one.base else _interval(one.low, one.high, one.n, 100.0)),
            Cell(str(one.n), one.n),
        ]
        for one in members
    ]
    caption = "Efficiency: median over launches side by side with those of the base, the smallest"
    return Table(columns, rows, frozenset({3, 5, 6, 7, 8, 9}), caption)


def _interval(low: float | None, high: float | None, n: int, factor: float) -> str:
    if low is None or high is None or n < 2:
        return "-"
    if factor == 1.0:
        return f"{low:.3f} - {high:.3f}"
    return f"{factor * low:.1f} - {factor * high:.1f} %"


def _ratios(ratios: list[RatioDoc]) -> Table:
    columns = ("pair", "ratio", "95 % interval", "pairs", "the first is", "reason")
    rows = [
        [
            Cell(f"{one.first} / {one.second}"),
            Cell("-" if one.value is None else f"{one.value:.3f}", one.value),
            Cell(_interval(one.low, one.high, one.n, 1.0)),
            Cell(str(one.n), one.n),
            verdict(one.verdict),
            Cell(one.reason),
        ]
        for one in ratios
    ]
    caption = f"Above 1 the first is better; {units.counted(len(ratios), 'pair')}"
    return Table(columns, rows, frozenset({1, 2, 3}), caption)
