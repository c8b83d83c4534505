"""What a person sees: tables of runs, plans, kernels, findings. Reads documents, knows no store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.report import curves, remarks, units
from harness.report.doctor_document import DoctorDoc
from harness.report.document import (
    CaseDoc,
    CheckDoc,
    LsDoc,
    MetricDoc,
    RatioDoc,
    RunDoc,
    ScalingDoc,
)
from harness.report.drawn import fraction, sparkline
from harness.report.listing_document import KernelDoc, ListDoc
from harness.report.plan_document import PlanDoc
from harness.report.table import BAD, STYLE, new_table

_RATIO_STYLE: Final = {"faster": "green", "slower": "yellow", "undecided": "", "none": "bold red"}
_PIPE_WIDTH: Final = 120
# A table of ten thousand rows takes longer to draw than the plan to make, and nobody reads it.
_MOST_PLANNED: Final = 200


def console(*, stderr: bool = False) -> Console:
    """The terminal; on a pipe wide enough that no line is broken."""
    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made = Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=_PIPE_WIDTH)
    return made


def run(document: RunDoc) -> RenderableType:
    """The result of a run: a row for each metric, then what needs words."""
    table = new_table(
        "case", "ranks", "outcome", "metric", "result", "95 % interval", "of bound", "check"
    )
    for case in document.cases:
        _case_rows(table, case, _title(case, document.cases))
    drawn = [
        one
        for case in document.cases
        for one in curves.tables(case, f"{_title(case, document.cases)}, ranks {_geometry(case)}")
    ]
    tables = [*drawn, *_scaling(document.scaling), *_ratios(document.ratios)]
    return Group(table, *tables, *remarks.of_run(document))


def _scaling(members: list[ScalingDoc]) -> list[RenderableType]:
    """A row for each member of a series, beside the smallest."""
    if not members:
        return []
    table = new_table(
        "scaling", "ranks", "factor", "metric", "result", "speed-up", "efficiency", "95 % interval"
    )
    for one in members:
        first = one.case == one.base
        table.add_row(
            f"{one.kernel} {one.kind}" if first else "",
            _geometry(one),
            f"{one.factor:.3g}",
            one.metric or "-",
            units.si(one.value, one.unit),
            "-" if one.speedup is None else f"{one.speedup:.3f}",
            units.percent(one.efficiency),
            "" if first else _efficiency_interval(one),
        )
    reasons = dict.fromkeys(one.reason for one in members if one.reason)
    return [Text(""), table, *(Text(one, style="yellow") for one in reasons)]


def _efficiency_interval(one: ScalingDoc) -> str:
    if one.low is None or one.high is None or one.n < 2:
        return "-"
    return f"{100 * one.low:.1f} - {100 * one.high:.1f} %" + _level(one.level)


def _ratios(ratios: list[RatioDoc]) -> list[RenderableType]:
    """A row for each comparison: above 1 the first is better."""
    if not ratios:
        return []
    table = new_table("compared", "ratio", "95 % interval", "pairs", "the first is")
    for one in ratios:
        value = "-" if one.value is None else f"{one.value:.3f}"
        verdict = Text(one.verdict, style=_RATIO_STYLE[one.verdict])
        pair = f"{one.first} / {one.second}"
        table.add_row(pair, value, _ratio_interval(one), str(one.n), verdict)
    reasons = dict.fromkeys(one.reason for one in ratios if one.reason)
    return [Text(""), table, *(Text(one, style="yellow") for one in reasons)]


def _ratio_interval(one: RatioDoc) -> str:
    if one.low is None or one.high is None or one.n < 2:
        return "-"
    return f"{one.low:.3f} - {one.high:.3f}" + _level(one.level)


def _case_rows(table: Table, case: CaseDoc, title: str) -> None:
    """A row for each phase; what belongs to the case stands in the first."""
    outcome = Text(case.outcome, style=STYLE.get(case.outcome, BAD))
    of_case: list[str | Text] = [title, _geometry(case), outcome]
    if not case.metrics:
        table.add_row(*of_case, "-", "-", "", "", _check(case.check))
    on_curves = curves.points(case) - {case.primary}
    phases: dict[str, dict[str, MetricDoc]] = {}
    for name, metric in case.metrics.items():
        if name not in on_curves:
            phases.setdefault(metric.phase, {})[name] = metric
    for i, (phase, metrics) in enumerate(phases.items()):
        name, metric = next(iter(metrics.items()))
        table.add_row(
            *(of_case if i == 0 else ("", "", "")),
            phase if len(case.metrics) > len(metrics) else name,
            _results(metrics, case.primary),
            sparkline(_interval(metric), metric.launches),
            fraction(_of_bound(metric), metric.efficiency),
            _check(case.check) if i == 0 else "",
        )


def _results(metrics: Mapping[str, MetricDoc], primary: str) -> Text:
    """``8.50 Grow/s, 68.0 GB/s``: all that the times of a phase say; intervals are of the first."""
    return Text(", ").join(
        Text(units.si(one.value, one.unit), style="bold" if name == primary else "")
        for name, one in metrics.items()
    )


def _geometry(case: CaseDoc | ScalingDoc) -> str:
    """``2``, ``2 x 4`` with threads, ``128 x 1 on 2 nodes``."""
    threads = f" x {case.threads}" if case.threads > 1 else ""
    nodes = f" on {case.nodes} nodes" if case.nodes > 1 else ""
    return f"{case.ranks}{threads}{nodes}"


def _title(case: CaseDoc, cases: list[CaseDoc]) -> str:
    """The kernel, its size (its first parameter), and what differs between its cases."""
    names = list(case.parameters)
    others = [one.parameters for one in cases if one.kernel == case.kernel]
    swept = [name for name in names[1:] if len({repr(one.get(name)) for one in others}) > 1]
    return " ".join(
        [case.kernel, *(f"{name}={case.parameters[name]}" for name in names[:1] + swept)]
    )


def _interval(metric: MetricDoc) -> str:
    if metric.n < 2:
        return "one sample"
    return units.si_range(metric.low, metric.high, metric.unit) + _level(metric.level)


def _level(level: float) -> str:
    """The coverage of an interval where it is not what the heading says."""
    return "" if level >= 0.95 else f" ({level:.0%})"


def _of_bound(metric: MetricDoc) -> str:
    return units.percent(metric.efficiency)


def _check(check: CheckDoc | None) -> str:
    if check is None:
        return "-"
    error = "not a number" if check.error is None else units.digits(check.error)
    return f"{error} {'<=' if check.passed else '>'} {units.digits(check.tolerance)}"


def plan(document: PlanDoc) -> RenderableType:
    """The first cases of a plan with geometry, memory and estimated time; all in the sum."""
    table = new_table(
        "case", "kernel", "parameters", "ranks x threads", "repeat", "memory a node", "estimate"
    )
    for case in document.cases[:_MOST_PLANNED]:
        nodes = f"{case.nodes} nodes, " if case.nodes > 1 else ""
        series = "".join(f"\n{one.kind} x{one.factor:.3g}" for one in case.scaling)
        parameters = " ".join(
            f"{k}={v}{'*' if k in case.fitted else ''}" for k, v in case.parameters.items()
        )
        repeat = f"{case.repetitions or 'auto'}"
        table.add_row(
            case.case,
            case.kernel,
            parameters,
            f"{nodes}{case.ranks} x {case.threads}{series}",
            repeat if case.launches == 1 else f"{case.launches} x {repeat}",
            units.binary(case.memory_B),
            units.seconds(case.estimated_s),
        )
    left_out = len(document.cases) - _MOST_PLANNED
    shown = f"; {left_out} of them not shown, --json has all" if left_out > 0 else ""
    total = units.seconds(document.estimated_s)
    planned = ", planned: nothing can run there yet" if document.planned else ""
    target = document.target
    nodes, cores = units.counted(target["nodes"], "node"), units.counted(target["cores"], "core")
    words = (
        f"{units.counted(len(document.cases), 'case')}, about {total} on cluster "
        f"{document.cluster}{planned}: {nodes} of {cores}, "
        f"{units.binary(target['memory_B'])} free{shown}"
    )
    return Group(table, Text(""), Text(words), Text("* fitted to this machine", style="dim"))


def listing(document: ListDoc) -> RenderableType:
    """All kernels and suites."""
    kernels = new_table("kernel", "group", "what it measures", "metric")
    for kernel in document.kernels:
        kernels.add_row(kernel.name, kernel.group, kernel.title, ", ".join(_shapes(kernel)))
    suites = new_table("suite", "what it is")
    for name, title in document.suites.items():
        suites.add_row(name, title)
    hint = "qyran list KERNEL shows its parameters; qyran run SUITE|KERNEL runs it"
    return Group(kernels, Text(""), suites, Text(""), Text(hint, style="dim"))


def _shapes(kernel: KernelDoc) -> Iterable[str]:
    return dict.fromkeys(f"{unit}" for unit in kernel.metrics.values())


def _bound(value: float) -> str:
    """All digits of a whole number: it is the last value that is taken."""
    return str(int(value)) if float(value).is_integer() else f"{value:g}"


def kernel(document: KernelDoc) -> RenderableType:
    """One kernel: its parameters, metrics and verification."""
    table = new_table("parameter", "type", "default", "unit", "bounds", "meaning")
    for one in document.parameters:
        low = "" if one.minimum is None else f">= {_bound(one.minimum)}"
        high = "" if one.maximum is None else f"<= {_bound(one.maximum)}"
        bounds = ", ".join(filter(None, (low, high))) or " | ".join(one.choices)
        table.add_row(one.name, one.type, str(one.default), one.unit, bounds, one.help)
    on_curves = {name for one in document.curves.values() for name in one.metrics}
    metrics = ", ".join(
        f"{name} ({unit}){' (primary)' if name == document.primary else ''}"
        for name, unit in document.metrics.items()
        if name not in on_curves - {document.primary}
    )
    drawn = [Text(f"curves: {curves.shapes(document.curves)}")] if document.curves else []
    return Group(
        Text.assemble((document.name, "bold"), f" ({document.group}): {document.title}"),
        Text(""),
        table,
        Text(""),
        Text(f"metrics: {metrics}"),
        *drawn,
        Text(f"verified: {document.verification}"),
    )


def doctor(document: DoctorDoc) -> RenderableType:
    """Findings, each with what to type."""
    table = new_table("", "what", "found")
    for one in document.findings:
        found = Text(one.found)
        if one.fix:
            found.append(f"\n-> {one.fix}", style="italic")
        table.add_row(Text(one.status, style=STYLE[one.status]), one.what, found)
    return table


def runs(document: LsDoc) -> RenderableType:
    """All recorded runs, oldest first."""
    if not document.runs:
        return Text(f"no runs in {document.results}; `qyran run quick` makes one")
    table = new_table("run", "cluster", "outcome", "cases", "best")
    for one in document.runs:
        style = STYLE.get(one.outcome, BAD)
        counted = f"{one.recorded}/{one.cases}"
        table.add_row(one.run, one.cluster, Text(one.outcome, style=style), counted, one.best)
    if document.earlier:
        return Group(
            table, Text(f"{document.earlier} earlier runs: qyran ls --last 0", style="dim")
        )
    return table
