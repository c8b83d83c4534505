"""How many launches or runs a side would probably need until a comparison is decided."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MOST: Final = 1000
_FINEST: Final = 0.25
"""An interval is not wanted narrower than this part of the threshold."""


def units(
    estimate: float, error: float, counts: tuple[int, int], limit: float, level: float
) -> int | None:
    """Launches, or runs, of each side with which the difference would be significant, or small.

    estimate, limit : difference and threshold in logarithms; error : standard error with ``counts``
    of each side; level : the p value that is needed. None if a thousand would not do.
    """
    deviation = error / math.sqrt(1.0 / counts[0] + 1.0 / counts[1])
    size = abs(estimate)
    target, tail = (size, level) if size > limit else (max(limit - size, _FINEST * limit), 0.05)
    enough = np.flatnonzero(deviation * _halves(tail) <= target)
    return int(_EACH[enough[0]]) if enough.size else None


_EACH: Final = np.arange(2, _MOST + 1)


@lru_cache
def _halves(tail: float) -> NDArray[np.float64]:
    """Half the width of the interval for each number of units, in standard deviations of one."""
    from scipy.special import stdtrit

    quantiles = stdtrit(2.0 * _EACH - 2.0, 1.0 - tail / 2.0)
    return np.asarray(quantiles * np.sqrt(2.0 / _EACH))


def words(more: int | None, unit: str, threshold: float) -> str:
    """``about 4 more launches of each side would decide``."""
    if more is None:
        return f"too noisy for a threshold of {100.0 * threshold:.2g} %"
    noun = unit if more == 1 else {"launch": "launches"}.get(unit, f"{unit}s")
    return f"about {more} more {noun} of each side would decide"
