"""The HPCG lists since June 2014, and a result among them."""

from __future__ import annotations

from typing import Final

from harness.reference import other_lists
from harness.report.plots.rankings import RankingDoc, describe, draw, size, table
from harness.report.plots.rankings import numbers as _numbers

__all__ = ["describe", "draw", "numbers", "size", "table"]
TITLE: Final = "HPCG through the years"
HELP: Final = "an HPCG result among no. 1, 10, 100 and the last of every HPCG list"
NEEDS: Final = "ranking"
UNIT: Final = "flop/s"
DOCUMENT: Final = RankingDoc


def numbers(value: float | None) -> RankingDoc:
    """The document for a result in flop/s, or for none; ValueError unless it is above 0."""
    return _numbers("HPCG", other_lists.rankings("hpcg"), value, UNIT)
