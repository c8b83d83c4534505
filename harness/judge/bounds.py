"""What the machine allows at most, as measured by ladder, or by dgemm and stream.

The bound of a phase is the roofline (Williams, Waterman, Patterson 2009): no work is done faster
than its flops at the peak rate of all ranks at once, nor than its memory traffic at the bandwidth
of the memory or cache that holds its data. Traffic counts write-allocate reads on both sides.

`ladder` measures all of that (see `roofline`); where `stream` moved more from and to memory, that
counts. Without it, the flop rate is that of DGEMM, and the
traffic that of STREAM's fastest phase, which bounds neither reads alone nor work in the caches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.judge import roofline
from harness.judge.roofline import IN_MEMORY, Roofline
from harness.plan.case import Geometry
from harness.record.result import OVERSUBSCRIBED, CaseResult, Value
from kernels.contract import Kernel, Phase, Work

_FLOP_SOURCE: Final = "dgemm"
_FLOP_TYPE: Final = "float64"
# In float32 the flop rate is twice as high; hpl calls the BLAS.
_FLOP_PARAMETERS: Final = {"dtype": _FLOP_TYPE, "variant": "blas"}
_TRAFFIC_SOURCE: Final = "stream"
# Working sets below this many last-level caches are served by them in part: no bound of stream.
_CACHED: Final = 2.0
# Above this fraction of its bound a result says that a count is wrong.
IMPOSSIBLE: Final = 1.02
Earlier = Callable[[str], Iterable[Mapping[str, Any]]]
"""The records of a kernel, newest first."""


@dataclass(frozen=True)
class Bounds:
    """Measured limits of one geometry; ``None`` where nothing was measured.

    flop_rate : flop/s; traffic : B/s over the memory bus; llc_B : last-level caches, all nodes.
    """

    flop_rate: float | None = None
    flop_source: str = ""
    traffic: float | None = None
    traffic_source: str = ""
    llc_B: int = 0
    roof: Roofline | None = None


def measured(results: Iterable[CaseResult], geometry: Geometry, llc_B: int) -> Bounds:
    """The bounds that the results of this very run give for a geometry."""
    bounds = Bounds(llc_B=llc_B)
    for one in results:
        if one.case.geometry == geometry and one.metrics:
            bounds = _with(bounds, one.case.kernel, limits(one), f"{one.case.kernel} in this run")
    return bounds


def recorded(bounds: Bounds, earlier: Earlier, geometry: Geometry, key: str) -> Bounds:
    """Fill what is missing from the newest records of the same machine.

    key : the hardware key that a record must carry.
    """
    for kernel, name in (
        (roofline.SOURCE, "roof"),
        (_FLOP_SOURCE, "flop_rate"),
        (_TRAFFIC_SOURCE, "traffic"),
    ):
        if getattr(bounds, name) is None:
            usable = (one for one in earlier(kernel) if _is_usable(one, kernel, geometry, key))
            for record in usable:
                source = f"{kernel} in run {record['run']}"
                bounds = _with(bounds, kernel, record.get("limits", {}), source)
                if getattr(bounds, name) is not None:
                    break
    return bounds


def _is_usable(record: Mapping[str, Any], kernel: str, geometry: Geometry, key: str) -> bool:
    same = (record["kernel"], record["nodes"], record["ranks"], record["threads"]) == (
        kernel,
        geometry.nodes,
        geometry.ranks,
        geometry.threads,
    )
    crowded = OVERSUBSCRIBED in record.get("notes", ())
    return (
        same and not crowded and record.get("hardware_key") == key and record["outcome"] == "pass"
    )


def limits(result: CaseResult) -> dict[str, Any]:
    """What this result says about the machine, for the bounds of others and of later runs.

    Ranks that take turns on a core say nothing of it: the clock of one may stand still meanwhile.
    """
    if not result.metrics or OVERSUBSCRIBED in result.notes:
        return {}
    match result.case.kernel:
        case roofline.SOURCE:
            return roofline.measured(result)
        case kernel if kernel == _FLOP_SOURCE:
            if any(result.case.parameters[name] != one for name, one in _FLOP_PARAMETERS.items()):
                return {}
            return {"flop_rate": result.metrics[result.primary].high}
        case kernel if kernel == _TRAFFIC_SOURCE:
            return {"traffic": max(_traffic(one, result.work) for one in result.metrics.values())}
    return {}


def _traffic(value: Value, work: Mapping[str, Work]) -> float:
    """Bytes over the bus each second, at the best of the interval."""
    one = work[value.phase]
    return value.high * one.traffic / one.bytes_moved


def _with(bounds: Bounds, kernel: str, found: Mapping[str, Any], source: str) -> Bounds:
    if kernel == roofline.SOURCE and bounds.roof is None and "curves" in found:
        return replace(bounds, roof=Roofline(found["flop_rates"], found["curves"], source))
    if kernel == _FLOP_SOURCE and bounds.flop_rate is None and "flop_rate" in found:
        return replace(bounds, flop_rate=found["flop_rate"], flop_source=source)
    if kernel == _TRAFFIC_SOURCE and bounds.traffic is None and "traffic" in found:
        return replace(bounds, traffic=found["traffic"], traffic_source=source)
    return bounds


def bounded(result: CaseResult, bounds: Bounds) -> CaseResult:
    """The result with the bound of each metric, or the reason why there is none.

    Nothing bounds itself: `ladder` has no bound, and the other sources only that of `ladder`.
    """
    name = result.case.kernel
    if name == roofline.SOURCE:
        return result
    if name in (_FLOP_SOURCE, _TRAFFIC_SOURCE):
        if bounds.roof is None:
            return result
        bounds = replace(bounds, flop_rate=None, traffic=None)
    kernel = result.case.instance()
    phases = {phase.name: phase for phase in kernel.phases()}
    job = _Job(kernel, result.case.geometry, bounds)
    metrics = {
        name: job.bounded(value, phases[value.phase], result.work[value.phase])
        for name, value in result.metrics.items()
    }
    return replace(result, metrics=metrics)


class _Job:
    """The limits of one case."""

    def __init__(self, kernel: Kernel[Any], geometry: Geometry, bounds: Bounds) -> None:
        self._arithmetic = kernel.arithmetic
        self._threads = geometry.ranks * geometry.threads
        self._memory_B = kernel.memory_B(geometry.ranks) * geometry.ranks
        self._caches = self._memory_B / bounds.llc_B if bounds.llc_B else math.inf
        self._bounds = bounds

    def bounded(self, value: Value, phase: Phase[Any], work: Work) -> Value:
        """The metric with its bound, or with the reason why there is none."""
        times = {} if phase.alone else self._least_times(work)
        if not times:
            return replace(value, bound_source=self._why_none(phase, work))
        source, seconds = max(times.items(), key=lambda item: item[1])
        return replace(value, bound=value.metric.value(work, seconds), bound_source=source)

    def _least_times(self, work: Work) -> dict[str, float]:
        """Source of the limit -> seconds this work needs at least.

        Work that moves data is bounded only where its traffic is: against the flop rate alone it
        would look slow for a reason that has nothing to do with it. The bytes of messages alone go
        over a network.
        """
        times: dict[str, float] = {}
        if work.messages and not work.flop:
            return times
        if work.bytes_moved:
            limit = self._roof_traffic(work) or self._stream_traffic(work)
            if limit is None:
                return times
            source, seconds = limit
            times[source] = seconds
        rate, source = self._flop_rate()
        if rate and work.flop:
            times[source] = work.flop / rate
        return times

    def _flop_rate(self) -> tuple[float | None, str]:
        """The peak for the numbers of this kernel, and where it comes from."""
        roof = self._bounds.roof
        if roof is not None and (rate := roof.flop_rate(self._arithmetic)):
            return rate, f"flop rate of {roof.source}"
        rate = self._bounds.flop_rate if self._arithmetic == _FLOP_TYPE else None
        return rate, f"flop rate of {self._bounds.flop_source}"

    def _roof_traffic(self, work: Work) -> tuple[str, float] | None:
        """Where ladder measured what holds the data of this work, and the seconds it needs."""
        roof, llc_B = self._bounds.roof, self._bounds.llc_B
        reads_only = not work.bytes_written
        if roof is None:
            return None
        if self._caches >= IN_MEMORY:
            rate = roof.in_memory(self._threads, llc_B, reads_only=reads_only)
            return self._in_memory(work, rate) if rate else None
        rate = roof.cached(self._working_set_B(work), self._threads, reads_only=reads_only)
        return (f"cache traffic of {roof.source}", work.bytes_moved / rate) if rate else None

    def _in_memory(self, work: Work, rate: float) -> tuple[str, float]:
        """The higher of what ladder and stream found: one of them may have been disturbed."""
        roof, bounds = self._bounds.roof, self._bounds
        source = roof.source if roof else ""
        if bounds.traffic and bounds.traffic > rate:
            rate, source = bounds.traffic, bounds.traffic_source
        return f"memory traffic of {source}", work.traffic / rate

    def _stream_traffic(self, work: Work) -> tuple[str, float] | None:
        """The same by stream, which knows neither reads alone nor caches."""
        rate = self._bounds.traffic
        if not rate or not work.bytes_written or self._caches < _CACHED:
            return None
        return f"memory traffic of {self._bounds.traffic_source}", work.traffic / rate

    def _working_set_B(self, work: Work) -> float:
        """At most what is allocated, and at most what a call moves, over all ranks."""
        return min(self._memory_B, work.bytes_moved)

    def _why_none(self, phase: Phase[Any], work: Work) -> str:
        if phase.alone:
            return "none: one rank works while the others wait"
        if work.messages or not (work.flop or work.bytes_moved):
            return "none: no bound is known for this kind of work"
        if work.bytes_moved and not work.bytes_written:
            return "none: pure reads can exceed STREAM's mix: run ladder first"
        if work.bytes_moved and self._caches < _CACHED:
            return "none: the working set fits the last-level cache: run ladder first"
        if work.flop and self._arithmetic != _FLOP_TYPE:
            has = f"{_FLOP_SOURCE} of {_FLOP_TYPE}"
            return f"none: the flop are of {self._arithmetic}, those of {has}: run ladder first"
        return "none: run ladder, or dgemm and stream, with the same ranks and threads first"
