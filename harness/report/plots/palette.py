"""The colours of plots, by the role they play: fixed in a file of its own, variables in a page.

Series are those of Okabe and Ito (2008), which people who are colour-blind tell apart; what matters
is told by shape, sign or words as well. A plot draws with the colours of `LIGHT`. Inlined into a
page, each of them becomes ``var(--plot-NAME, #rrggbb)``, so that a page in the dark sets others.
"""

from __future__ import annotations

from typing import Final

LIGHT: Final = {
    "ink": "#1b1b1f",
    "muted": "#5d5f66",
    "grid": "#e3e4e8",
    "axis": "#8d9099",
    "paper": "#ffffff",
    "missing": "#b4b6bd",
    "us": "#d55e00",
    "good": "#007a55",
    "warn": "#b07d00",
    "bad": "#b3261e",
    "series-1": "#0072b2",
    "series-2": "#e69f00",
    "series-3": "#009e73",
    "series-4": "#cc79a7",
    "series-5": "#56b4e9",
    "series-6": "#8a6d00",
}
"""Role -> colour on paper; no two roles have the same."""

DARK: Final = {
    "ink": "#ececf1",
    "muted": "#a6a8b1",
    "grid": "#34363d",
    "axis": "#7b7e88",
    "paper": "#16171b",
    "missing": "#5a5c64",
    "us": "#ff8a3d",
    "good": "#33c796",
    "warn": "#e0b23c",
    "bad": "#ff7b72",
    "series-1": "#5cb3e6",
    "series-2": "#f2b53c",
    "series-3": "#35c79b",
    "series-4": "#e39cc4",
    "series-5": "#9ad4f7",
    "series-6": "#cfae3a",
}
"""The same roles on a dark page."""

INK: Final = LIGHT["ink"]
MUTED: Final = LIGHT["muted"]
GRID: Final = LIGHT["grid"]
AXIS: Final = LIGHT["axis"]
PAPER: Final = LIGHT["paper"]
MISSING: Final = LIGHT["missing"]
US: Final = LIGHT["us"]
GOOD: Final = LIGHT["good"]
WARN: Final = LIGHT["warn"]
BAD: Final = LIGHT["bad"]
SERIES: Final = tuple(one for name, one in LIGHT.items() if name.startswith("series-"))

ON_DARK: Final = "#fefefe"
"""Text on a dark cell of a colour map, which is the same in every page."""
ON_LIGHT: Final = "#111114"
"""Text on a light one."""

VARIABLES: Final = {colour: f"var(--plot-{name}, {colour})" for name, colour in LIGHT.items()}
"""Colour of `LIGHT` -> what stands for it in a page."""


def variables(colours: dict[str, str]) -> str:
    """CSS declarations of `LIGHT` or `DARK`, for a rule of a page: ``--plot-ink: #1b1b1f; ...``."""
    return " ".join(f"--plot-{name}: {colour};" for name, colour in colours.items())
