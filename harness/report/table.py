"""The plain table that every report of a terminal is made of, and the colours of outcomes."""

from __future__ import annotations

from typing import Final

from rich.table import Table

STYLE: Final = {
    "pass": "green",
    "slow": "yellow",
    "inconclusive": "yellow",
    "no-reference": "yellow",
    "skipped": "dim",
    "ok": "green",
    "note": "cyan",
    "warn": "yellow",
    "fail": "bold red",
}
"""Of outcomes and findings."""
BAD: Final = "bold red"
_RIGHT: Final = (
    "result", "ratio", "pairs", "of bound", "memory a node", "estimate", "default",
    "factor", "speed-up", "efficiency",
)  # fmt: skip


def new_table(*columns: str) -> Table:
    """An empty table with these heads; numbers stand to the right."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        right = column in _RIGHT
        made.add_column(column, justify="right" if right else "left", overflow="fold")
    return made
