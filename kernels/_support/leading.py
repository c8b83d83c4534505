"""The leading dimension of a matrix stored by columns."""

from __future__ import annotations

LINE = 8
"""Elements of 8 B in a 64-byte cache line."""
_RESONANCE = 256
"""A distance of a multiple of 2 KiB between columns maps them to few cache sets."""


def leading_dimension(rows: int) -> int:
    """Distance between columns, in elements: whole cache lines, off multiples of 2 KiB.

    At most 15 more than ``rows``.
    """
    lines = -(-rows // LINE) * LINE
    return lines + LINE if lines % _RESONANCE == 0 else lines
