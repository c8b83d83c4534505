"""What was measured of a fleet: one long table, and its summary for each node and metric."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_TO_SD: Final = 1.2533  # sqrt(pi/2): mean absolute deviation -> sd, and sd of a mean -> of a median


@dataclass(frozen=True)
class Metric:
    """What a column of the table is, in base units."""

    name: str
    unit: str
    better: Literal["higher", "lower"]

    @property
    def sign(self) -> float:
        """+1 where more is better, -1 where less is."""
        return 1.0 if self.better == "higher" else -1.0


@dataclass(frozen=True)
class Measurements:
    """Samples of a fleet in a long table: as many repetitions and ranks as each node has.

    node, metric : (samples,) indices into ``nodes`` and ``metrics``; repetition : (samples,) from 0
    on; rank : (samples,), -1 where a value is that of the whole node; value : (samples,) in the
    base unit, NaN for a measurement that failed.
    """

    nodes: tuple[str, ...]
    metrics: tuple[Metric, ...]
    node: Ints
    metric: Ints
    repetition: Ints
    rank: Ints
    value: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """(nodes, metrics)."""
        return len(self.nodes), len(self.metrics)

    @property
    def cell(self) -> Ints:
        """(samples,): index of the node and metric, row by row."""
        return self.node * len(self.metrics) + self.metric

    @property
    def sign(self) -> Floats:
        """(metrics,): +1 where more is better, -1 where less is."""
        return np.array([one.sign for one in self.metrics])


@dataclass(frozen=True)
class Cells:
    """A summary for each node and metric; all arrays are (nodes, metrics).

    value : median of the usable repetitions, NaN where there is none; error : standard error of
    that median relative to it, 0 for one repetition; n : usable repetitions; failed : repetitions
    that are no measurement; lacking : fewer ranks than most nodes have; wrong : a number that is no
    measurement, NaN where there is none.
    """

    value: Floats
    error: Floats
    n: Ints
    failed: Ints
    lacking: Bools
    wrong: Floats


def wanting(
    table: Measurements, metrics: Iterable[Metric] = (), nodes: Iterable[str] = ()
) -> Measurements:
    """The table with what else must be there: what has no value is not tested, and never passes."""
    known = {one.name for one in table.metrics}
    wanted = {one.name: one for one in reversed(list(metrics)) if one.name not in known}
    more = tuple(reversed(wanted.values()))
    new = tuple(one for one in dict.fromkeys(nodes) if one not in set(table.nodes))
    return replace(table, nodes=table.nodes + new, metrics=table.metrics + more)


def cells(table: Measurements) -> Cells:
    """The summary of a table. The value of a repetition is that of its slowest rank.

    No measurement is a value that is not finite, a rate of 0, and anything below 0. A time or a
    count of 0 is one.
    """
    cell, value = _repetitions(table)
    rate = table.sign[cell % len(table.metrics)] > 0.0
    usable = np.isfinite(value) & ((value > 0.0) | ((value == 0.0) & ~rate))
    size = table.shape[0] * table.shape[1]
    median, error, n = medians(cell[usable], value[usable], size)
    failed = np.bincount(cell[~usable], minlength=size)
    return Cells(
        value=median.reshape(table.shape),
        error=error.reshape(table.shape),
        n=n.reshape(table.shape),
        failed=failed.reshape(table.shape),
        lacking=_lacking(table),
        wrong=_wrong(cell, value, usable, table.shape),
    )


def _wrong(cell: Ints, value: Floats, usable: Bools, shape: tuple[int, int]) -> Floats:
    """(nodes, metrics): infinite, below 0, or a rate of 0."""
    bad = ~usable & ~np.isnan(value)
    found = np.full(shape[0] * shape[1], np.nan)
    found[cell[bad]] = value[bad]
    return found.reshape(shape)


def _repetitions(table: Measurements) -> tuple[Ints, Floats]:
    """Cell and value of each repetition: of its slowest rank, NaN if a rank failed."""
    if table.rank.max(initial=-1) < 0:
        return table.cell, table.value
    order = np.lexsort((table.repetition, table.cell))
    cell, repetition = table.cell[order], table.repetition[order]
    new = np.ones(len(order), bool)
    new[1:] = (cell[1:] != cell[:-1]) | (repetition[1:] != repetition[:-1])
    start = np.flatnonzero(new)
    sign = table.sign[table.metric[order]]
    worst = np.minimum.reduceat(sign * table.value[order], start)
    return cell[start], sign[start] * worst


def medians(cell: Ints, value: Floats, size: int) -> tuple[Floats, Floats, Ints]:
    """Median, its relative standard error and the number of values of each cell."""
    order = np.lexsort((value, cell))
    cell, value = cell[order], value[order]
    n = np.bincount(cell, minlength=size)
    first = np.cumsum(n) - n
    there = n > 0
    median = np.full(size, np.nan)
    low, high = first + (n - 1) // 2, first + n // 2
    median[there] = 0.5 * (value[low[there]] + value[high[there]])
    away = np.bincount(cell, weights=np.abs(value - median[cell]), minlength=size)
    more = (n > 1) & (median > 0.0)
    sd = _TO_SD * away[more] / np.maximum(n[more] - 1, 1)
    error = np.zeros(size)
    with np.errstate(over="ignore"):  # the median may be the smallest number there is
        error[more] = _TO_SD * sd / np.sqrt(n[more]) / median[more]
    return median, error, n


def _lacking(table: Measurements) -> Bools:
    """Where fewer ranks have a value than on most of the nodes that have the metric."""
    counts = np.zeros(table.shape, np.int64)
    ranked = table.rank >= 0
    if not ranked.any():
        return counts > 0
    wide = int(table.rank.max()) + 1
    pairs = np.unique(table.cell[ranked] * wide + table.rank[ranked])
    counts += np.bincount(pairs // wide, minlength=counts.size).reshape(table.shape)
    usual = [_usual(column[column > 0]) for column in counts.T]
    return (counts > 0) & (counts < np.array(usual))


def _usual(counts: Ints) -> int:
    """The most frequent number."""
    return int(np.bincount(counts).argmax()) if counts.size else 0


def slow_rank(table: Measurements, node: int, metric: int) -> tuple[int, float, int] | None:
    """The slowest rank of a node: its number, how far behind the node's median, and of how many.

    None where a node has fewer than three ranks.
    """
    mine = (table.node == node) & (table.metric == metric) & (table.rank >= 0)
    ranks = np.unique(table.rank[mine])
    if len(ranks) < 3:
        return None
    medians = np.array([np.median(table.value[mine & (table.rank == one)]) for one in ranks])
    middle, sign = float(np.median(medians)), table.metrics[metric].sign
    worst = int(np.argmin(sign * medians))
    return int(ranks[worst]), sign * (1.0 - float(medians[worst]) / middle), len(ranks)
