"""Numbers and times as a page writes them; bytes and prefixes come from `report.units`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from harness.report import units
from harness.report.document import CaseDoc, MetricDoc, ScalingDoc
from harness.report.html.content import Cell

_UNIT: Final = re.compile(r"^(?P<name>.*?)(?:,\s*|\s*\()(?P<unit>[^,()]+)\)?$")


def when(time_s: float | None) -> str:
    """``2026-11-28 19:15``, UTC; ``-`` for no time."""
    if time_s is None:
        return "-"
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M")


def day(time_s: float | None) -> str:
    """``2026-11-28``, UTC; ``-`` for no time."""
    return when(time_s)[:10]


def ago(seconds: float) -> str:
    """``less than an hour``, ``5 hours``, ``12 days``."""
    hours = seconds / 3600.0
    if hours < 1.0:
        return "less than an hour"
    if hours < 48.0:
        return units.counted(round(hours), "hour")
    return units.counted(round(hours / 24.0), "day")


def number(value: float | None, unit: str) -> Cell:
    """A value that is sorted by its size."""
    return Cell(units.si(value, unit), value)


def fraction(value: float | None, digits: int = 1) -> Cell:
    """``0.0213`` -> ``2.1 %``."""
    return Cell("-" if value is None else f"{100.0 * value:.{digits}f} %", value)


def signed(value: float | None) -> Cell:
    """``0.0213`` -> ``+2.1 %``."""
    return Cell("-" if value is None else units.signed_percent(value), value)


def interval(metric: MetricDoc) -> str:
    """The interval of a median; its level where it is not 95 %."""
    if metric.n < 2:
        return "one sample"
    words = units.si_range(metric.low, metric.high, metric.unit)
    return words if metric.level >= 0.95 else f"{words} ({metric.level:.0%})"


def geometry(case: CaseDoc | ScalingDoc) -> str:
    """``2``, ``2 x 4`` with threads, ``128 x 1 on 2 nodes``."""
    threads = f" × {case.threads}" if case.threads > 1 else ""
    nodes = f" on {case.nodes} nodes" if case.nodes > 1 else ""
    return f"{case.ranks}{threads}{nodes}"


def size(case: CaseDoc) -> str:
    """``n=4000``: the first parameter, which is the size."""
    first = next(iter(case.parameters.items()), None)
    return "" if first is None else f"{first[0]}={first[1]}"


def column_unit(heading: str) -> str:
    """The unit in the heading of a column: ``B/s`` of ``value, B/s`` and of ``value (B/s)``."""
    found = _UNIT.match(heading)
    return found["unit"] if found else ""


def without_unit(heading: str) -> str:
    """``value`` of ``value, B/s`` and of ``value (B/s)``."""
    found = _UNIT.match(heading)
    return found["name"] if found and found["name"] else heading
