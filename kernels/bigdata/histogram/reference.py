"""The histogram in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def histogram(
    columns: list[NDArray[np.float64]],
    edges: list[NDArray[np.float64]],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[Any]:
    """Counts, or weights, of the bins: (bins,) for one column, (bins, bins) for two."""
    counts: NDArray[Any] = np.histogramdd(columns, edges, weights=weights)[0]
    return counts
