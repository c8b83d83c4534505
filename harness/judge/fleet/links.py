"""Pairs of nodes from a recorded run of the kernel ``pairs``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from harness.errors import CannotMeasure
from harness.judge.fleet.file import natural
from harness.judge.fleet.pairs import Pairs
from harness.judge.fleet.table import Floats, Ints, Measurements, Metric
from harness.record import splits
from harness.record.recorded import Recorded
from kernels.contract import Phase
from kernels.network.pairs import schedule
from kernels.network.pairs.kernel import Pairs as Kernel

KERNEL: Final = "pairs"


@dataclass(frozen=True)
class Links:
    """All pairs of some nodes. pairs : their ends are indices of ``nodes``."""

    nodes: tuple[str, ...]
    pairs: Pairs

    def among(self, nodes: Sequence[str]) -> Pairs:
        """The same pairs with ends among these nodes; KeyError for one that is not there."""
        place = {name: at for at, name in enumerate(nodes)}
        new = np.array([place[one] for one in self.nodes], np.int64)
        return replace(self.pairs, ends=new[self.pairs.ends])


@dataclass(frozen=True)
class _Told:
    """One launch. node : (ends,) their indices; seconds : {phase: (repetition, rank, round)}."""

    node: Ints
    seconds: dict[str, Floats]


def of_record(case: Recorded) -> Links:
    """Latency (s) and bandwidth (B/s) of every pair, each as long as on its slower end.

    Nodes have the names of their hosts; ranks of one host that were paired are called
    ``host:number``. Metrics are ``pairs.latency`` and ``pairs.bandwidth``. Raises CannotMeasure for
    what is no verified run of ``pairs``, CorruptStore for a file that is not what was written.
    """
    kernel = _kernel(case)
    told = splits.of(case.path)
    if not told.parts:
        raise CannotMeasure(str(case.path), "holds no times of pairs", fix="measure it again")
    names = [_names(hosts, kernel.ends) for hosts in told.hosts]
    nodes = tuple(sorted({one for launch in names for one in launch}, key=natural))
    place = {name: at for at, name in enumerate(nodes)}
    launches = [
        _Told(
            np.array([place[one] for one in of_launch], np.int64),
            {name: part[i] for name, part in told.parts.items()},
        )
        for i, of_launch in enumerate(names)
    ]
    return Links(nodes, _pairs(kernel, launches, nodes))


def _kernel(case: Recorded) -> Kernel:
    if case.kernel != KERNEL:
        raise CannotMeasure(str(case.path), f"is a case of {case.kernel!r}, not of {KERNEL!r}")
    if not case.metrics:
        why = f"{case.outcome}: {case.reason}" if case.reason else case.outcome
        raise CannotMeasure(str(case.path), f"has no verified result ({why})")
    return Kernel(**case.parameters)  # type: ignore[arg-type]


def _names(hosts: Sequence[str], ends: int) -> list[str]:
    """What each end is called; CannotMeasure if its ranks lay on several hosts."""
    each = len(hosts) // ends
    of_ends = [set(hosts[end * each : (end + 1) * each]) for end in range(ends)]
    for end, one in enumerate(of_ends):
        if len(one) != 1:
            first, last = end * each, (end + 1) * each - 1
            raise CannotMeasure(
                f"ranks {first} to {last}",
                f"should lie on one node, and lay on {', '.join(sorted(one))}",
                fix="let the launcher fill node after node",
            )
    single = [one.pop() for one in of_ends]
    if len(set(single)) == len(single):
        return single
    return [f"{host}:{end}" for end, host in enumerate(single)]


def _pairs(kernel: Kernel, launches: Sequence[_Told], nodes: tuple[str, ...]) -> Pairs:
    """Each pair a row of the table, whatever ranks its nodes had in a launch."""
    met = schedule.meetings(kernel.ends, kernel.at_once)
    of_round = np.repeat(np.arange(len(met)), [len(one) for one in met])
    both = np.concatenate(met)
    ends = np.concatenate([np.sort(one.node[both], axis=1) for one in launches])
    known, pair = np.unique(ends[:, 0] * len(nodes) + ends[:, 1], return_inverse=True)
    ends = np.stack([known // len(nodes), known % len(nodes)], axis=1)
    phases = kernel.phases()
    made: list[tuple[Ints, Ints, Ints, Floats]] = []
    before = 0  # repetitions of earlier launches
    for i, launch in enumerate(launches):
        mine = pair[i * len(both) : (i + 1) * len(both)]
        for column, phase in enumerate(phases):
            value = _values(kernel, phase, launch.seconds[phase.name], both, of_round)
            made.append(_rows(mine, column, before, value))
        before += len(next(iter(launch.seconds.values())))
    row, column_, repetition, values = (np.concatenate(one) for one in zip(*made, strict=True))
    return Pairs(
        Measurements(
            nodes=tuple(f"{nodes[a]} - {nodes[b]}" for a, b in ends),
            metrics=tuple(_metric(phase) for phase in phases),
            node=row,
            metric=column_,
            repetition=repetition,
            rank=np.full(len(row), -1),
            value=values,
        ),
        ends,
    )


def _metric(phase: Phase[Any]) -> Metric:
    return Metric(f"{KERNEL}.{phase.name}", phase.metric.unit, phase.metric.better)


def _values(
    kernel: Kernel, phase: Phase[Any], seconds: Floats, both: Ints, of_round: Ints
) -> Floats:
    """(repetitions, pairs): the metric of each pair, which takes as long as its slowest rank."""
    repetitions, ranks, rounds = seconds.shape
    each = seconds.reshape(repetitions, kernel.ends, ranks // kernel.ends, rounds)
    lanes = kernel.lanes if phase.name == "bandwidth" else 1
    slowest: Floats = each[:, :, :lanes, :].max(axis=2)
    of_pair: Floats = np.maximum(slowest[:, both[:, 0], of_round], slowest[:, both[:, 1], of_round])
    a_second = phase.metric.value(phase.work(ranks), 1.0)
    return a_second / of_pair if phase.metric.better == "higher" else a_second * of_pair


def _rows(pair: Ints, column: int, before: int, value: Floats) -> tuple[Ints, Ints, Ints, Floats]:
    """Pair, metric, repetition and value of each sample; padding is left out."""
    there = ~np.isnan(value)
    repetition, at = np.nonzero(there)
    return pair[at], np.full(len(at), column, np.int64), before + repetition, value[there]
