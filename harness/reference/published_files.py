"""The files in which top500.org publishes a list: XML, XLSX, and text of a sheet (CSV, TSV).

All become rows of named cells; what the names mean is `harness.reference.published`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from harness.errors import CannotMeasure, ConfigError

_FIRST_YEAR: Final = 1993
_TITLES: Final = 10
"""Lines among which that with the names of the columns is looked for."""


@dataclass(frozen=True)
class Row:
    """An entry as its file has it: where it stands there, and its cells by column."""

    where: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """All entries of a file.

    dates : what the file says about the edition: {where it says so: (year, month)}.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    dates: Mapping[str, tuple[int, int]]


def read(path: Path) -> Sheet:
    """The rows of a file; ConfigError says what cannot be read, CannotMeasure what is missing."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ConfigError(
            str(path),
            f"is of no known kind ({path.suffix or 'no suffix'})",
            known=", ".join(_READERS),
            fix="an old .xls: take the XML of the same list, or save it as .xlsx",
        )
    try:
        sheet = reader(path)
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, ElementTree.ParseError, csv.Error) as error:
        raise ConfigError(str(path), f"cannot be read: {error}") from error
    if not sheet.rows:
        raise ConfigError(str(path), "holds no entry of a list")
    return sheet


def edition(number: int) -> tuple[int, int]:
    """The date of the n-th list: 1 is June 1993, 66 is November 2025."""
    half = 2 * _FIRST_YEAR + number - 1
    return half // 2, 11 if half % 2 else 6


def _xml(path: Path) -> Sheet:
    """`<top500:list date="2025/11/18">` with a `<top500:site>` for each entry."""
    text = path.read_bytes()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ConfigError(str(path), "declares entities of its own, as no list of the site does")
    root = ElementTree.fromstring(text)  # noqa: S314 - no entities, see above
    rows = []
    for number, site in enumerate((one for one in root if _tag(one) == "site"), start=1):
        cells = {_tag(part): (part.text or "").strip() for part in site}
        rows.append(Row(f"entry {number}", cells))
    columns = tuple(dict.fromkeys(name for row in rows for name in row.cells))
    # The lists up to 2005 were made XML in June 2006; their date is that of the conversion.
    dated = "" if root.get("conversion-to-xml") else root.get("date", "")
    said = re.match(r"(\d{4})[/-](0?6|11)\b", dated)
    dates = {"its date": (int(said[1]), int(said[2]))} if said else {}
    return Sheet(columns, tuple(rows), dates)


def _tag(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def _xlsx(path: Path) -> Sheet:
    """The first sheet; its name is the number of the edition, such as 65."""
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise CannotMeasure(
            str(path),
            "an .xlsx needs the package openpyxl, which is not installed",
            fix="pip install 'qyran[lists]', or take the XML of the same list",
        ) from error
    from zipfile import BadZipFile

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise ConfigError(str(path), f"is no workbook: {error}") from error
    try:
        page = book.worksheets[0]
        table = [[_cell(one) for one in row] for row in page.iter_rows(values_only=True)]
        number = str(page.title)
    finally:
        book.close()
    dates = {"the name of its sheet": edition(int(number))} if number.isdecimal() else {}
    return _sheet(table, dates)


def _cell(value: Any) -> str:
    """A cell as text: whole numbers without a point."""
    if value is None:
        return ""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value).strip()


def _text(path: Path) -> Sheet:
    """A sheet saved as text; its separator is the one that the line of columns has most of.

    Letters of an unknown encoding can only be those of names, and become question marks.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        first = [file.readline() for _ in range(_TITLES)]
        head = next((line for line in first if "rank" in line.lower()), "")
        separator = max(",;\t", key=head.count)
        file.seek(0)
        table = [[cell.strip() for cell in row] for row in csv.reader(file, delimiter=separator)]
    return _sheet(table, {})


def _sheet(table: Sequence[Sequence[str]], dates: Mapping[str, tuple[int, int]]) -> Sheet:
    """Rows under the names of the first row that names a rank; lines of titles may stand above."""
    heads = [i for i, row in enumerate(table[:_TITLES]) if "rank" in (cell.lower() for cell in row)]
    if not heads:
        return Sheet((), (), dates)
    columns = tuple(table[heads[0]])
    rows = [
        Row(f"row {number}", dict(zip(columns, cells, strict=False)))
        for number, cells in enumerate(table[heads[0] + 1 :], start=heads[0] + 2)
        if any(cells)
    ]
    return Sheet(columns, tuple(rows), dates)


_READERS: Final[Mapping[str, Callable[[Path], Sheet]]] = {
    ".xml": _xml,
    ".xlsx": _xlsx,
    ".csv": _text,
    ".tsv": _text,
}
