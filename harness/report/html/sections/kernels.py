"""The kernels of a run: every metric with its interval, its bound and its check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.report import curves, units
from harness.report.document import CaseDoc, CurveDoc, MetricDoc, RunDoc
from harness.report.html import charts, words
from harness.report.html.content import Block, Cell, Section, Table, verdict
from harness.report.report_document import ReportDoc

ORDER: Final = 30
_COLUMNS: Final = (
    "kernel", "size", "ranks", "outcome", "metric", "result", "95 % interval", "n",
    "of bound", "check",
)  # fmt: skip
_NUMERIC: Final = frozenset({5, 6, 7, 8})


def section(report: ReportDoc) -> Section | None:
    """Results, then curves, parts and what needs words."""
    run = report.run
    if run is None or not run.cases:
        return None
    about = [f"Run {run.run}, suite {run.suite}, {words.when(run.started)} UTC."]
    drawn = charts.of_run(report, "kernels")
    blocks = [Block(text=about, tables=[_results(run)]), Block(charts=drawn)]
    curves_drawn = any(one.plot == "curves" for one in report.plots)
    blocks += [block for case in run.cases for block in _of_case(case, curves_drawn)]
    notes = _notes(run)
    if notes:
        blocks.append(Block("Notes", tables=[notes]))
    return Section("kernels", "Kernels", blocks)


def _results(run: RunDoc) -> Table:
    rows = [row for case in run.cases for row in _rows(case)]
    caption = "Medians; n: repetitions. Of bound: of what memory or arithmetic allows at most"
    return Table(_COLUMNS, rows, _NUMERIC, caption)


def _rows(case: CaseDoc) -> Iterator[list[Cell]]:
    """A row for each metric that is no point of a curve; one for a case without a number."""
    on_curves = curves.points(case) - {case.primary}
    head = [
        Cell(case.kernel, kind="strong"),
        Cell(words.size(case), kind="nowrap", title=_parameters(case)),
        Cell(words.geometry(case)),
        verdict(case.outcome),
    ]
    if not case.metrics:
        yield [*head, Cell("-"), Cell("-"), Cell(""), Cell(""), Cell(""), _check(case)]
    for name, metric in case.metrics.items():
        if name not in on_curves:
            yield [*head, *_numbers(name, metric, name == case.primary), _check(case)]


def _parameters(case: CaseDoc) -> str:
    return ", ".join(f"{name} = {value}" for name, value in case.parameters.items())


def _numbers(name: str, metric: MetricDoc, primary: bool) -> list[Cell]:
    result = units.si(metric.value, metric.unit)
    return [
        Cell(name, title=f"{metric.better} is better"),
        Cell(result, metric.value, kind="strong" if primary else ""),
        Cell(words.interval(metric)),
        Cell(str(metric.n), metric.n),
        Cell(
            units.percent(metric.efficiency) if metric.bound else "",
            metric.efficiency,
            title=f"{units.si(metric.bound, metric.unit)}: {metric.bound_source}"
            if metric.bound
            else "",
        ),
    ]


def _check(case: CaseDoc) -> Cell:
    if case.check is None:
        return Cell("-")
    error = "not a number" if case.check.error is None else units.digits(case.check.error)
    sign = "≤" if case.check.passed else ">"
    text = f"{error} {sign} {units.digits(case.check.tolerance)}"
    return Cell(text, tone="" if case.check.passed else "bad", title=case.check.what, kind="nowrap")


def _of_case(case: CaseDoc, curves_drawn: bool) -> Iterator[Block]:
    title = f"{case.kernel} {words.size(case)}"
    tables = []
    if not curves_drawn:
        tables += [_curve(name, one) for name, one in case.curves.items()]
    if case.parts:
        tables.append(_parts(case))
    if tables:
        yield Block(title, f"case-{case.case}", tables=tables)


def _curve(name: str, curve: CurveDoc) -> Table:
    """A row for each size, the interval with it."""
    rows = []
    for i, at in enumerate(curve.at):
        interval = units.si_range(curve.low[i], curve.high[i], curve.value_unit)
        exact = units.exact_binary(at) if curve.unit == "B" else units.si(at, curve.unit)
        rows.append(
            [Cell(exact, at), words.number(curve.value[i], curve.value_unit), Cell(interval)]
        )
    columns = (curve.axis, curve.metric, "95 % interval")
    return Table(columns, rows, frozenset({0, 1, 2}), f"Curve {name}, {curve.better} is better")


def _parts(case: CaseDoc) -> Table:
    total = sum(one.seconds for one in case.parts.values()) or 1.0
    rows = [
        [
            Cell(name),
            Cell(units.seconds(one.seconds), one.seconds),
            words.fraction(one.seconds / total, 0),
            Cell(units.seconds(one.low), one.low),
            Cell(units.seconds(one.high), one.high),
            Cell(str(one.slowest), one.slowest),
        ]
        for name, one in case.parts.items()
    ]
    columns = ("part", "mean of ranks", "share", "fastest rank", "slowest rank", "which")
    return Table(columns, rows, frozenset({1, 2, 3, 4, 5}), "Where the time goes", sortable=False)


def _notes(run: RunDoc) -> Table | None:
    rows = [
        [Cell(f"{case.kernel} {words.size(case)}", kind="nowrap"), Cell(note)]
        for case in run.cases
        for note in [*([case.reason] if case.reason else []), *case.notes]
    ]
    rows += [
        [Cell(f"{one.first} / {one.second}", kind="nowrap"), Cell(one.reason)]
        for one in run.ratios
        if one.reason
    ]
    return Table(("case", "note"), rows, sortable=False) if rows else None
