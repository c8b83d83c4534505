"""A slow minority of a small fleet: two nodes or more that stand together behind the others.

In few nodes they widen the very spread that each of them is compared with. Together they are
noticed by the gap between them and the others; beyond `_MOST_NODES` each is noticed by itself.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from harness.judge.fleet import peers
from harness.judge.fleet.table import Bools, Floats
from harness.judge.fleet.thresholds import Thresholds

_LEAST_NODES: Final = 6
_MOST_NODES: Final = 24
# Separation of the best split into a slow group of 2 to below 40 % of the nodes and the others,
# which such a fraction of normal fleets exceeds; simulated, 600,000 fleets of each size.
_NODES: Final = (6, 7, 8, 9, 10, 12, 16, 20, 24)
_CHANCES: Final = (0.0002, 0.001, 0.005, 0.02)
_SEPARATIONS: Final = (
    (19.09, 12.81, 11.86, 9.72, 8.54, 7.44, 6.22, 5.50, 5.16),
    (12.49, 9.42, 8.89, 7.67, 6.87, 6.21, 5.50, 4.91, 4.68),
    (8.29, 6.75, 6.73, 6.02, 5.53, 5.20, 4.75, 4.39, 4.21),
    (5.77, 4.98, 5.23, 4.81, 4.54, 4.39, 4.16, 3.92, 3.81),
)


def slow_group(value: Floats, metrics: int, limits: Thresholds) -> Bools:
    """(nodes,): the nodes of a slow minority, False everywhere if there is none.

    value : (nodes,) logarithms, more is better, NaN where a node has none. metrics : how many are
    judged at once: the chance of `Thresholds.together` is shared among them.
    """
    slow = np.zeros(len(value), bool)
    there = np.flatnonzero(~np.isnan(value))
    n, chance = len(there), limits.together / max(metrics, 1)
    if not _LEAST_NODES <= n <= _MOST_NODES or chance < _CHANCES[0]:
        return slow
    order = there[np.argsort(value[there], kind="stable")]
    most = int(np.ceil(limits.minority * n)) - 1
    found = peers.split(value[order], 2, most, limits.floor)
    if found.behind >= limits.effect and found.separation > _separation(n, chance):
        slow[order[: found.worse]] = True
    return slow


def _separation(n: int, chance: float) -> float:
    """What so few normal fleets exceed, between the rows and columns of the table."""
    of_size = [float(np.interp(n, _NODES, row)) for row in _SEPARATIONS]
    return float(np.interp(np.log(chance), np.log(_CHANCES), of_size))
