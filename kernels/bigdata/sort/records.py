"""Records of 100 bytes, generated: the lines that the sort benchmark's generator writes as text.

A record is a line of 98 printable characters, CR and LF: the key of 10 characters, two spaces, the
number of the row in 32 hexadecimal digits, two spaces, and 52 letters that depend on the row. That
is the layout of `gensort -a` (C. Nyberg, ordinal.com/gensort.html), and `LC_ALL=C sort` puts such
lines in the order of their keys. Keys follow the distribution asked for: a key is the 64-bit image
of a generated integer in base 95, in the characters from the space to the tilde, so that the order
of the integers is that of the keys.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.dataset.column import Column
from kernels._support.dataset.generate import LAW, Law, integer
from kernels._support.splitmix import random_bits
from kernels.bigdata.sort.order import RECORD_B, SIGN

RECORD: Final = np.dtype(f"V{RECORD_B}")
KEY_B: Final = 10
CHARACTERS: Final = 95
_SPACE: Final = 32
_NUMBER: Final = 12
"""Where the number of the row begins."""
_LETTERS: Final = 46
_END: Final = 98
_FAST: Final[Any] = {"cache": True, "error_model": "numpy", "nogil": True}


@njit("void(u1[::1], u8, u8, u8)", **_FAST)
def write_record(record: NDArray[np.uint8], image: Any, row: Any, bits: Any) -> None:
    """One record. image : its key as a number; bits : from which its letters are made."""
    record[:] = _SPACE
    for i in range(KEY_B):
        record[KEY_B - 1 - i] = _SPACE + np.int64(image % np.uint64(CHARACTERS))
        image //= np.uint64(CHARACTERS)
    for i in range(_LETTERS - 2 - _NUMBER):
        digit = np.int64(row >> np.uint64(4 * i)) & 15 if i < 16 else 0
        record[_LETTERS - 3 - i] = digit + (48 if digit < 10 else 55)
    for i in range(_LETTERS, _END):
        record[i] = 65 + (np.int64(bits >> np.uint64((i - _LETTERS) // 4 * 4)) & 15)
    record[_END], record[_END + 1] = 13, 10


@njit(types.void(types.uint8[:, ::1], LAW, types.int64), **_FAST)
def fill_records(out: NDArray[np.uint8], law: Any, start: int) -> None:
    """out[j] = record of row start + j. out : (rows, RECORD_B)."""
    for j in range(len(out)):
        row = np.uint64(start + j)
        image = np.uint64(integer(law, row)) ^ SIGN
        write_record(out[j], image, row, random_bits(~law.key, row))


class Records(Column):
    """Generated records, of dtype `RECORD`."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self.rows = law.rows
        self.dtype = RECORD

    def read(self, start: int, out: NDArray[Any]) -> None:
        """Generate them."""
        fill_records(out.view(np.uint8).reshape(-1, RECORD_B), self._law, start)
