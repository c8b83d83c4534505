"""Columns that come as batches of Arrow arrays, of Parquet and CSV files.

The batch that was read last is kept: rows are mostly asked for in their order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._support.dataset.column import Column, StringColumn, Strings
from kernels._support.dataset.files.source import Source
from kernels.contract import IllegalParameter


def pyarrow(source: Source, module: str) -> Any:
    """A module of pyarrow, which is an optional dependency: IllegalParameter if it is missing."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise IllegalParameter(
            "input",
            str(source),
            f"pyarrow reads {source.path.suffix} files, and is missing: pip install 'qyran[data]'",
        ) from error


class Batches(ABC):
    """Rows of a column in batches. rows : how many there are in all."""

    source: Source
    rows: int

    def __init__(self) -> None:
        self._first = 0
        self._batch: Any = None

    @abstractmethod
    def load(self, row: int) -> tuple[int, Any]:
        """The batch that holds a row, as an Arrow array, and the number of its first row."""

    def between(self, start: int, stop: int) -> Iterator[tuple[int, Any]]:
        """The rows start, ..., stop - 1 in pieces, each with the number of its first row."""
        while start < stop:
            if self._batch is None or not 0 <= start - self._first < len(self._batch):
                self.source.unchanged()
                self._batch = None  # what is not needed any more goes before more is read
                first, batch = self.load(start)
                self._must_be_there(first, batch)
                self._first, self._batch = first, batch
            piece = self._batch[start - self._first : stop - self._first]
            yield start, piece
            start += len(piece)

    def _must_be_there(self, first: int, batch: Any) -> None:
        if batch.null_count:
            at = int(batch.is_null().to_numpy(zero_copy_only=False).argmax())
            fix = "fill it in, or leave such rows out"
            raise self.source.error(f"{self.place(first + at)} has no value", fix)

    def place(self, row: int) -> str:
        """A row in the words of its format."""
        return f"row {row}"


class Numbers(Column):
    """Integers or floats."""

    def __init__(self, batches: Batches, dtype: np.dtype[Any]) -> None:
        self._batches, self.rows, self.dtype = batches, batches.rows, dtype

    def read(self, start: int, out: NDArray[Any]) -> None:
        """Copied out of the batches."""
        for row, piece in self._batches.between(start, start + out.size):
            to = out[row - start : row - start + len(piece)]
            self._batches.source.put(row, piece.to_numpy(zero_copy_only=False), to)


class Texts(StringColumn):
    """Strings: batches of the type large_binary."""

    def __init__(self, batches: Batches) -> None:
        self._batches, self.rows = batches, batches.rows

    def read(self, start: int, stop: int) -> Strings:
        """The pieces of the batches one behind the other."""
        starts = np.zeros(stop - start + 1, np.int64)
        parts, end = [], 0
        for row, piece in self._batches.between(start, stop):
            text, own = _text(piece)
            self._batches.source.check_text(row, text, own)
            starts[row - start + 1 : row - start + own.size] = own[1:] + end
            parts.append(text)
            end += text.size
        return Strings(np.concatenate(parts) if parts else np.empty(0, np.uint8), starts)


def _text(array: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bytes and beginnings of an array of type large_binary, whose buffers may be longer."""
    _, offsets, data = array.buffers()
    if len(array) == 0:
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    starts = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    text = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    return text[starts[0] : starts[-1]], starts - starts[0]
