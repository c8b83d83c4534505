"""Measurements of a fleet from recorded runs: cases that ran on one node each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from harness.judge.fleet.file import natural
from harness.judge.fleet.table import Measurements, Metric
from harness.record import samples
from harness.record.recorded import Recorded


def of_cases(cases: Sequence[Recorded]) -> Measurements:
    """Metrics as ``stream.triad``; of a kernel with several series as ``stream-3f2a9c1b07.triad``.

    A repetition is the median of a launch, or one of a single launch. A case without a verified
    result is a failed repetition of all metrics of its series. Raises CorruptStore for a file that
    is not what was written.
    """
    single = of_one_node(cases)
    names = sorted({one.hosts[0] for one in single}, key=natural)
    node = {name: at for at, name in enumerate(names)}
    metrics = _metrics(single)
    place = {one: at for at, one in enumerate(metrics)}
    values = [_values(case) for case in single]
    rows = [
        (node[case.hosts[0]], place[key], value)
        for index, case in enumerate(single)
        for key in metrics
        if key[0] == case.series
        for value in values[index].get(key[1], (float("nan"),))
    ]
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    at = [np.array(one, np.int64) for one in columns[:2]]
    return Measurements(
        nodes=tuple(names),
        metrics=tuple(metrics.values()),
        node=at[0],
        metric=at[1],
        repetition=np.arange(len(rows)),  # each is one of its own
        rank=np.full(len(rows), -1),
        value=np.array(columns[2], float),
    )


def of_one_node(cases: Sequence[Recorded]) -> list[Recorded]:
    """Those that can be said of a node: several nodes cannot be told apart."""
    return [one for one in cases if one.nodes == 1 and len(one.hosts) == 1]


def keys(cases: Sequence[Recorded]) -> list[tuple[str, int]]:
    """Hardware keys of the nodes and how many nodes have each, the most frequent first."""
    known = {(one.hosts[0], one.origin.hardware_key) for one in of_one_node(cases)}
    return Counter(key for _, key in known if key).most_common()


def _metrics(cases: Sequence[Recorded]) -> dict[tuple[str, str], Metric]:
    """(series, name in the record) -> the metric as it is called here, in the order of names."""
    series: dict[str, set[str]] = {}
    for case in cases:
        series.setdefault(case.kernel, set()).add(case.series)
    made: dict[tuple[str, str], Metric] = {}
    for case in cases:
        prefix = case.kernel if len(series[case.kernel]) == 1 else case.series
        for name, one in case.metrics.items():
            made.setdefault((case.series, name), Metric(f"{prefix}.{name}", one.unit, one.better))
    return dict(sorted(made.items(), key=lambda one: one[1].name))


def _values(case: Recorded) -> dict[str, tuple[float, ...]]:
    """Name in the record -> its repetitions."""
    if all(len(one.launches) > 1 for one in case.metrics.values()):
        return {name: one.launches for name, one in case.metrics.items()}
    return {
        name: tuple(value for launch in launches for value in launch)
        for name, launches in samples.of(case.path).items()
    }
