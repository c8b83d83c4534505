"""Power and work a joule of a phase: only from readings that cover what was timed.

The Green500 and the EE HPC WG methodology (v2.1, 2015) ask for energy over the whole measured
time. Here a ratio is given if at least 95 % of the timed seconds lie between readings of all nodes,
if at least 95 % of the time between the readings was timed, and if the counters move a hundred
times within a window. Otherwise the energy is kept, and why there is no ratio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import Final

from harness.record.result import CaseResult, Value

COVERED: Final = 0.95
_TICKS: Final = 100.0
_PER_WATT: Final = "flop/s"


@dataclass(frozen=True)
class Used:
    """The energy of a phase over all nodes: medians over the repetitions that were read.

    covered : share of the timed seconds that lie between readings of all nodes; per_watt : flop/s/W
    = flop/J of metrics in flop/s, or empty with the reason.
    """

    joules: float | None
    watts: float | None
    covered: float
    per_watt: dict[str, float]
    reason: str


def used(result: CaseResult) -> dict[str, Used]:
    """The energy of each phase whose nodes were read at least once."""
    return {phase: _used(phase, result) for phase in result.energy.joules}


@dataclass(frozen=True)
class _Read:
    """A repetition: the joules of all nodes, the time between the readings, the timed seconds."""

    joules: float
    window_s: float
    timed_s: float


def _used(phase: str, result: CaseResult) -> Used:
    read = _repetitions(phase, result)
    whole = [one for one in read if math.isfinite(one.joules)]
    timed_s = sum(one.timed_s for one in read)
    covered = sum(one.timed_s for one in whole) / timed_s if timed_s else 0.0
    if not whole:
        return Used(None, None, 0.0, {}, "not all nodes could be read")
    joules = median(one.joules for one in whole)
    watts = median(one.joules / one.window_s for one in whole)
    reason = _why_not(phase, result, whole, covered)
    per_watt = {} if reason else _per_watt(phase, result, joules)
    return Used(joules, watts, covered, per_watt, reason)


def _repetitions(phase: str, result: CaseResult) -> list[_Read]:
    energy, samples = result.energy, result.samples[phase]
    launches = zip(energy.joules[phase], energy.window_s[phase], samples.slowest, strict=False)
    return [
        _Read(math.fsum(nodes) if nodes else math.nan, window_s, timed_s)
        for joules, windows, timed in launches
        for nodes, window_s, timed_s in zip(joules, windows, timed, strict=False)
    ]


def _why_not(phase: str, result: CaseResult, read: list[_Read], covered: float) -> str:
    """Why there is no ratio; nothing if there is one."""
    calls = {one.name: one.calls for one in result.case.instance().phases()}[phase]
    if calls != 1:
        return f"{calls} calls with barriers between them"
    if covered < COVERED:
        return (
            f"readings cover {100 * covered:.0f} % of the timed seconds, {100 * COVERED:.0f} wanted"
        )
    inside = sum(one.timed_s for one in read) / sum(one.window_s for one in read)
    if inside < COVERED:
        return f"only {100 * inside:.0f} % of the time between the readings was timed"
    moves_s = max(one["resolution_s"] or 0.0 for launch in result.energy.nodes for one in launch)
    if min(one.window_s for one in read) < _TICKS * moves_s:
        return f"a repetition is shorter than {_TICKS:.0f} steps of a counter, {moves_s:g} s each"
    return ""


def _per_watt(phase: str, result: CaseResult, joules: float) -> dict[str, float]:
    """Work a joule of the metrics that are flop rates: flop/s/W."""
    flop = result.work[phase].flop
    return {
        name: flop / joules for name, one in result.metrics.items() if _counts(phase, one, joules)
    }


def _counts(phase: str, one: Value, joules: float) -> bool:
    return one.phase == phase and one.metric.unit == _PER_WATT and joules > 0.0
