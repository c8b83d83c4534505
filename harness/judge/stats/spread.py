"""How much a series varies from run to run: the noise that a comparison must exceed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

LEAST_RUNS: Final = 5


@dataclass(frozen=True)
class Spread:
    """Standard deviation of the logarithm of a run's centre, from ``runs`` runs.

    freedom : degrees of freedom of its square; largest : step between two runs, one after the
    other.
    """

    deviation: float
    runs: int
    freedom: float
    largest: float


def of_runs(centres: Sequence[float]) -> Spread | None:
    """From the values of earlier runs in their order; None with fewer than `LEAST_RUNS`.

    By the squares of successive differences (J. von Neumann and others, Ann. Math. Statist. 12
    (1941) 153-162), so that a step or a slow trend in the history hardly counts as noise: a step in
    twenty runs adds a sixth of its height. Values must be positive.
    """
    runs = len(centres)
    if runs < LEAST_RUNS:
        return None
    steps = np.diff(np.log(np.asarray(centres, dtype=np.float64)))
    variance = float(np.mean(steps**2)) / 2.0
    freedom = 2.0 * (runs - 1) ** 2 / (3.0 * runs - 4.0)
    return Spread(math.sqrt(variance), runs, freedom, float(np.abs(steps).max()))
