"""From a judged fleet to a baseline of its class, or the reason why it gives none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.config.baseline import Baseline, Level
from harness.judge.fleet import peers, views
from harness.judge.fleet.table import Bools, Floats, Metric
from harness.judge.fleet.verdict import Judged
from harness.judge.fleet.views import Grade, Stored

CONVERGED: Final = 0.015
"""The standard error of a node's median up to which the smallest effect, 3 %, can be seen."""


@dataclass(frozen=True)
class Made:
    """baseline : None where a metric is refused; refused : metric -> why."""

    baseline: Baseline | None
    refused: dict[str, str]


def make(found: Judged, environment: str = "") -> Made:
    """Median and robust scale of the main group of each metric; all of them, or none.

    The same measurements give the same baseline, in whatever order they stand.
    """
    columns = sorted(range(len(found.table.metrics)), key=lambda at: found.table.metrics[at].name)
    levels: dict[str, Level] = {}
    refused: dict[str, str] = {}
    used = np.zeros(len(found.table.nodes), bool)
    for column in columns:
        metric = found.table.metrics[column]
        left = _left_out(found, column)
        good = np.array([name not in left for name in found.table.nodes], bool)
        why = _refused(found, column, good, left)
        if why:
            refused[metric.name] = why
            continue
        used |= good
        levels[metric.name] = _level(metric, found.cells.value[good, column], left)
    if refused or not levels:
        return Made(None, refused)
    nodes = [name for name, one in zip(found.table.nodes, used, strict=True) if one]
    return Made(Baseline(environment=environment, nodes=nodes, metrics=levels), {})


def _level(metric: Metric, value: Floats, left: dict[str, str]) -> Level:
    rising = np.sort(views.logarithms(value[:, None], (metric,))[:, 0])
    return Level(
        unit=metric.unit,
        better=metric.better,
        median=float(np.median(value)),
        scale=float(np.std(rising, ddof=1)),
        n=len(rising),
        left_out=left,
    )


def _left_out(found: Judged, column: int) -> dict[str, str]:
    """Nodes that are no example of their class, and why."""
    value = views.logarithms(found.cells.value, found.table.metrics)[:, column]
    there = ~np.isnan(value)
    main = np.ones(len(value), bool)
    if there.sum() >= found.limits.least:
        main[there] = peers.main_group(value[there], found.limits)
    left = {}
    for node, name in enumerate(found.table.nodes):
        why = _why(found, node, column, bool(there[node]), bool(main[node]))
        if why:
            left[name] = why
    return left


def _why(found: Judged, node: int, column: int, there: bool, main: bool) -> str:
    error = float(found.cells.error[node, column])
    if found.missing[node, column] or not there:
        return "no value"
    if found.cells.failed[node, column]:
        return "a repetition failed"
    if error > CONVERGED:
        return f"not converged: the median is known to {100 * error:.1f} %"
    if found.cell[node, column] == Grade.REJECT:
        return "rejected"
    return "" if main else "outside the main group"


def _refused(found: Judged, column: int, good: Bools, left: dict[str, str]) -> str:
    fleet = found.fleets[column]
    if fleet is not None and fleet.groups is not None:
        return found.views[-1].silent[column]
    n, least = int(good.sum()), found.limits.least
    if n >= least:
        return ""
    reasons = sorted({one.partition(":")[0] for one in left.values()})
    detail = f" ({', '.join(reasons)}: {len(left)} of {len(good)} left out)" if left else ""
    return f"{n} of the {least} nodes that a baseline needs{detail}"


def stored(baseline: Baseline, source: str) -> dict[str, Stored]:
    """As a view of `verdict.judged` takes it."""
    return {
        name: Stored(one.median, one.scale, one.n, source) for name, one in baseline.metrics.items()
    }


@dataclass(frozen=True)
class Change:
    """A metric of two baselines; None where one lacks it. ratio : of the medians, second / first.

    word : better, worse, same, new, gone, or not comparable; z : of the difference.
    """

    metric: str
    first: Level | None
    second: Level | None
    ratio: float | None
    z: float | None
    word: str


def difference(first: Baseline, second: Baseline, effect: float) -> list[Change]:
    """Every metric of either, by name; a change counts from an effect and 3 sd on."""
    return [
        _change(name, first.metrics.get(name), second.metrics.get(name), effect)
        for name in sorted(first.metrics.keys() | second.metrics.keys())
    ]


def _change(name: str, one: Level | None, two: Level | None, effect: float) -> Change:
    if one is None or two is None:
        return Change(name, one, two, None, None, "new" if one is None else "gone")
    if (one.unit, one.better) != (two.unit, two.better):
        return Change(name, one, two, None, None, "not comparable")
    ratio = two.median / one.median
    noise = np.sqrt(np.pi / 2 * (one.scale**2 / one.n + two.scale**2 / two.n))
    z = float(np.log(ratio) / noise) if noise > 0 else 0.0 if ratio == 1.0 else np.inf
    if abs(ratio - 1.0) < effect or abs(z) < 3.0:
        return Change(name, one, two, ratio, z if np.isfinite(z) else None, "same")
    good = (ratio > 1.0) == (one.better == "higher")
    return Change(
        name, one, two, ratio, z if np.isfinite(z) else None, "better" if good else "worse"
    )
