"""Ticks of an axis show what they stand for."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from harness.report.plots import scales


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (1.945e6, 2.02e6, ["1.95 MB/s", "1.965 MB/s", "1.98 MB/s", "1.995 MB/s", "2.01 MB/s"]),
        (0.0, 4e10, ["0 B/s", "10 GB/s", "20 GB/s", "30 GB/s", "40 GB/s"]),
        (1.0e9, 1.0004e9, ["1 GB/s", "1.0001 GB/s", "1.0002 GB/s", "1.0003 GB/s", "1.0004 GB/s"]),
    ],
)
def test_no_tick_is_rounded_to_another_value(low: float, high: float, labels: list[str]) -> None:
    axes = Figure().add_subplot()
    axes.set_ylim(low, high)
    scales.linear(axes.yaxis, "B/s", 5)
    ticks = axes.get_yticks()
    assert [
        text
        for at, text in zip(
            ticks, axes.yaxis.get_major_formatter().format_ticks(ticks), strict=True
        )
        if low <= at <= high
    ] == labels
