"""How the nodes of a fleet are distributed in each metric: a dot a node, written by hand.

All metrics share one axis, so that a wide one is seen beside a narrow one: percent of the median,
the better side to the right. Ten thousand nodes are one path of some 100 kB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Final, NamedTuple

from markupsafe import Markup

from harness.report import units
from harness.report.accept_document import AcceptDoc, FleetMetricDoc
from harness.report.html.content import Block, Cell, Chart, Table

WIDTH: Final = 900.0
LEFT: Final = 170.0
_RIGHT: Final = 30.0
_ROW: Final = 34.0
_TOP: Final = 12.0
_WIDEST: Final = 0.3
_NARROWEST: Final = 0.01
_LANES: Final = 5
_WORDS: Final = {"r": "reject", "t": "re-test"}
_TICKS: Final = (0.1, 0.05, 0.02, 0.01, 0.005)


@dataclass(frozen=True)
class Dot:
    """A node that was not accepted, px."""

    node: str
    word: str
    x: float
    y: float


@dataclass(frozen=True)
class Strip:
    """A metric. path : of accepted nodes; middle : y, px; low, high : quartiles, px."""

    metric: str
    path: str
    middle: float
    low: float
    high: float


def block(accept: AcceptDoc) -> Block | None:
    """The chart; None without numbers."""
    columns = list(_columns(accept))
    if not columns:
        return None
    away = [one.away for _, values in columns for one in values]
    widest = min(max([*map(abs, away), _NARROWEST]), _WIDEST)
    drawn = _drawn(columns, widest)
    chart = Chart(
        id="nodes-strips",
        title="Distribution over the nodes",
        svg=drawn,
        described=_described(columns, widest),
        table=_table(columns),
    )
    return Block("Distribution", "distribution", charts=[chart])


class Value(NamedTuple):
    """A node with a value. away : fraction better than the median; word : unless it is accepted."""

    node: str
    away: float
    word: str


Column = tuple[FleetMetricDoc, list[Value]]


def _columns(accept: AcceptDoc) -> Iterator[Column]:
    """Each metric that has a median, and its nodes."""
    for i, metric in enumerate(accept.fleet if accept.cells else ()):
        if metric.median:
            yield metric, list(_values(accept, metric, i))


def _values(accept: AcceptDoc, metric: FleetMetricDoc, column: int) -> Iterator[Value]:
    if accept.cells is None or not metric.median:
        return
    sign = 1.0 if metric.better == "higher" else -1.0
    for node, row, grade in zip(accept.nodes, accept.cells.value, accept.cells.grade, strict=True):
        value = row[column]
        if value is not None:
            away = sign * (value / metric.median - 1.0)
            yield Value(node.node, away, _WORDS.get(grade[column], ""))


def place(away: float, widest: float) -> float:
    """Where a fraction better than the median is drawn, px; what is beyond, at the edge."""
    inside = min(max(away, -widest), widest)
    return LEFT + (WIDTH - LEFT - _RIGHT) * (inside + widest) / (2.0 * widest)


def _drawn(columns: Sequence[Column], widest: float) -> Markup:
    from harness.report.html.page import rendered

    strips: list[Strip] = []
    dots: list[Dot] = []
    for row, (metric, values) in enumerate(columns):
        middle = _TOP + _ROW * (row + 0.5)
        path = "".join(
            f"M{place(one.away, widest):.1f} {_lane(i, middle):g}h0"
            for i, one in enumerate(values)
            if not one.word
        )
        quarters = _quarters([one.away for one in values])
        ends = place(quarters[0], widest), place(quarters[2], widest)
        strips.append(Strip(metric.metric, path, middle, *ends))
        dots += [
            Dot(one.node, one.word, place(one.away, widest), middle) for one in values if one.word
        ]
    step = next(one for one in _TICKS if one <= widest / 2.0)
    count = int(widest / step + 1e-9)
    ticks = [(f"{100 * i * step:+g} %" if i else "median", place(i * step, widest))
             for i in range(-count, count + 1)]  # fmt: skip
    bottom = _TOP + _ROW * len(columns)
    return Markup(  # noqa: S704 - escaped by the template
        rendered("strips.html", strips=strips, dots=dots, ticks=ticks, bottom=bottom, width=WIDTH)
    )


def _quarters(away: Sequence[float]) -> list[float]:
    return quantiles(away, n=4) if len(away) > 1 else [*away] * 3


def _lane(number: int, middle: float) -> float:
    """Nodes beside each other stand on different lines, so that equal ones are seen."""
    return middle + 4.0 * (number % _LANES - _LANES // 2)


def _described(columns: Sequence[Column], widest: float) -> str:
    spans = "; ".join(
        f"{metric.metric}: {100 * min(one.away for one in values):+.1f} to "
        f"{100 * max(one.away for one in values):+.1f} %"
        for metric, values in columns
        if values
    )
    return (
        "A dot a node, better to the right; the bar spans the middle half. Diamonds are nodes that "
        "this metric rejects, hollow ones those that it leaves to be tested again. What is farther "
        f"away than {100 * widest:.0f} % stands at the edge. {spans}."
    )


def _table(columns: Sequence[Column]) -> Table:
    heads = ("metric", "nodes", "worst", "worst node", "lower quartile", "median", "upper quartile",
             "best", "not accepted")  # fmt: skip
    rows = [_row(*one) for one in columns]
    return Table(heads, rows, frozenset({1, 2, 4, 5, 6, 7, 8}), "Better than the median by")


def _row(metric: FleetMetricDoc, values: list[Value]) -> list[Cell]:
    ordered = sorted(values, key=lambda one: one.away)
    quarters = _quarters([one.away for one in ordered])
    bad = sum(bool(one.word) for one in values)
    return [
        Cell(metric.metric, kind="strong"),
        Cell(str(len(values)), len(values)),
        _percent(ordered[0].away),
        Cell(ordered[0].node),
        _percent(quarters[0]),
        Cell(units.si(metric.median, metric.unit)),
        _percent(quarters[2]),
        _percent(ordered[-1].away),
        Cell(str(bad), bad),
    ]


def _percent(away: float) -> Cell:
    return Cell(f"{100 * away:+.1f} %", away)
