"""The pairs of metrics that a suite compares: checked before anything starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.config import suite as suites
from harness.config.yaml_file import Document
from harness.errors import ConfigError, unknown
from harness.plan.case import Case
from harness.plan.metrics import metrics
from kernels.contract import Metric


def compared(
    suite: suites.Suite, document: Document, cases: Iterable[Case]
) -> tuple[tuple[str, str], ...]:
    """The pairs of ``compare:``; ConfigError for an unknown name, or metrics of two kinds."""
    kernels = {case.kernel: case for case in cases} if suite.compare else {}
    for i, pair in enumerate(suite.compare):
        one, other = (
            _metric(name, kernels, document.where(("compare", i, j))) for j, name in enumerate(pair)
        )
        if (one.unit, one.better) != (other.unit, other.better):
            raise ConfigError(
                document.where(("compare", i)),
                f"compares {pair[0]} in {one.unit} with {pair[1]} in {other.unit}",
                known="two metrics of one unit, of which both are better higher, or both lower",
            )
    return tuple(suite.compare)


def _metric(name: str, kernels: Mapping[str, Case], where: str) -> Metric:
    kernel, _, metric = name.partition(".")
    if kernel not in kernels:
        raise unknown(where, "kernel of this suite", kernel, kernels)
    known = metrics(kernels[kernel].instance())
    if metric not in known:
        raise unknown(where, f"metric of {kernel}", metric, known, f"`qyran list {kernel}`")
    return known[metric].metric
