"""Ticks of an axis show what they stand for."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from harness.config.units import quantity
from harness.report.plots import scales


@pytest.mark.parametrize(("low", "high"), [(1.945e6, 2.02e6), (0.0, 4e10), (1.0e9, 1.0004e9)])
def test_no_tick_is_rounded_to_another_value(low: float, high: float) -> None:
    axes = Figure().add_subplot()
    axes.set_ylim(low, high)
    scales.linear(axes.yaxis, "B/s", 5)
    ticks = list(axes.get_yticks())
    labels = axes.yaxis.get_major_formatter().format_ticks(ticks)
    assert [quantity(one, "B/s") for one in labels] == pytest.approx(ticks, rel=1e-12, abs=1e-3)
