"""What speaks for a verdict, for a vendor to check: value, expected, how far, how sure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.judge.fleet import table as tables
from harness.judge.fleet.table import Metric
from harness.judge.fleet.verdict import Judged, Verdict
from harness.judge.fleet.views import Grade, View

_SLOW_RANK: Final = 0.03
_SOME: Final = 4
# Part of a metric's name or unit -> what a person looks at first.
_LOOK_FIRST: Final = (
    (("gpu", "cuda", "hbm", "nvlink", "pcie"),
     "clock, power limit, temperature and throttle reasons of the GPU, its PCIe width"),
    (("latency", "pingpong", "network", "ib_", "nccl", "allreduce", "alltoall", "link",
      "p2p", "pair", "osu", "sendrecv"),
     "cable and port (error counters), link width and speed, slot and firmware of the NIC"),
    (("stream", "triad", "membw", "memory", "ladder", "jacobi", "copy"),
     "memory modules (one missing, slow or with corrected errors), NUMA setting, huge pages"),
    (("disk", "fio", "ior", "filesystem", "file_"),
     "file system and drive (SMART), other jobs on it"),
    (("dgemm", "hpl", "gemm", "flop", "linpack"),
     "clock under load (governor, power limit, temperature), other processes, BLAS threads"),
)  # fmt: skip
_LOOK_ELSE: Final = "other processes, clock under load, memory modules, then the environment"


@dataclass(frozen=True)
class Evidence:
    """One view of one metric of a node; numbers are None where the view has none.

    value, expected : base unit; deficit : fraction, above 0 where worse; sd : robust sd; p :
    adjusted; n : repetitions; others : peers, or nodes of the baseline; remark : a slow rank, or
    why there is no view; look : what to look at first, "" for what is accepted.
    """

    metric: Metric
    view: str
    verdict: Verdict
    value: float | None
    expected: float | None
    deficit: float | None
    sd: float | None
    p: float | None
    n: int
    others: int
    remark: str
    look: str


WORD: Final = {
    Grade.ACCEPT: Verdict.ACCEPT,
    Grade.RETEST: Verdict.RETEST,
    Grade.REJECT: Verdict.REJECT,
}


def of_node(found: Judged, node: int) -> list[Evidence]:
    """The worst first. Of an accepted node the metric that is nearest to a limit."""
    if not found.table.metrics:
        return []
    if found.verdicts[node] is Verdict.ACCEPT:
        columns = [_nearest(found, node)]
    else:
        bad = found.missing[node] | (found.cell[node] != Grade.ACCEPT)
        columns = [int(one) for one in np.flatnonzero(bad)]
    made = [one for column in columns for one in _of_metric(found, node, column)]
    return sorted(made, key=lambda one: (_SEVERITY[one.verdict], -(one.deficit or 0.0)))


_SEVERITY: Final = {
    Verdict.REJECT: 0,
    Verdict.NOT_TESTED: 1,
    Verdict.RETEST: 2,
    Verdict.ACCEPT: 3,
}


def control(found: Judged) -> str:
    """The most ordinary accepted node, to measure beside a suspected one; "" if there is none."""
    away = np.max(np.abs(np.nan_to_num(found.views[-1].deficit)), axis=1, initial=0.0)
    good = [i for i, one in enumerate(found.verdicts) if one is Verdict.ACCEPT]
    return found.table.nodes[min(good, key=lambda i: (away[i], i))] if good else ""


def _nearest(found: Judged, node: int) -> int:
    sd = np.max([np.nan_to_num(one.sd[node], nan=-np.inf) for one in found.views], axis=0)
    return int(np.argmax(sd))


def _of_metric(found: Judged, node: int, column: int) -> Iterator[Evidence]:
    if found.missing[node, column]:
        yield _without(found, node, column, Verdict.NOT_TESTED, _why_missing(found, node, column))
    elif failed := int(found.cells.failed[node, column]):
        of = failed + int(found.cells.n[node, column])
        line = f"{failed} of {of} repetitions without a value{_failures(found, node, column)}"
        yield _without(found, node, column, Verdict.RETEST, line)
    for view in found.views:
        if view.grade[node, column] != Grade.SILENT:
            yield _of_view(found, view, node, column)
    if found.cell[node, column] == Grade.SILENT and not found.missing[node, column]:
        why = "; ".join(f"{one.name}: {one.silent[column]}" for one in found.views)
        yield _without(found, node, column, Verdict.RETEST, f"not judged ({why})")


def _why_missing(found: Judged, node: int, column: int) -> str:
    if found.cells.failed[node, column] and not found.cells.n[node, column]:
        count = int(found.cells.failed[node, column])
        none = f"none of {count} repetitions has a" if count > 1 else "its only repetition has no"
        return f"{none} value{_failures(found, node, column)}"
    return "a rank has no value" if found.cells.lacking[node, column] else "has no value"


def _failures(found: Judged, node: int, column: int) -> str:
    """``: found -5 B/s, which is below 0``; "" where there was nothing but NaN."""
    metric, value = found.table.metrics[column], float(found.cells.wrong[node, column])
    if np.isnan(value):
        return ""
    zero = "and a rate of 0 is no measurement"
    why = "which is below 0" if value < 0.0 else "which is no number" if value else zero
    return f": found {value:g} {metric.unit}, {why}"


def _without(found: Judged, node: int, column: int, verdict: Verdict, line: str) -> Evidence:
    value = _number(found.cells.value[node, column])
    n = int(found.cells.n[node, column])
    metric = found.table.metrics[column]
    return Evidence(metric, "", verdict, value, None, None, None, None, n, 0, line, "")


def _of_view(found: Judged, view: View, node: int, column: int) -> Evidence:
    metric, verdict = found.table.metrics[column], WORD[Grade(int(view.grade[node, column]))]
    bad = verdict is not Verdict.ACCEPT
    return Evidence(
        metric=metric,
        view=view.name,
        verdict=verdict,
        value=_number(found.cells.value[node, column]),
        expected=_number(view.expected[node, column]),
        deficit=_number(view.deficit[node, column]),
        sd=_number(view.sd[node, column]),
        p=_number(view.p[node, column]),
        n=int(found.cells.n[node, column]),
        others=int(view.others[node, column]),
        remark=_remark(found, view, node, column) if bad else "",
        look=look_first(metric) if bad else "",
    )


def _remark(found: Judged, view: View, node: int, column: int) -> str:
    """What the numbers of a node do not tell: slow links, another unit, a slow rank."""
    links = _links(found, node, column) if view.name == "peers" else ""
    return (
        links
        or _unit(found, view, node, column)
        or _rank(found, node, column)
        or _group(found, view, node, column)
    )


def _unit(found: Judged, view: View, node: int, column: int) -> str:
    """Where a value is so far off that its unit is the first thing to look at."""
    value, expected = float(found.cells.value[node, column]), float(view.expected[node, column])
    most = found.limits.implausible
    if not (value > 0.0 and expected > 0.0 and not 1.0 / most < value / expected < most):
        return ""
    ratio = value / expected
    times = f"{ratio:,.0f}" if ratio > 1.0 else f"{ratio:.3g}"
    return f"{times} times what is expected: is its unit right?"


def _group(found: Judged, view: View, node: int, column: int) -> str:
    fleet = found.fleets[column]
    if view.name != "peers" or fleet is None or node not in fleet.slow:
        return ""
    return f"{len(fleet.slow)} of {fleet.nodes} nodes stand together behind the others"


def _links(found: Judged, node: int, column: int) -> str:
    others = [
        (one.b if one.a == node else one.a, one.deficit)
        for one in found.links
        if one.metric == column and node in (one.a, one.b)
    ]
    said = [f"{found.table.nodes[at]} ({100 * deficit:.1f} %)" for at, deficit in others[:_SOME]]
    more = f" and {len(others) - _SOME} more" if len(others) > _SOME else ""
    return f"slow link to {', '.join(said)}{more}" if others else ""


def _rank(found: Judged, node: int, column: int) -> str:
    if (node, column) in found.remarks:
        return found.remarks[node, column]
    slow = tables.slow_rank(found.table, node, column)
    if slow is None or slow[1] < _SLOW_RANK:
        return ""
    return f"rank {slow[0]} of {slow[2]} is {100 * slow[1]:.1f} % behind the node's median"


def look_first(metric: Metric) -> str:
    """What to look at first where a metric is bad, from its name; a guess, not a diagnosis."""
    name = metric.name.casefold()
    return next((look for parts, look in _LOOK_FIRST if any(p in name for p in parts)), _LOOK_ELSE)


def _number(value: float) -> float | None:
    """None where there is none, and for what is infinitely above an expected 0."""
    return float(value) if np.isfinite(value) else None
