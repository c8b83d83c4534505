"""The roofline of a node as `ladder` measured it: peaks of FMA, and traffic over working sets.

Of each phase its fastest repetition counts, not the median: a bound is what the machine allows, and
a disturbance only ever makes it slower. So the noise between two measurements takes nothing above
its bound.

    flop rate   of the phases ``fma_<type>``, by type of the numbers
    traffic     of each point on a curve, by its working set on a thread: write-allocate reads
                counted, over all ranks and threads

Work whose data lie in memory (at least `IN_MEMORY` last-level caches) is bounded by the best
traffic at working sets that large, of all threads together. Other work is bounded by the best
traffic at working sets of at least half its own: bandwidth falls with the size, and arrays that a
phase leaves alone may be half of what a kernel has allocated. Write-allocate reads do not count
there, as ladder does not count them. Pure reads are bounded by the curve of pure reads, everything
else by the best of all curves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.record.result import CaseResult
from kernels.contract import Metric, Phase, Work

SOURCE: Final = "ladder"
IN_MEMORY: Final = 4.0
"""Last-level caches from which on ladder counts write-allocate reads: as in STREAM's rule, what the
caches serve of such a working set is little."""
_PEAK: Final = "fma_"
_READS: Final = "load"
_HALF: Final = 0.5


@dataclass(frozen=True)
class Roofline:
    """The limits of one geometry.

    flop_rates : flop/s by type; curves : (working set of a thread in B, traffic in B/s) [point],
    by name; source : where it was measured, in words.
    """

    flop_rates: Mapping[str, float]
    curves: Mapping[str, Sequence[Sequence[float]]]
    source: str

    def flop_rate(self, arithmetic: str) -> float | None:
        """The peak of all ranks and threads for this type, flop/s."""
        return self.flop_rates.get(arithmetic)

    def in_memory(self, threads: int, llc_B: int, *, reads_only: bool) -> float | None:
        """The best traffic with the memory, B/s; None if no working set was large enough."""
        return self._best(IN_MEMORY * llc_B / threads, reads_only=reads_only)

    def cached(self, working_set_B: float, threads: int, *, reads_only: bool) -> float | None:
        """The best traffic with a working set over all threads; None if none was as large."""
        return self._best(_HALF * working_set_B / threads, reads_only=reads_only)

    def _best(self, least_B: float, *, reads_only: bool) -> float | None:
        curves = [
            points for name, points in self.curves.items() if name == _READS or not reads_only
        ]
        rates = [rate for points in curves for at, rate in points if at >= least_B]
        return max(rates, default=None)


def measured(result: CaseResult) -> dict[str, Any]:
    """What a ladder found, as JSON holds it: ``flop_rates`` and ``curves`` of a `Roofline`."""
    flop_rates: dict[str, float] = {}
    curves: dict[str, list[list[float]]] = {}
    for phase in result.case.instance().phases():
        work = result.work[phase.name]
        if phase.name.startswith(_PEAK) and work.flop:
            rate = _fastest(phase.metric, work, result, phase)
            flop_rates[phase.name.removeprefix(_PEAK)] = rate
        elif phase.point is not None and work.bytes_moved:
            rate = _fastest(phase.metric, work, result, phase) * work.traffic / work.bytes_moved
            curves.setdefault(phase.point.curve, []).append([phase.point.at, rate])
    return {"flop_rates": flop_rates, "curves": curves}


def _fastest(metric: Metric, work: Work, result: CaseResult, phase: Phase[Any]) -> float:
    seconds = _flat(result.samples[phase.name].slowest)
    return metric.value(work, min(seconds, default=math.nan))


def _flat(launches: Iterable[Iterable[float]]) -> list[float]:
    return [one for launch in launches for one in launch]
