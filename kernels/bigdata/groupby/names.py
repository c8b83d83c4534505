"""Keys that are strings: generated ones, and those of this rank, in memory or chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernels._support.blocks import Block
from kernels._support.dataset.column import Column, StringColumn, Strings

DIGITS: Final = 10
NAME_B: Final = 2 + DIGITS
"""Bytes of a generated string: "id0000012345"."""
_ZERO, _I, _D = (np.uint8(ord(letter)) for letter in "0id")


@njit("void(i8[::1], u1[:,::1])", cache=True, error_model="numpy")
def write_names(keys: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
    """out[i] = "id" and the decimal digits of keys[i]. out : (keys, NAME_B)."""
    for i in range(keys.size):
        out[i, 0], out[i, 1] = _I, _D
        rest = keys[i]
        for j in range(NAME_B - 1, 1, -1):
            out[i, j] = _ZERO + np.uint8(rest % 10)
            rest //= 10


class Names(StringColumn):
    """Generated keys as strings."""

    def __init__(self, keys: Column) -> None:
        self._keys = keys
        self.rows = keys.rows

    def read(self, start: int, stop: int) -> Strings:
        """Generate the keys and write them."""
        keys = np.empty(stop - start, np.int64)
        self._keys.read(start, keys)
        data = np.empty((keys.size, NAME_B), np.uint8)
        write_names(keys, data)
        return Strings(data.reshape(-1), np.arange(keys.size + 1) * NAME_B)


class StringPart:
    """The rows of a column that a rank owns; as `kernels._support.dataset.column.Part`."""

    def __init__(self, column: StringColumn, own: Block, chunk_rows: int | None) -> None:
        self.column, self.own = column, own
        self._resident = column.read(own.start, own.stop) if chunk_rows is None else None
        self._chunk_rows = chunk_rows or own.size

    def chunks(self) -> Iterator[Strings]:
        """The rows in order; one chunk, if all are in memory."""
        if self._resident is not None:
            yield self._resident
            return
        for first in range(self.own.start, self.own.stop, self._chunk_rows):
            yield self.column.read(first, min(first + self._chunk_rows, self.own.stop))
