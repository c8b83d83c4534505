"""A suspected node is measured again beside a node that is known to be well, before it is rejected.

Both are measured at the same time: what has changed since the first measurement has changed for
both. A rejection stands if the node is behind again, by at least half of what it was, and the
control is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.judge.fleet import table as tables
from harness.judge.fleet.findings import Finding
from harness.judge.fleet.table import Cells, Measurements
from harness.judge.fleet.verdict import Judged, Verdict
from harness.judge.fleet.views import Grade, View

STAGE = "again"


@dataclass(frozen=True)
class Confirmed:
    """What a second measurement says. unconfirmed : nodes whose rejection does not stand."""

    findings: tuple[Finding, ...]
    unconfirmed: frozenset[str]


def suspects(found: Judged) -> list[str]:
    """Nodes of which a view found too little."""
    return [name for at, name in enumerate(found.table.nodes) if found.suspected[at].any()]


def kernels(found: Judged) -> set[str]:
    """The kernels of the metrics in which a node is suspected."""
    columns = np.flatnonzero(found.suspected.any(axis=0))
    return {found.table.metrics[one].name.partition(".")[0].partition("-")[0] for one in columns}


Values = Callable[[str, str], float]
"""From node and metric to what was measured the second time, NaN where there is nothing."""


def values(second: Measurements, cells: Cells | None = None) -> Values:
    """The medians of a table. cells : its summary, if that is at hand."""
    summary = tables.cells(second) if cells is None else cells
    node = {name: at for at, name in enumerate(second.nodes)}
    metric = {one.name: at for at, one in enumerate(second.metrics)}

    def value(name: str, of: str) -> float:
        if name not in node or of not in metric:
            return float("nan")
        return float(summary.value[node[name], metric[of]])

    return value


def compared(found: Judged, second: Values, control: str, missing: Mapping[str, str]) -> Confirmed:
    """The first verdicts beside the second measurement. missing : node -> why it has none."""
    findings: list[Finding] = []
    unconfirmed = set()
    for node, name in enumerate(found.table.nodes):
        if not found.suspected[node].any():
            continue
        lines = list(_of_node(found, second, node, control, missing))
        findings += [one for one, _ in lines]
        rejected = [stands for one, stands in lines if one.verdict is Verdict.REJECT]
        if np.any(found.cell[node] == Grade.REJECT) and not any(rejected):
            unconfirmed.add(name)
    return Confirmed(tuple(findings), frozenset(unconfirmed))


def _of_node(
    found: Judged, second: Values, node: int, control: str, missing: Mapping[str, str]
) -> Iterator[tuple[Finding, bool]]:
    for column in np.flatnonzero(found.suspected[node]):
        metric = found.table.metrics[column]
        name = found.table.nodes[node]
        view = _gravest(found.views, node, int(column))
        value = second(name, metric.name)
        first = float(view.deficit[node, column])
        expected = float(view.expected[node, column])
        rejected = view.grade[node, column] == Grade.REJECT
        if not np.isfinite(value):
            why = missing.get(name) or "it has no value"
            line = f"{metric.name} was not confirmed: measured again, {why}"
            yield Finding(name, STAGE, metric.name, Verdict.RETEST, line), False
            continue
        again = metric.sign * (1.0 - value / expected)
        beside = metric.sign * (1.0 - second(control, metric.name) / expected)
        stands = again >= max(found.limits.effect, 0.5 * min(first, 1.0))
        well = not np.isfinite(beside) or beside < max(found.limits.effect, 0.5 * again)
        line = _line(metric.name, first, again, control, beside)
        if stands and well:
            verdict = Verdict.REJECT if rejected else Verdict.RETEST
            yield Finding(name, STAGE, metric.name, verdict, f"confirmed {line}"), True
        else:
            more = "" if well else ": the control is behind too, so that it was not the node alone"
            text = f"not confirmed {line}{more}"
            yield Finding(name, STAGE, metric.name, Verdict.RETEST, text), False


def _gravest(views: Sequence[View], node: int, column: int) -> View:
    """The view that judged worst, of equals the first: absolute, baseline, peers."""
    return max(views, key=lambda one: int(one.grade[node, column]))


def _line(metric: str, first: float, again: float, control: str, beside: float) -> str:
    """``by re-measurement beside node03: dgemm.star 31.0 % behind again (30.8 % before), ...``."""
    where = f"beside {control}" if control else "without a control node"
    said = f"{metric} {_behind(again)}, {_behind(first)} the first time"
    well = f"; {control} {_behind(beside)}" if control and np.isfinite(beside) else ""
    return f"by re-measurement {where}: {said}{well}"


def _behind(deficit: float) -> str:
    if deficit < 0.0:
        return f"{-100.0 * deficit:.1f} % better than expected"
    return f"{100.0 * deficit:.1f} % behind"
