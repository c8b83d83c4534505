"""The curves of a case: metrics of phases that differ in one size, as arrays over that size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from harness.measure.timing import STATISTICS
from harness.plan import metrics
from harness.record.result import CaseResult, Value
from kernels.contract import Metric, Point


@dataclass(frozen=True)
class Curve:
    """A metric over an axis, in base units.

    names : of the metrics that are its points, in step with ``at`` and the other arrays; calls :
    `result.Calls` of each point {statistic: [point]}, None where a point has a single call; empty
    if all have.
    """

    axis: str
    unit: str
    metric: Metric
    names: tuple[str, ...]
    at: tuple[float, ...]
    value: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    level: tuple[float, ...]
    n: tuple[int, ...]
    calls: dict[str, tuple[float | None, ...]]


def curves(result: CaseResult) -> dict[str, Curve]:
    """All curves of a case, from the smallest to the largest place; none if it has no metrics."""
    if not result.metrics:
        return {}
    found = metrics.curves(result.case.instance())
    return {name: _curve(points, result.metrics) for name, points in found.items()}


def _curve(points: Mapping[str, Point], values: Mapping[str, Value]) -> Curve:
    names = sorted(points, key=lambda name: points[name].at)
    listed = [values[name] for name in names]
    first = points[names[0]]
    return Curve(
        axis=first.axis,
        unit=first.unit,
        metric=listed[0].metric,
        names=tuple(names),
        at=tuple(points[name].at for name in names),
        value=tuple(one.value for one in listed),
        low=tuple(one.low for one in listed),
        high=tuple(one.high for one in listed),
        level=tuple(one.level for one in listed),
        n=tuple(one.n for one in listed),
        calls=_calls(listed),
    )


def _calls(values: list[Value]) -> dict[str, tuple[float | None, ...]]:
    if all(one.calls is None for one in values):
        return {}
    found = [asdict(one.calls) if one.calls else {} for one in values]
    return {name: tuple(one.get(name) for one in found) for name in STATISTICS}
