"""The order of the rows, and the generated records, in NumPy and plain Python."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[Any]
KEY_B: Final = 10
CHARACTERS: Final = 95


def in_order(rows: Rows) -> Rows:
    """The rows sorted, those with equal keys as they came. Records are of dtype V100."""
    if rows.dtype.kind == "i":
        return np.sort(rows)
    if rows.dtype.kind == "f":
        sign, nan = np.signbit(rows), np.isnan(rows)
        value = np.where(nan, 0.0, rows)
        return rows[np.lexsort((sign ^ ~nan, value, nan))]
    keys = rows.view(np.uint8).reshape(-1, rows.itemsize)[:, :KEY_B]
    return rows[np.lexsort(keys.T[::-1])]


def record(image: int, row: int, bits: int) -> bytes:
    """A generated record. image : its key as a number; bits : from which its letters are made."""
    key = ""
    for _ in range(KEY_B):
        image, digit = divmod(image, CHARACTERS)
        key = chr(32 + digit) + key
    letters = "".join(4 * chr(65 + (bits >> 4 * i & 15)) for i in range(13))
    return f"{key}  {row:032X}  {letters}\r\n".encode("ascii")
