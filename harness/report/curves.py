"""Curves as tables: a row for each place on the axis, a column or more for each curve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from harness.report import units
from harness.report.document import CaseDoc, CurveDoc
from harness.report.listing_document import CurveShapeDoc

_WIDEST: Final = 9
"""Columns of a table beside the axis: they fit the width of a pipe."""
_STATISTICS: Final = {"minimum": "min", "median": "median", "p99": "p99", "maximum": "max"}


@dataclass(frozen=True)
class _Column:
    """Numbers of one curve. statistic : of its calls, if it has any; of : the whole curve."""

    curve: str
    statistic: str
    of: CurveDoc
    values: dict[float, float | None]


def points(case: CaseDoc) -> set[str]:
    """The metrics that lie on curves."""
    return {name for curve in case.curves.values() for name in curve.metrics}


def tables(case: CaseDoc, title: str) -> Iterator[RenderableType]:
    """The curves of a case, those over one axis side by side. The interval is in the record."""
    for axis, unit in dict.fromkeys((one.axis, one.unit) for one in case.curves.values()):
        together = {
            name: one for name, one in case.curves.items() if (one.axis, one.unit) == (axis, unit)
        }
        at = sorted({place for one in together.values() for place in one.at})
        for columns in _lines(together):
            yield Text("")
            yield Text(title, style="bold")
            yield _table(axis, unit, at, columns)


def _lines(curves: dict[str, CurveDoc]) -> Iterator[list[_Column]]:
    """The columns of one table after the other; a curve is not torn apart."""
    line: list[_Column] = []
    for group in _groups(curves):
        if line and len(line) + len(group) > _WIDEST:
            yield line
            line = []
        line = line + group
    if line:
        yield line


def _groups(curves: dict[str, CurveDoc]) -> Iterator[list[_Column]]:
    """The columns of each curve of the kernel, which may be one of several metrics."""
    named: dict[str, list[CurveDoc]] = {}
    for name, curve in curves.items():
        named.setdefault(name.removesuffix(f"_{curve.metric}"), []).append(curve)
    for name, metrics in named.items():
        yield [column for metric in metrics for column in _columns(name, metric)]


def _columns(name: str, curve: CurveDoc) -> Iterator[_Column]:
    if not curve.calls:
        yield _Column(name, "", curve, dict(zip(curve.at, curve.value, strict=True)))
    for statistic, values in curve.calls.items():
        known = [one if one is not None else v for one, v in zip(values, curve.value, strict=True)]
        word = _STATISTICS[statistic]
        yield _Column(name, word, curve, dict(zip(curve.at, known, strict=True)))


def _table(axis: str, unit: str, at: Sequence[float], columns: Sequence[_Column]) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    made.add_column(f"\n{axis}", justify="right")
    cells = []
    previous = ""
    for column in columns:
        values = [column.values.get(place) for place in at]
        unit_of, words = units.column(values, column.of.value_unit, column.of.value)
        head = "" if column.curve == previous else column.curve
        previous = column.curve
        made.add_column(
            f"{head}\n{column.statistic} {unit_of}".replace("\n ", "\n"), justify="right"
        )
        cells.append(words)
    for i, place in enumerate(at):
        made.add_row(_place(place, unit), *(words[i] for words in cells))
    return made


def _place(place: float, unit: str) -> str:
    """``12 KiB``, ``1.5 MiB``, ``4 ranks``."""
    return units.exact_binary(place) if unit == "B" else f"{place:g} {unit}".removesuffix(" 1")


def shapes(curves: dict[str, CurveShapeDoc]) -> str:
    """``load_bandwidth (B/s) over the working set, ...``."""
    return ", ".join(f"{name} ({one.value_unit}) over {one.axis}" for name, one in curves.items())
