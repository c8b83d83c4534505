"""Samples far from the others: J. W. Tukey, Exploratory Data Analysis (1977). None is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

LEAST: Final = 8
_FAR: Final = 3.0
"""Interquartile ranges beyond the quartiles: of normal samples one in 400,000 lies there."""


def far(samples: Sequence[float]) -> tuple[float, ...]:
    """The samples far out, in their order; none of fewer than `LEAST`."""
    if len(samples) < LEAST:
        return ()
    values = np.asarray(samples, dtype=np.float64)
    low, high = np.quantile(values, [0.25, 0.75])
    # Steps of the clock: samples of one value have no range, and the next step is no outlier.
    reach = _FAR * max(high - low, 0.01 * abs(float(np.median(values))))
    return tuple(values[(values < low - reach) | (values > high + reach)].tolist())
