"""CSV and TSV: a line with names, then a line a row. RFC 4180, but no line break within quotes.

The file is cut into blocks of `BLOCK_B`; a line belongs to the block that it begins in. Once, the
lines of each block are counted, by all ranks together if they open the column together: then any
row is found, and a block is parsed alone (pyarrow). A column is int64 if its values in the first
block are, else float64 if they are numbers, else text, of which "" in quotes is the empty string.
A missing value, a line of another number of fields, and a value of another type are refused, with
the number of the line.
"""

from __future__ import annotations

import csv
import re
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels._support.blocks import block
from kernels._support.dataset.files.arrow import Batches, Numbers, Texts, pyarrow
from kernels._support.dataset.files.content import Content
from kernels._support.dataset.files.source import Source

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels._support.dataset.column import Column, StringColumn

BLOCK_B: Final = 2**22
LONGEST_LINE_B: Final = 2**26
_PIECE_B: Final = 2**16
_NEWLINE: Final = 10
_FIRST_LINE: Final = 2
"""The line of row 0, counted from 1."""
_DELIMITERS: Final = {".csv": ",", ".tsv": "\t"}
_ROW: Final = re.compile(r"Row #(\d+)")
_VALUE: Final = re.compile(r"invalid value '(.*)'", re.DOTALL)


class Text(Content):
    """The bytes of a file, by lines too."""

    def line_end(self, start: int) -> int:
        """One past the end of the line that holds byte ``start``, its line break included."""
        for at in count(start, _PIECE_B):
            if at >= self.size:
                return self.size
            if at - start > LONGEST_LINE_B:
                raise self.source.error(f"a line of more than {LONGEST_LINE_B} B at byte {start}")
            place = self.read(at, _PIECE_B).find(b"\n")
            if place >= 0:
                return at + place + 1
        raise AssertionError


class Lines(Batches):
    """The blocks of a file. kind : the Arrow type of the column."""

    def __init__(self, source: Source, text: Text, names: list[str], counts: Any) -> None:
        super().__init__()
        self.source, self._text, self._names = source, text, names
        self._begin = text.line_end(0)
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.rows = int(self._starts[-1])
        self.kind: Any = None

    def place(self, row: int) -> str:
        """The number of its line."""
        return f"line {row + _FIRST_LINE}"

    def load(self, row: int) -> tuple[int, Any]:
        """The block that holds the row."""
        number = int(np.searchsorted(self._starts, row, side="right")) - 1
        first = int(self._starts[number])
        start = self._begin + number * BLOCK_B
        end = min(start + BLOCK_B, self._text.size)
        begin = start if number == 0 else self._text.line_end(start - 1)
        data = self._text.read(begin, self._text.line_end(end - 1) - begin)
        found = self._parsed(first, data)
        last = data[data.rfind(b"\n", 0, -1) + 1 :]
        if len(found) != self._starts[number + 1] - first or _goes_on(self.source, last):
            raise self.source.error(self._broken(first, data))
        return first, found

    def _parsed(self, row: int, data: bytes) -> Any:
        """The column of a block whose first row has this number."""
        import pyarrow as pa
        from pyarrow import csv as arrow

        ragged: list[Any] = []

        def keep(line: Any) -> str:
            ragged.append(line)
            return "error"

        options = {
            "read_options": arrow.ReadOptions(
                column_names=[str(one) for one in range(len(self._names))],
                use_threads=False,
                block_size=len(data) + 1,
            ),
            "parse_options": arrow.ParseOptions(
                delimiter=_delimiter(self.source),
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            "convert_options": arrow.ConvertOptions(
                include_columns=[str(self._names.index(self.source.column))],
                column_types={str(self._names.index(self.source.column)): self.kind},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        }
        try:
            table = arrow.read_csv(pa.BufferReader(data), **options)
        except (ValueError, OSError) as error:
            raise self.source.error(self._wrong(row, ragged, str(error))) from error
        return table.column(0).combine_chunks()

    def _wrong(self, row: int, ragged: list[Any], said: str) -> str:
        """What is wrong with a block, with the number of the line."""
        at = _ROW.search(said)
        where = self.place(row + int(at[1]) - 1) if at else f"after {self.place(row)}"
        if ragged:
            one = ragged[0]
            return f"{where} has {one.actual_columns} fields, the first line {one.expected_columns}"
        value = _VALUE.search(said)
        if value:
            return f"{where}: {value[1]!r} is no {self.kind}, as the first values of the column are"
        return f"{where}: {said}"

    def _broken(self, row: int, data: bytes) -> str:
        """Where a block has more lines than rows, or fewer."""
        for at, line in enumerate(data.split(b"\n")):
            if _goes_on(self.source, line):
                return (
                    f"{self.place(row + at)} has a line break within quotes, which cannot be read"
                )
        return f"after {self.place(row)} lines end without a line feed"


def _goes_on(source: Source, line: bytes) -> bool:
    """A line ends within quotes."""
    if line.count(b'"') % 2 == 0:
        return False
    try:
        next(csv.reader([line.decode("latin-1")], delimiter=_delimiter(source), strict=True))
    except csv.Error:
        return True
    return False


def opened(source: Source, comm: Intracomm | None) -> Column | StringColumn:
    """The column; IllegalParameter if it is not there, or the first block cannot be read."""
    pa = pyarrow(source, "pyarrow")
    text = Text(source)
    names = _names(source, text)
    if source.column not in names:
        raise source.unknown("column", names)
    if names.count(source.column) > 1:
        raise source.error(f"{names.count(source.column)} columns have this name")
    lines = Lines(source, text, names, counted(text, comm))
    return _typed(lines, pa)


def _typed(lines: Lines, pa: Any) -> Column | StringColumn:
    """The first type that the first block can be read as."""
    if lines.rows == 0:
        return Numbers(lines, np.dtype(np.int64))
    lines.kind = pa.large_binary()
    lines.load(0)
    for kind, dtype in ((pa.int64(), np.int64), (pa.float64(), np.float64)):
        lines.kind = kind
        try:
            next(lines.between(0, 1))
        except ValueError:
            continue
        return Numbers(lines, np.dtype(dtype))
    lines.kind = pa.large_binary()
    next(lines.between(0, 1))
    return Texts(lines)


def _names(source: Source, text: Text) -> list[str]:
    """The names in the first line."""
    line = text.read(0, text.line_end(0))
    try:
        found = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise source.error(f"the first line is not UTF-8 at byte {error.start}") from error
    if not found:
        raise source.error("the file is empty" if text.size == 0 else "the first line has no names")
    return next(csv.reader([found], delimiter=_delimiter(source)))


def _delimiter(source: Source) -> str:
    return _DELIMITERS[source.path.suffix.lower()]


def counted(text: Text, comm: Intracomm | None) -> NDArray[np.int64]:
    """Lines that begin in each block. comm : its ranks share the blocks. Collective then."""
    begin = text.line_end(0)
    blocks = -(-(text.size - begin) // BLOCK_B)
    counts = np.zeros(blocks, np.int64)
    own = block(blocks, comm.size, comm.rank) if comm else block(blocks, 1, 0)
    buffer = np.empty(min(BLOCK_B, text.size), np.uint8)
    for one in range(own.start, own.stop):
        start = begin + one * BLOCK_B - 1
        data = buffer[: text.size - 1 - start]
        text.fill(start, data)
        counts[one] = np.count_nonzero(data == _NEWLINE)
    if comm:
        from mpi4py import MPI

        comm.Allreduce(MPI.IN_PLACE, counts, op=MPI.SUM)
    return counts
