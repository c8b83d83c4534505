"""How far two samples are apart, whatever their distribution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def cliffs_delta(first: Sequence[float], second: Sequence[float]) -> float:
    """P(second > first) - P(second < first) over all pairs: 1 if every second is above every first.

    N. Cliff, Psychol. Bull. 114 (1993) 494-509. Raises ValueError for no samples.
    """
    if not first or not second:
        raise ValueError("no samples")
    signs = np.sign(np.asarray(second)[:, None] - np.asarray(first)[None, :])
    return float(signs.mean())
