"""What is said below the table of a run: where the time went, reasons, notes, where it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from harness.judge.bounds import IMPOSSIBLE
from harness.record.result import OVERSUBSCRIBED
from harness.report import placement, units
from harness.report.document import CaseDoc, RunDoc
from harness.report.table import BAD, STYLE

# The interval of a clock that is one, relative to its median.
_STEADY: Final = 0.05
# A rank is named if it spends this much more of the whole time on a part than the mean rank.
_UNEVEN: Final = 0.02
_SHOWN: Final = 12
# Above it not every whole number is a float64.
_COUNTABLE: Final = 2.0**53


def of_run(document: RunDoc) -> list[RenderableType]:
    """Reasons, notes and where everything was recorded."""
    said_by_all = _said_by_all(document.cases)
    remarks: list[RenderableType] = [
        Text(f"all {len(document.cases)} cases: {one}", style="yellow") for one in said_by_all
    ]
    for case in document.cases:
        remarks += [Text(f"{case.case}: {one}", style="dim") for one in _told(case)]
        before = [f"attempt before: {one.outcome}, {one.reason}" for one in case.earlier]
        words = [case.reason, *_wrong(case), *before, *case.notes, *_impossible(case)]
        own = [one for one in words if one and one not in said_by_all]
        remarks += [Text(f"{case.case}: {one}", style="yellow") for one in own]
    sources = sorted(
        {m.bound_source for c in document.cases for m in c.metrics.values() if m.bound}
    )
    if sources:
        remarks.append(Text("bound: " + "; ".join(sources), style="dim"))
    recorded = sum(case.file is not None for case in document.cases)
    where = (
        f"{recorded} of {units.counted(len(document.cases), 'case')} recorded in {document.path}"
    )
    verdict = Text(f"{document.outcome}", style=STYLE.get(document.outcome, BAD))
    remarks += [Text(one, style="dim") for one in placement.lines(document.cases)]
    return [Text(""), *remarks, Text.assemble(verdict, f" (exit {document.exit_code}); {where}")]


def _wrong(case: CaseDoc) -> list[str]:
    """The wrong answers after the first, which is in the reason."""
    shown = [f"rank {one.rank} on {one.host}, {one.what}" for one in case.wrong[1:_SHOWN]]
    left = len(case.wrong) - _SHOWN
    return [*shown, f"{left} more wrong answers are in the record"] if left > 0 else shown


def _said_by_all(cases: Sequence[CaseDoc]) -> list[str]:
    """Notes that would stand there once for each case."""
    first = cases[0].notes if len(cases) > 1 else []
    return [one for one in first if all(one in case.notes for case in cases)]


def _per_cycle(case: CaseDoc) -> list[str]:
    """``15.4 flop a cycle and core at 3.60 GHz``, where a phase measured the clock of the cores.

    Not where the clock varied: then other processes had a part of the cores.
    """
    clock = next((one for one in case.metrics.values() if one.unit == "Hz"), None)
    primary = case.metrics.get(case.primary)
    if clock is None or primary is None or primary.unit != "flop/s":
        return []
    if clock.high - clock.low > _STEADY * clock.value or OVERSUBSCRIBED in case.notes:
        return []
    flop = primary.value / (case.ranks * case.threads * clock.value)
    at = f"{units.digits(flop)} flop a cycle and core at {units.si(clock.value, clock.unit)}"
    return [f"{primary.phase}: {at}"]


def _told(case: CaseDoc) -> list[str]:
    """Where the time went, and what the kernel told on its way; nothing if there is no result."""
    if not case.metrics:
        return []
    series = [f"{name}: {_values(numbers)}" for name, numbers in case.series.items()]
    parts = [_parts(case)] if case.parts else []
    return [*_per_cycle(case), *_energy(case), *parts, *series, *_peak_memory(case)]


def _energy(case: CaseDoc) -> list[str]:
    """``energy: 1.21 kJ a repetition, 242 W, 4.31 Gflop/s/W`` of the primary metric's phase."""
    phase = case.metrics[case.primary].phase if case.primary in case.metrics else ""
    used = case.energy.phases.get(phase) if case.energy else None
    if used is None or used.joules is None:
        return []
    rates = [units.si(one, "flop/s/W") for one in used.per_watt.values()]
    words = [f"{units.si(used.joules, 'J')} a repetition", units.si(used.watts, "W"), *rates]
    why = f" (no ratio: {used.reason})" if used.reason else ""
    return [f"energy: {', '.join(words)}{why}"]


def _peak_memory(case: CaseDoc) -> list[str]:
    """``memory: 812 MiB at most``, of a case that was given a limit for it."""
    limit = case.parameters.get("memory")
    if not limit or case.peak_memory is None:
        return []
    peak, given = units.binary(case.peak_memory), units.exact_binary(float(limit))
    above = "" if case.peak_memory <= float(limit) else ": ABOVE THE LIMIT"
    return [f"memory: {peak} of {given} at most{above}"]


def _parts(case: CaseDoc) -> str:
    """``update 88 %, panel 6 % (rank 1: 9 %), ...`` of the mean rank's time, the largest first."""
    whole = sum(one.seconds for one in case.parts.values()) or 1.0
    listed = sorted(case.parts.items(), key=lambda item: -item[1].seconds)
    return "time: " + ", ".join(
        f"{name} {units.percent(one.seconds / whole)}"
        + (
            f" (rank {one.slowest}: {units.percent(one.high / whole)})"
            if one.high - one.seconds > _UNEVEN * whole
            else ""
        )
        for name, one in listed
    )


def _values(numbers: list[float | None]) -> str:
    """At most the first and the last few of a series."""
    words = ["not finite" if one is None else _number(one) for one in numbers]
    return ", ".join(words if len(words) <= _SHOWN else [*words[:4], "...", *words[-3:]])


def _number(value: float) -> str:
    """A count with all its digits, everything else with three."""
    return f"{value:.0f}" if value.is_integer() and abs(value) < _COUNTABLE else f"{value:.3g}"


def _impossible(case: CaseDoc) -> list[str]:
    """One sentence for all metrics that are above their bound."""
    above = {
        name: metric.efficiency
        for name, metric in case.metrics.items()
        if metric.efficiency is not None and metric.efficiency > IMPOSSIBLE
    }
    if not above:
        return []
    return [
        ", ".join(f"{name} is {efficiency:.2f}" for name, efficiency in above.items())
        + " of its bound: impossible unless the machine was disturbed while the bound was measured,"
        " or a count is wrong"
    ]
