"""The course of a series as one small line, written by hand: a hundred of them stand in a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from harness.report.history_document import SeriesDoc

WIDTH: Final = 120
HEIGHT: Final = 24
_MOST: Final = 60
_EDGE: Final = 2.0


def path(series: SeriesDoc) -> str:
    """The ``d`` of an SVG path, `WIDTH` x `HEIGHT`; "" where there is no line to draw.

    Of more than 60 runs the median of each of 60 stretches is drawn.
    """
    values = _few([one.value for one in series.points])
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = (WIDTH - 2.0 * _EDGE) / (len(values) - 1)
    points = [
        (round(_EDGE + i * step, 1), round(_EDGE + (HEIGHT - 2.0 * _EDGE) * (high - one) / span, 1))
        for i, one in enumerate(values)
    ]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _few(values: Sequence[float]) -> list[float]:
    if len(values) <= _MOST:
        return list(values)
    edges = [round(i * len(values) / _MOST) for i in range(_MOST + 1)]
    return [_middle(values[first:last]) for first, last in pairwise(edges)]


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
