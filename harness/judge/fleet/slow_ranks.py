"""Which core, or which NUMA node, makes a node slow: from the times of its ranks.

The value of a node is that of its slowest rank. Ranks that are slow on every node (the core that
serves interrupts) say nothing of one node: a rank is held against the same rank of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from harness.judge.fleet.table import Floats
from harness.record.by_rank import RankTimes

LEAST: Final = 0.03
"""From this fraction on that a rank takes longer than the others."""
_PEERS: Final = 3


def remarks(nodes: Mapping[str, RankTimes], phase: str) -> dict[str, str]:
    """Of each node with a slow rank or NUMA node which one it is, in words."""
    told = {name: one.seconds[phase] for name, one in nodes.items() if phase in one.seconds}
    usual = _usual(told)
    found = {}
    for name, seconds in told.items():
        words = _remark(nodes[name], seconds / usual if len(usual) == len(seconds) else seconds)
        if words:
            found[name] = words
    return found


def _usual(told: Mapping[str, Floats]) -> Floats:
    """How long each rank takes on most nodes, relative to its node; () where that is not known."""
    sizes = [len(one) for one in told.values()]
    if len(sizes) < _PEERS or len(set(sizes)) > 1:
        return np.ones(max(sizes, default=0)) if len(set(sizes)) == 1 else np.ones(0)
    alike: Floats = np.median([one / np.median(one) for one in told.values()], axis=0)
    return alike


def _remark(ranks: RankTimes, seconds: Floats) -> str:
    """``rank 17 of 64 (CPU 17, NUMA node 1) takes 31.0 % longer than the others``."""
    if len(seconds) < 2:
        return ""
    domain = _domain(ranks.numa, seconds)
    if domain:
        return domain
    worst = int(np.argmax(seconds))
    behind = _behind(float(seconds[worst]), np.delete(seconds, worst))
    if behind < LEAST:
        return ""
    place = f" (CPU {ranks.cpus[worst]}, NUMA node {ranks.numa[worst]})"
    return (
        f"rank {worst} of {len(seconds)}{place} takes {100 * behind:.1f} % longer than the others"
    )


def _domain(numa: tuple[str, ...], seconds: Floats) -> str:
    """A NUMA node of which most ranks are slow, beside the others."""
    names = sorted(set(numa))
    if len(names) < 2 or len(numa) != len(seconds):
        return ""
    of = np.array(numa)
    behind = {
        one: _behind(float(np.median(seconds[of == one])), seconds[of != one])
        for one in names
        if np.sum(of == one) > 1
    }
    worst = max(behind, key=lambda one: behind[one], default="")
    if not worst or behind[worst] < LEAST:
        return ""
    return (
        f"the {int(np.sum(of == worst))} ranks on NUMA node {worst} take "
        f"{100 * behind[worst]:.1f} % longer than the others"
    )


def _behind(seconds: float, others: Floats) -> float:
    return seconds / float(np.median(others)) - 1.0
