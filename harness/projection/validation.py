"""Predicted and listed Rmax of systems that the prediction does not know: one site left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from harness.projection import hpl, scatter
from harness.projection.evidence import Sustained, link


@dataclass(frozen=True)
class Checked:
    """A listed run, the prediction without its site, and intervals by level. flop/s."""

    run: Sustained
    predicted: float
    intervals: dict[float, tuple[float, float]]
    basis: str

    @property
    def ratio(self) -> float:
        """Predicted / listed."""
        return self.predicted / self.run.run.rmax

    def inside(self, level: float) -> bool:
        """Whether the listed Rmax is in the interval."""
        low, high = self.intervals[level]
        return low <= self.run.run.rmax <= high


def check(one: Sustained, evidence: Sequence[Sustained]) -> Checked:
    """Predict a run from all others but those of its site."""
    run = one.run
    known = scatter.typical(evidence, run.group, ethernet=run.ethernet, without=run.site)

    def predicted(factor: float) -> float:
        node_rate = factor * known.part * run.rpeak / run.nodes
        return hpl.rate(run.nmax, run.nodes, node_rate, link(run))

    intervals = {}
    for level in scatter.LEVELS:
        low, high = known.interval(level)
        intervals[level] = (predicted(low), predicted(high))
    return Checked(one, predicted(1.0), intervals, known.basis)


def coverage(checked: Sequence[Checked], level: float) -> float:
    """The fraction of runs whose listed Rmax is inside."""
    return sum(one.inside(level) for one in checked) / len(checked)


def spread(checked: Sequence[Checked]) -> tuple[float, float]:
    """Median of predicted / listed, and the median distance from 1 as a factor above 1."""
    logs = [math.log(one.ratio) for one in checked]
    return math.exp(median(logs)), math.exp(median(abs(one) for one in logs))
