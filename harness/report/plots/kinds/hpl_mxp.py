"""The HPL-MxP lists since November 2019, and a result among them."""

from __future__ import annotations

from typing import Final

from harness.reference import other_lists
from harness.report.plots.rankings import RankingDoc, describe, draw, size, table
from harness.report.plots.rankings import numbers as _numbers

__all__ = ["describe", "draw", "numbers", "size", "table"]
TITLE: Final = "HPL-MxP through the years"
HELP: Final = "an HPL-MxP result among the places of every HPL-MxP list"
NEEDS: Final = "ranking"
UNIT: Final = "flop/s"
DOCUMENT: Final = RankingDoc


def numbers(value: float | None) -> RankingDoc:
    """The document for a result in flop/s, or for none; ValueError unless it is above 0."""
    return _numbers("HPL-MxP", other_lists.rankings("hpl_mxp"), value, UNIT)
