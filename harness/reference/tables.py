"""The packaged data files of this room: where they lie, and how a cell is read."""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).parent / "data"
"""The folder of the packaged tables; PROVENANCE.md there names every source and doubt."""


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a csv file with a header; an empty cell is an empty string."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(cell: str) -> float | None:
    """The number in a cell, in the unit its column names; None for an empty cell (unknown)."""
    return float(cell) if cell else None


def count(cell: str) -> int | None:
    """The whole number in a cell; None for an empty cell (unknown)."""
    return int(cell) if cell else None


def words(cell: str) -> tuple[str, ...]:
    """The parts of a cell that holds names joined by semicolons."""
    return tuple(part for part in cell.split(";") if part)
