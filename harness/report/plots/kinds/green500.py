"""Rmax over power on the TOP500 lists, and a result among them."""

from __future__ import annotations

from typing import Final

from harness.reference import other_lists
from harness.report.plots.rankings import RankingDoc, describe, draw, size, table
from harness.report.plots.rankings import numbers as _numbers

__all__ = ["describe", "draw", "numbers", "size", "table"]
TITLE: Final = "Gflop/s/W through the years"
HELP: Final = "Gflop/s/W of HPL among the systems of every TOP500 list whose power is known"
NEEDS: Final = "ranking"
UNIT: Final = "flop/s/W"
DOCUMENT: Final = RankingDoc


def numbers(value: float | None) -> RankingDoc:
    """The document for a result in flop/s/W, or for none; ValueError unless it is above 0."""
    return _numbers("Green500", other_lists.greens(), value, UNIT)
