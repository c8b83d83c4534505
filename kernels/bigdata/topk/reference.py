"""The k largest in NumPy: a stable sort of everything."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def topk(x: NDArray[Any], k: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The k largest numbers and their rows, the largest first, of equals the lowest row first."""
    rows = np.flatnonzero(~np.isnan(x))
    values = x[rows]
    order = np.argsort(~values if x.dtype.kind == "i" else -values, kind="stable")[:k]
    return values[order], rows[order]
