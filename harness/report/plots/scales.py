"""Axes in the units of people: ticks and names of axes, made by `report.units`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

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
    axis.set_major_formatter(FuncFormatter(lambda value, _: short(value, unit)))


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


def short(value: float, unit: str) -> str:
    """``1e9, "B/s"`` -> ``1 GB/s``: as `units.si`, without zeros that say nothing."""
    number, _, rest = units.si(value, unit).partition(" ")
    if "." in number and "e" not in number:
        number = number.rstrip("0").rstrip(".")
    return f"{number} {rest}".rstrip()


def _ends(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return min(found), max(found)
