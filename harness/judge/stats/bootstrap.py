"""The median of nested samples by bootstrap: launches are drawn first, then repetitions within.

A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application (1997), section 3.8;
T. Kalibera, R. Jones, ISMM 2013, on why the launch comes first. A percentile interval of few
launches is too narrow: docs/compare.md says by how much. Comparisons use `difference` on the
medians of launches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.measure.interval import LEVEL, Interval

RESAMPLES: Final = 10_000
_SEED: Final = 20260101
_AT_ONCE: Final = 2_000_000
"""Numbers held at once: 16 MB."""


def median_of(launches: Sequence[Sequence[float]], resamples: int = RESAMPLES) -> Interval:
    """The median of the medians of the launches, with its percentile interval.

    launches : [launch][repetition]. The same samples give the same interval. ``level`` is 0.95 as
    asked for, not as reached. Raises ValueError if no launch has a sample.
    """
    filled = [np.asarray(one, dtype=np.float64) for one in launches if len(one)]
    if not filled:
        raise ValueError("no samples")
    drawn = medians(filled, resamples)
    low, high = np.quantile(drawn, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    middle = float(np.median([np.median(one) for one in filled]))
    n = sum(one.size for one in filled)
    return Interval(middle, float(low), float(high), LEVEL, n)


def medians(launches: Sequence[NDArray[np.float64]], resamples: int) -> NDArray[np.float64]:
    """Medians of resampled launches: [resample]."""
    generator = np.random.default_rng(_SEED)
    count, most = len(launches), max(one.size for one in launches)
    padded = np.full((count, most), np.nan)
    for row, one in zip(padded, launches, strict=True):
        row[: one.size] = one
    sizes = np.array([one.size for one in launches])
    block = max(1, _AT_ONCE // (count * most))
    parts = [
        _block(padded, sizes, min(block, resamples - begun), generator)
        for begun in range(0, resamples, block)
    ]
    return np.concatenate(parts)


def _block(
    padded: NDArray[np.float64],
    sizes: NDArray[np.int64],
    resamples: int,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    count, most = padded.shape
    chosen = generator.integers(0, count, (resamples, count))
    drawn = (generator.random((resamples, count, most)) * sizes[chosen][..., None]).astype(np.intp)
    values = padded[chosen[..., None], drawn]
    if (sizes != most).any():
        values[np.arange(most) >= sizes[chosen][..., None]] = np.nan
        return np.asarray(np.median(np.nanmedian(values, axis=-1), axis=-1))
    return np.asarray(np.median(np.median(values, axis=-1), axis=-1))
