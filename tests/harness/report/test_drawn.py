"""Bars and sparklines: the right heights, and only where a terminal can show them."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from harness.report.drawn import Drawn, fraction, sparkline


def said(one: Drawn, *, width: int = 140, terminal: bool = True, encoding: str = "utf-8") -> str:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    console = Console(file=out, width=width, force_terminal=terminal, no_color=True)
    table = Table.grid()
    table.add_row(one)
    console.print(table)
    out.seek(0)
    return out.read().strip("\n ")


@pytest.mark.parametrize(
    ("value", "bar"),
    [
        (0.0, "········"),
        (0.5, "████····"),
        (0.8, "██████▍·"),
        (1.0, "████████"),
        (1.6, "████████"),
        (-1.0, "········"),
    ],
)
def test_a_bar_is_as_long_as_its_fraction(value: float, bar: str) -> None:
    assert said(fraction("x %", value)) == f"{bar} x %"


def test_a_sparkline_goes_from_the_least_to_the_most() -> None:
    assert said(sparkline("1 - 2", [1.0, 2.0, 1.5])) == "▁█▅ 1 - 2"
    assert said(sparkline("1 - 2", [100.0, 100.5, 100.2])) == "▄▄▄ 1 - 2"
    assert said(sparkline("1 - 2", [1.0, 2.0])) == "1 - 2"


def test_what_has_no_bound_has_no_bar() -> None:
    assert said(fraction("-", None)) == "-"


def test_nothing_is_drawn_where_it_would_not_be_seen() -> None:
    bar = fraction("50 %", 0.5)
    assert said(bar, width=80) == "50 %"
    assert said(bar, terminal=False) == "50 %"
    assert said(bar, encoding="ascii") == "50 %"
