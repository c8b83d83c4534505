"""Fractions that published systems have reached: of STREAM, of HPCG, of power; with intervals.

STREAM: triad / theoretical bandwidth of the CPU nodes of the node table that have both. HPCG: of
named systems, HPCG / (nodes x theoretical bandwidth): HPCG is bound by memory, each of its flops
moves 6 B or more of the matrix and its indices (Dongarra, Heroux, Luszczek 2016). Power: Rmax / W
on the newest lists.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Final

from harness.projection.scatter import LEVELS
from harness.reference import features, nodes, similar, tables, top500

_LISTS: Final = 4


@dataclass(frozen=True)
class Share:
    """A typical value, the interval in which a further one lies by level, and what it rests on.

    With fewer than 2 / (1 - level) values the interval is that of all of them, and holds less.
    """

    value: float
    intervals: Mapping[float, tuple[float, float]]
    systems: int
    basis: str


def share(values: Iterable[float], basis: str) -> Share:
    """Median and order statistics; ValueError without a value."""
    found = sorted(values)
    n = len(found)
    if not n:
        raise ValueError(f"no value for {basis}")
    ranks = {level: max(1, math.floor((n + 1) * (1 - level) / 2)) for level in LEVELS}
    intervals = {level: (found[k - 1], found[n - k]) for level, k in ranks.items()}
    return Share(median(found), intervals, n, f"{n} {basis}")


@cache
def triad() -> Share:
    """STREAM triad / theoretical memory bandwidth of a CPU node."""
    pairs = ((one.triad, one.bandwidth) for one in nodes.nodes() if one.kind in nodes.CPU_KINDS)
    known = [a / b for a, b in pairs if a and b and a <= b]
    return share(known, "CPU nodes with both figures")


@cache
def hpcg(*, without: str = "") -> Share:
    """HPCG / theoretical memory bandwidth in flop/B, one value a system.

    without : a system that is left out.
    """
    found = dict(_hpcg())
    found.pop(without, None)
    return share(found.values(), "systems with HPCG and bandwidth")


def _hpcg() -> Iterator[tuple[str, float]]:
    for row in tables.rows(tables.DATA / "systems.csv"):
        count = tables.number(row["nodes_derived"]) or tables.number(row["nodes_installed"])
        result = tables.number(row["hpcg_flop_s"])
        bandwidth = tables.number(row["bandwidth_per_node_B_s"])
        if count and result and bandwidth:
            yield row["system"], result / (count * bandwidth)


@cache
def per_watt(*, accelerated: bool, chip: int = 0) -> Share:
    """Rmax / power of the newest lists in flop/s/W: of these chips if enough name their power."""
    parts: dict[tuple[float, float], tuple[int, float]] = {}
    for of in top500.lists()[-_LISTS:]:
        kind = (similar.accelerated(of) == accelerated) & (of.power > 0)
        for i in kind.nonzero()[0]:
            key = (float(of.rmax[i]), float(of.power[i]))
            parts[key] = (int(of.chip[i]), key[0] / key[1])
    same = [value for made, value in parts.values() if made == chip and chip]
    name = f" with {features.CHIPS[chip]}"
    if len(same) < similar.LEAST:
        same, name = [value for _, value in parts.values()], ""
    kind_name = "accelerated systems" if accelerated else "CPU systems"
    return share(same, f"{kind_name}{name} that give their power on the last {_LISTS} lists")
