"""Measurements of a fleet from recorded runs: cases that ran on one node each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from harness.judge.fleet.file import natural
from harness.judge.fleet.table import Measurements, Metric
from harness.plan import metrics
from harness.record import samples
from harness.record.recorded import Recorded
from kernels import listing


def of_cases(cases: Sequence[Recorded], named: Mapping[str, str] | None = None) -> Measurements:
    """Metrics as ``stream.triad``; of a kernel with several series as ``dgemm-2x1.star``.

    What tells the series apart is ranks x threads, the values of parameters, or else a hash. A
    repetition is the median of a launch, or one of a single launch. A case without a verified
    result is a failed repetition of all metrics of its series. named : run -> node, where a run is
    known to be of a node; else it is called as its ranks call it. Raises CorruptStore for a file
    that is not what was written.
    """
    single = of_one_node(cases, named or {})
    called = [_called(one, named or {}) for one in single]
    names = sorted(set(called), key=natural)
    node = {name: at for at, name in enumerate(names)}
    columns = _metrics(single)
    place = {one: at for at, one in enumerate(columns)}
    values = [_values(case) for case in single]
    rows = [
        (node[called[index]], place[key], value)
        for index, case in enumerate(single)
        for key in columns
        if key[0] == case.series
        for value in values[index].get(key[1], (float("nan"),))
    ]
    parts = list(zip(*rows, strict=True)) or [(), (), ()]
    at = [np.array(one, np.int64) for one in parts[:2]]
    return Measurements(
        nodes=tuple(names),
        metrics=tuple(columns.values()),
        node=at[0],
        metric=at[1],
        repetition=np.arange(len(rows)),  # each is one of its own
        rank=np.full(len(rows), -1),
        value=np.array(parts[2], float),
    )


def of_one_node(
    cases: Sequence[Recorded], named: Mapping[str, str] | None = None
) -> list[Recorded]:
    """Those that can be said of a node: several nodes cannot be told apart."""
    known = named or {}
    return [
        one for one in cases if one.nodes == 1 and (len(one.hosts) == 1 or one.origin.run in known)
    ]


def keys(cases: Sequence[Recorded]) -> list[tuple[str, int]]:
    """Hardware keys of the nodes and how many nodes have each, the most frequent first."""
    known = {(one.hosts[0], one.origin.hardware_key) for one in of_one_node(cases)}
    return Counter(key for _, key in known if key).most_common()


def _called(case: Recorded, named: Mapping[str, str]) -> str:
    return named.get(case.origin.run) or case.hosts[0]


def _metrics(cases: Sequence[Recorded]) -> dict[tuple[str, str], Metric]:
    """(series, name in the record) -> the metric as it is called here, in the order of names."""
    called = labels(cases)
    made: dict[tuple[str, str], Metric] = {}
    left_out = {name: _inner_points(one) for name, one in {x.series: x for x in cases}.items()}
    for case in cases:
        for name, one in case.metrics.items():
            if name in left_out[case.series]:
                continue
            metric = Metric(f"{called[case.series]}.{name}", one.unit, one.better)
            made.setdefault((case.series, name), metric)
    return dict(sorted(made.items(), key=lambda one: one[1].name))


def _inner_points(case: Recorded) -> set[str]:
    """Points on curves but the first, the last, and the primary metric: hundreds tell no more."""
    if case.kernel not in listing.names():
        return set()
    try:
        curves = metrics.curves(listing.load(case.kernel)(**case.parameters))
    except (TypeError, ValueError):  # recorded by another version of the kernel
        return set()
    inner = {
        name
        for points in curves.values()
        for name in sorted(points, key=lambda one: points[one].at)[1:-1]
    }
    return inner - {case.primary}


def labels(cases: Sequence[Recorded]) -> dict[str, str]:
    """What each series is called: its kernel, and what tells it from others of that kernel."""
    series: dict[str, dict[str, Recorded]] = {}
    for case in cases:
        series.setdefault(case.kernel, {}).setdefault(case.series, case)
    return {name: one for kernel in series.values() for name, one in _told_apart(kernel).items()}


def _told_apart(series: Mapping[str, Recorded]) -> dict[str, str]:
    if len(series) == 1:
        return {name: one.kernel for name, one in series.items()}
    shapes = {name: f"{one.ranks}x{one.threads}" for name, one in series.items()}
    differing = [
        name
        for name in next(iter(series.values())).parameters
        if len({repr(one.parameters.get(name)) for one in series.values()}) > 1
    ]
    values = {
        name: "-".join(str(one.parameters.get(each)) for each in differing)
        for name, one in series.items()
    }
    for words in (shapes, values):
        if len(set(words.values())) == len(series) and all(words.values()):
            return {name: f"{one.kernel}-{words[name]}" for name, one in series.items()}
    return {name: name for name in series}


def _values(case: Recorded) -> dict[str, tuple[float, ...]]:
    """Name in the record -> its repetitions."""
    if all(len(one.launches) > 1 for one in case.metrics.values()):
        return {name: one.launches for name, one in case.metrics.items()}
    return {
        name: tuple(value for launch in launches for value in launch)
        for name, launches in samples.of(case.path).items()
    }
