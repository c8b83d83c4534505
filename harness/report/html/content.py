"""What a section is made of: text, tables and charts, ready for the templates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

Tone = Literal["", "good", "warn", "bad", "dim"]
"""What a colour would say; a sign beside it says the same."""

SIGNS: Final[dict[str, tuple[str, Tone]]] = {
    "pass": ("✓", "good"),
    "slow": ("✗", "bad"),
    "wrong": ("✗", "bad"),
    "error": ("✗", "bad"),
    "killed": ("✗", "bad"),
    "timeout": ("✗", "bad"),
    "infra": ("!", "warn"),
    "inconclusive": ("?", "warn"),
    "no-reference": ("?", "warn"),
    "skipped": ("-", "dim"),
    "corrupt": ("✗", "bad"),
    "accept": ("✓", "good"),
    "reject": ("✗", "bad"),
    "re-test": ("~", "warn"),
    "not tested": ("?", "warn"),
    "kept": ("✓", "good"),
    "broken": ("✗", "bad"),
    "not measured": ("?", "warn"),
    "confirmed": ("✗", "bad"),
    "suspect": ("?", "warn"),
    "steady": ("=", "good"),
    "fixed": ("✓", "good"),
    "accepted": ("✓", "good"),
    "too few": ("…", "dim"),
    "slower": ("-", "bad"),
    "faster": ("+", "good"),
    "undecided": ("?", "warn"),
}
"""Word of a verdict -> its sign, and what a colour says too."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    value : what it is sorted by, None for the text; sign : before the text; kind : a class of the
    style sheet; href : a place in the page; title : what hovering tells.
    """

    text: str
    value: float | None = None
    tone: Tone = ""
    sign: str = ""
    kind: str = ""
    href: str = ""
    title: str = ""


@dataclass(frozen=True)
class Table:
    """Columns and rows. numeric : columns of numbers, to the right; caption : what it is.

    sortable : a person may order and filter the rows; head : the first column names its row.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: frozenset[int] = frozenset()
    caption: str = ""
    sortable: bool = True
    kind: str = ""


@dataclass(frozen=True)
class Chart:
    """A picture that stands in the page as SVG, what it shows in words, and its numbers."""

    id: str
    title: str
    svg: str
    described: str
    table: Table


@dataclass(frozen=True)
class Block:
    """A part of a section below a heading of its own."""

    title: str = ""
    id: str = ""
    text: Sequence[str] = ()
    tables: Sequence[Table] = ()
    charts: Sequence[Chart] = ()
    facts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Section:
    """A section: its own template, or the common one of blocks. facts : what a template needs."""

    id: str
    title: str
    blocks: Sequence[Block] = ()
    template: str = "section.html"
    facts: dict[str, object] = field(default_factory=dict)


def verdict(word: str, text: str = "", href: str = "") -> Cell:
    """A verdict with its sign: never a colour alone."""
    sign, tone = SIGNS.get(word, ("", ""))
    return Cell(text or word, tone=tone, sign=sign, href=href)


def plain(words: Iterable[str]) -> list[Cell]:
    """A row of text."""
    return [Cell(one) for one in words]
