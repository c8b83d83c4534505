"""The colours of plots, by the role they play: fixed in a file of its own, variables in a page.

Series have the hues of Okabe and Ito (2008), which people who are colour-blind tell apart; what
matters is told by shape, sign or words as well. On both papers marks have a contrast of 3:1 and
text of 4.5:1 (WCAG 2.2, 1.4.11 and 1.4.3), so on white they are darker than there, and what is too
light to read has a shade for words beside it (`text`). A plot draws with the colours of `LIGHT`.
Inlined into a page, each of them becomes ``var(--plot-NAME, #rrggbb)``, so that a page in the dark
sets others.
"""

from __future__ import annotations

from typing import Final

LIGHT: Final = {
    "ink": "#1b1b1f",
    "muted": "#5d5f66",
    "grid": "#e3e4e8",
    "axis": "#8d9099",
    "paper": "#ffffff",
    "missing": "#90929a",
    "us": "#bd4b00",
    "good": "#007a55",
    "warn": "#b07d00",
    "warn-text": "#8a6000",
    "bad": "#b3261e",
    "series-1": "#005a8f",
    "series-2": "#c78500",
    "series-2-text": "#946900",
    "series-3": "#007d58",
    "series-4": "#c4689a",
    "series-4-text": "#a34a7b",
    "series-5": "#3c97cf",
    "series-5-text": "#1f75a8",
    "series-6": "#5e4a00",
}
"""Role -> colour on paper; no two roles have the same."""

DARK: Final = {
    "ink": "#ececf1",
    "muted": "#a6a8b1",
    "grid": "#34363d",
    "axis": "#7b7e88",
    "paper": "#16171b",
    "missing": "#6c6e77",
    "us": "#ff8a3d",
    "good": "#33c796",
    "warn": "#e0b23c",
    "warn-text": "#e0b23c",
    "bad": "#ff7b72",
    "series-1": "#5cb3e6",
    "series-2": "#f2b53c",
    "series-2-text": "#f2b53c",
    "series-3": "#35c79b",
    "series-4": "#e39cc4",
    "series-4-text": "#e39cc4",
    "series-5": "#9ad4f7",
    "series-5-text": "#9ad4f7",
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
SERIES: Final = tuple(LIGHT[f"series-{i}"] for i in range(1, 7))

ON_DARK: Final = "#fefefe"
"""Text on a dark cell of a colour map, which is the same in every page."""
ON_LIGHT: Final = "#111114"
"""Text on a light one."""

VARIABLES: Final = {colour: f"var(--plot-{name}, {colour})" for name, colour in LIGHT.items()}
"""Colour of `LIGHT` -> what stands for it in a page."""


_TEXT: Final = {
    LIGHT[name.removesuffix("-text")]: colour
    for name, colour in LIGHT.items()
    if name.endswith("-text")
}


def text(colour: str) -> str:
    """The shade of a colour of `LIGHT` for words: itself where it can be read."""
    return _TEXT.get(colour, colour)


def variables(colours: dict[str, str]) -> str:
    """CSS declarations of `LIGHT` or `DARK`, for a rule of a page: ``--plot-ink: #1b1b1f; ...``."""
    return " ".join(f"--plot-{name}: {colour};" for name, colour in colours.items())
