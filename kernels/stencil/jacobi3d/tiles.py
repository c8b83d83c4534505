"""How large a tile is: fitted to the caches of the core that computes it."""

from __future__ import annotations

from typing import Final

from kernels.stencil.jacobi3d.layout import Layout

Tile = tuple[int, int]
"""Rows, and points along x: whole lines."""
SHARE: Final = {1: 0.75, 2: 0.5}
"""Of the caches that a tile may fill: of level 2 with one step a pass, else of levels 2 and 3."""
FEWEST_ROWS: Final = 8
"""A tile thinner than this reads so many rows twice that cutting rows along x costs less."""
MOST_ROWS: Final = 24
"""Of several steps: measured at 512^3 with 6 steps, 20 to 32 rows are 1.06 times as fast as 9,
which would fit level 2, and as 64."""


def choose(layout: Layout, depth: int, rows: int, level2_B: int, level3_B: int) -> Tile:
    """The tile of a pass of ``depth`` steps. rows : if they are given, else 0.

    One step needs three planes of a tile at a time, T steps T + 2 planes of both arrays.
    """
    if depth == 1:
        points = int(SHARE[1] * level2_B) // (3 * layout.item_B)
    else:
        points = int(SHARE[2] * (level2_B + level3_B)) // (2 * (depth + 2) * layout.item_B)
    lanes = layout.lanes
    whole = _lines(layout.shape[2] + (depth - 1) * lanes, lanes)
    wanted = rows or FEWEST_ROWS
    if whole * (wanted + 2) <= points:
        width = whole
    else:
        width = min(max(points // (wanted + 2) // lanes * lanes, depth * lanes), whole)
    fitting = max(points // width - 2, 1)
    return rows or (fitting if depth == 1 else min(fitting, MOST_ROWS)), width


def _lines(points: int, lanes: int) -> int:
    """Points of as many whole lines, at least one."""
    return max(-(-points // lanes), 1) * lanes
