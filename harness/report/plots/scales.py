"""Axes in the units of people: ticks and names of axes, made by `report.units`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import (
    FixedLocator,
    Formatter,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullLocator,
)

from harness.report import units

_MOST_DECADES: Final = 8


def decades(axis: Axis, unit: str) -> None:
    """A log axis with ``1 Gflop/s``, ``10 Gflop/s`` and so on; fewer of them on a long one."""
    axis.set_major_locator(LogLocator(base=10.0, numticks=_MOST_DECADES + 1))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: short(value, unit)))


def halves(axis: Axis) -> None:
    """A log axis to base 2 with ``1/4``, ``1``, ``16``."""
    axis.set_major_locator(LogLocator(base=2.0, numticks=12))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: _half(value)))


def _half(value: float) -> str:
    return f"1/{1.0 / value:.0f}" if value < 1.0 else f"{value:.0f}"


def linear(axis: Axis, unit: str, steps: int = 6) -> None:
    """A linear axis whose ticks carry their unit."""
    axis.set_major_locator(MaxNLocator(steps))
    axis.set_major_formatter(_Ticks(unit))


class _Ticks(Formatter):
    """As many digits as tell the ticks apart: 1.95, 1.965, 1.98, of which three show no two."""

    def __init__(self, unit: str) -> None:
        self._unit = unit

    def __call__(self, value: float, pos: int | None = None) -> str:
        """A value alone."""
        return short(value, self._unit)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """All ticks of the axis."""
        figures = _figures(values)
        return [short(value, self._unit, figures) for value in values]


def _figures(values: Sequence[float]) -> int:
    """Significant digits of ticks; a step has two, as 0.15 or 0.25."""
    steps = [b - a for a, b in pairwise(values) if b > a]
    largest = max(map(abs, values), default=0.0)
    if not steps or largest == 0.0:
        return 3
    return max(3, math.floor(math.log10(largest)) - math.floor(math.log10(min(steps))) + 2)


def percents(axis: Axis, steps: int = 6) -> None:
    """An axis of fractions, as percent."""
    axis.set_major_locator(MaxNLocator(steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100.0 * value:.6g} %"))


def powers_of_two(axes: Axes, which: Literal["x", "y"], values: Iterable[float], most: int) -> None:
    """A log axis of sizes in B: ``1 KiB``, at no more than so many places."""
    low, high = _ends(values)
    first, last = math.floor(math.log2(low)), math.ceil(math.log2(high))
    step = next(one for one in (1, 2, 5, 10, 20) if (last - first) / one < most)
    places = [2.0**power for power in range(-(-first // step) * step, last + 1, step)]
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(FixedLocator(places))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: units.exact_binary(value)))


def short(value: float, unit: str, figures: int = 3) -> str:
    """``1e9, "B/s"`` -> ``1 GB/s``: as `units.si`, without zeros that say nothing."""
    number, _, rest = units.si(value, unit, figures).partition(" ")
    if "." in number and "e" not in number:
        number = number.rstrip("0").rstrip(".")
    return f"{number} {rest}".rstrip()


def _ends(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return min(found), max(found)
