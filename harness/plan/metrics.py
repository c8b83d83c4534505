"""The names of what a kernel measures: its metrics, and the curves on which some of them lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kernels.contract import Kernel, Metric, Phase, Point


@dataclass(frozen=True)
class Measured:
    """A metric of a phase."""

    phase: Phase[Any]
    metric: Metric


def metrics(kernel: Kernel[Any]) -> dict[str, Measured]:
    """All metrics: ``flop_rate`` of the only phase, ``triad_bandwidth`` of one of several."""
    phases = kernel.phases()
    return {
        metric.name if len(phases) == 1 else f"{phase.name}_{metric.name}": Measured(phase, metric)
        for phase in phases
        for metric in phase.metrics
    }


def primary(kernel: Kernel[Any]) -> str:
    """The name of the metric that stands for the kernel."""
    return next(name for name, one in metrics(kernel).items() if one.phase.name == kernel.primary)


def curves(kernel: Kernel[Any]) -> dict[str, dict[str, Point]]:
    """Curve -> the metrics that lie on it, each with its place, in the order of the phases.

    A curve is named after that of the points and the metric: ``load_bandwidth``.
    """
    found: dict[str, dict[str, Point]] = {}
    for curve, name, point in _points(kernel):
        found.setdefault(curve, {})[name] = point
    return found


def together(kernel: Kernel[Any]) -> dict[str, list[str]]:
    """Phases whose raw times are kept together: those of a curve by its name, else one by its own.

    The phases of a curve go from the smallest place to the largest.
    """
    found: dict[str, list[str]] = {}
    for phase in sorted(kernel.phases(), key=lambda one: one.point.at if one.point else 0.0):
        found.setdefault(phase.point.curve if phase.point else phase.name, []).append(phase.name)
    return found


def _points(kernel: Kernel[Any]) -> Iterator[tuple[str, str, Point]]:
    for name, one in metrics(kernel).items():
        point = one.phase.point
        if point is not None:
            yield f"{point.curve}_{one.metric.name}", name, point
