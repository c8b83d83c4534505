"""The TOP500 lists that the user has added: one JSON file each, beside those that are packaged.

They lie in $XDG_DATA_HOME/qyran/lists (or ~/.local/share/qyran/lists) and belong to the user: a new
list counts without a new version of qyran. `harness.reference.published` reads what the site
publishes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import CannotMeasure, CorruptStore
from harness.record.write_over import write_over

SCHEMA: Final = "qyran.list/1"
FIGURES: Final = ("rmax", "rpeak", "cores", "power", "nmax", "network", "chip")


@dataclass(frozen=True)
class Table:
    """A list as it is stored.

    figures : by name (see FIGURES), whole numbers in base units by rank, -1 for unknown; network
    and chip are places in features.NETWORKS and features.CHIPS. source : name and SHA-256 of the
    file it came from; added : when, as ISO 8601.
    """

    date: tuple[int, int]
    number_one: str
    source: str
    added: str
    figures: Mapping[str, Sequence[int]]

    @property
    def key(self) -> str:
        """'2026-11'."""
        return f"{self.date[0]}-{self.date[1]:02}"

    @property
    def places(self) -> int:
        """How many ranks it holds; below 500 it is the top of a list alone."""
        return len(self.figures["rmax"])


def folder() -> Path:
    """Where the user's lists lie, whether or not there is one."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "qyran" / "lists"


def stored() -> tuple[Table, ...]:
    """The user's lists, oldest first; CorruptStore names a file that is not one."""
    return tuple(_read(path) for path in sorted(folder().glob("????-??.json")))


def _read(path: Path) -> Table:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("schema") != SCHEMA:
            raise ValueError("another version of qyran wrote it")
        year, month = content.pop("date")
        table = Table(date=(int(year), int(month)), **content)
        lengths = {len(table.figures[name]) for name in FIGURES}
        if lengths != {table.places}:
            raise ValueError("its columns have different lengths")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptStore(
            str(path), f"is no stored list: {error}", fix=f"remove it, and import {path.stem} again"
        ) from error
    return table


def add(table: Table) -> Path:
    """Store a list in place of that of the same date; CannotMeasure if that is impossible."""
    path = folder() / f"{table.key}.json"
    content = json.dumps({"schema": SCHEMA, **asdict(table)}) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_over(path, content.encode())
    except OSError as error:
        raise CannotMeasure(
            str(path), f"cannot be written: {error.strerror}", fix="set XDG_DATA_HOME"
        ) from error
    return path


def remove(key: str) -> bool:
    """Remove the list of a date such as '2026-11'; False if none was stored."""
    path = folder() / f"{key}.json"
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed
