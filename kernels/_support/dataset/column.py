"""Columns: rows by number, generated or read from a file, and the part of them that a rank owns.

Nothing is compiled until rows are generated: a plan counts the rows of a file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels._support.blocks import Block
from kernels._support.memory import aligned

if TYPE_CHECKING:
    from kernels._support.dataset.generate import Law

    Fill = Callable[[NDArray[Any], Law, int, int], None]
_READ_ROWS: Final = 2**22
"""Rows of a file that are read at once into memory: what a reader needs beside them is bounded."""


class Column(ABC):
    """Numbers, row by row. rows : over all ranks; dtype : int64 or float64."""

    rows: int
    dtype: np.dtype[Any]

    @abstractmethod
    def read(self, start: int, out: NDArray[Any]) -> None:
        """Fill out with the rows start, start + 1, ...; any rank may read any rows."""


@dataclass(frozen=True)
class Strings:
    """Text, row by row: row i is data[starts[i] : starts[i + 1]], in UTF-8."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]  # (rows + 1,), starts[0] = 0

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.starts.size - 1


class StringColumn(ABC):
    """Text, row by row. rows : over all ranks."""

    rows: int

    @abstractmethod
    def read(self, start: int, stop: int) -> Strings:
        """The rows start, ..., stop - 1; any rank may read any rows."""


class Generated(Column):
    """Rows of a law: full-range integers, keys in [0, law.keys), or floats."""

    def __init__(self, kind: str, law: Law) -> None:
        """Rows of one kind: int64, key or float64."""
        from kernels._support.dataset.generate import fill_floats, fill_integers, fill_keys

        fills: dict[str, Fill] = {"int64": fill_integers, "key": fill_keys, "float64": fill_floats}
        self._fill, self._law = fills[kind], law
        self.rows = law.rows
        self.dtype = np.dtype(np.float64 if kind == "float64" else np.int64)

    def read(self, start: int, out: NDArray[Any]) -> None:
        """Generate them, each thread its static share."""
        from numba import get_num_threads

        self._fill(out, self._law, start, get_num_threads())


def load(column: Column, start: int, out: NDArray[Any]) -> None:
    """Fill out with the rows start, start + 1, ... in pieces."""
    for first in range(0, out.size, _READ_ROWS):
        column.read(start + first, out[first : first + _READ_ROWS])


class Part:
    """The rows of a column that a rank owns, in memory, or brought there chunk by chunk.

    chunk_rows : so many rows are in memory at once; None: all of them, from the beginning.
    """

    def __init__(self, column: Column, own: Block, chunk_rows: int | None = None) -> None:
        self.column, self.own = column, own
        self._chunk_rows = chunk_rows
        self._buffer = aligned(own.size if chunk_rows is None else chunk_rows, column.dtype)
        if chunk_rows is None:
            self.load()

    def load(self) -> None:
        """Read the rows into memory, again: a kernel that destroys its input restores it so."""
        load(self.column, self.own.start, self._buffer[: self.own.size])

    @property
    def resident(self) -> bool:
        """All rows are in memory."""
        return self._chunk_rows is None

    def chunks(self) -> Iterator[NDArray[Any]]:
        """The rows in order, in arrays that are valid until the next: one, if all are in memory."""
        if self._chunk_rows is None:
            yield self._buffer
            return
        for first in range(0, self.own.size, self._chunk_rows):
            chunk = self._buffer[: min(self._chunk_rows, self.own.size - first)]
            self.column.read(self.own.start + first, chunk)
            yield chunk
