"""The leading dimension of a matrix stored by columns."""

from __future__ import annotations

LINE = 8
"""Elements of 8 B in a 64-byte cache line."""
_LINE_B = 64
_RESONANCE_B = 2048
"""A distance of a multiple of 2 KiB between columns maps them to few cache sets."""


def leading_dimension(rows: int, item_B: int = 8) -> int:
    """Distance between columns, in elements: whole cache lines, off multiples of 2 KiB.

    Less than two cache lines more than ``rows``.
    """
    line = _LINE_B // item_B
    lines = -(-rows // line) * line
    return lines + line if lines * item_B % _RESONANCE_B == 0 else lines
