"""How small the text of a wide table is printed, so that a page in portrait cuts nothing off.

The page allows no inline style: a size is one of a few classes of the style sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.report.html.content import Cell

PAGE_PT: Final = 500.0
"""Width of a printed A4 page between its margins, with a little to spare; Letter is wider."""
SIZES_PT: Final = (
    8.0, 7.0, 6.0, 5.0, 4.4, 3.8, 3.3, 2.9, 2.5, 2.1, 1.8, 1.5, 1.3, 1.1, 0.9, 0.7, 0.5,
)  # fmt: skip
_CHARACTER_EM: Final = 0.6
_BESIDE_EM: Final = 0.45
"""Padding and rule of a cell."""


def fitting(rows: Sequence[Sequence[Cell]], heads: Sequence[str] = ()) -> str:
    """The class of the largest size at which the rows fit: ``fit-4`` for 4.4 pt, by its place.

    heads : of the columns, where they are written side by side; upright ones need no width.
    """
    columns = zip(*(map(_characters, row) for row in rows), strict=True)
    widths = [max(column) for column in columns]
    if heads:
        widths = [max(wide, len(one)) for wide, one in zip(widths, heads, strict=True)]
    em = sum(_CHARACTER_EM * wide + _BESIDE_EM for wide in widths)
    found = (i for i, size in enumerate(SIZES_PT) if size * em <= PAGE_PT)
    return f"fit-{next(found, len(SIZES_PT) - 1)}"


def style() -> str:
    """The rules of these classes."""
    return "\n".join(f"  .fit-{i} {{ font-size: {size:g}pt; }}" for i, size in enumerate(SIZES_PT))


def _characters(one: Cell) -> int:
    """Of a cell with its sign, which has the room of two."""
    return len(one.text) + (2 if one.sign else 0)
