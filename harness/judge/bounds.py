"""What the machine allows at most: flop rate and memory bandwidth as measured by dgemm and stream.

The bound of a phase is the roofline (Williams, Waterman, Patterson 2009): no work is done faster
than its flops at the DGEMM rate of all ranks at once, nor than its memory traffic at the bandwidth
of STREAM's fastest phase. Traffic counts write-allocate reads on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.plan.case import Geometry
from harness.record.result import CaseResult, Value
from kernels.contract import Kernel, Work

_FLOP_SOURCE: Final = "dgemm"
_FLOP_TYPE: Final = "float64"
# In float32 the flop rate is twice as high; hpl calls the BLAS.
_FLOP_PARAMETERS: Final = {"dtype": _FLOP_TYPE, "variant": "blas"}
_TRAFFIC_SOURCE: Final = "stream"
SOURCES: Final = (_FLOP_SOURCE, _TRAFFIC_SOURCE)
# Working sets below this many last-level caches are served by them in part: no memory bound.
_CACHED: Final = 2.0
# Above this fraction of its bound a result says that a count is wrong.
IMPOSSIBLE: Final = 1.02


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


def measured(results: Iterable[CaseResult], geometry: Geometry, llc_B: int) -> Bounds:
    """The bounds that the results of this very run give for a geometry."""
    bounds = Bounds(llc_B=llc_B)
    for one in results:
        if one.case.geometry == geometry and one.metrics:
            bounds = _with(bounds, one.case.kernel, _rates(one), f"{one.case.kernel} in this run")
    return bounds


def recorded(
    bounds: Bounds, records: Iterable[Mapping[str, Any]], geometry: Geometry, key: str
) -> Bounds:
    """Fill what is missing from earlier records of the same machine, newest first.

    key : the hardware key that a record must carry.
    """
    for record in records:
        if bounds.flop_rate is not None and bounds.traffic is not None:
            break
        same = (record["nodes"], record["ranks"], record["threads"]) == (
            geometry.nodes,
            geometry.ranks,
            geometry.threads,
        )
        if same and record.get("hardware_key") == key and record["outcome"] == "pass":
            source = f"{record['kernel']} in run {record['run']}"
            bounds = _with(bounds, record["kernel"], record.get("limits", {}), source)
    return bounds


def limits(result: CaseResult) -> dict[str, float]:
    """What this result says about the machine, for the bounds of later runs."""
    return _rates(result) if result.metrics else {}


def _rates(result: CaseResult) -> dict[str, float]:
    if result.case.kernel == _FLOP_SOURCE:
        if any(result.case.parameters[name] != one for name, one in _FLOP_PARAMETERS.items()):
            return {}
        return {"flop_rate": result.metrics[result.primary].high}
    if result.case.kernel == _TRAFFIC_SOURCE:
        return {"traffic": max(_traffic(one, result.work) for one in result.metrics.values())}
    return {}


def _traffic(value: Value, work: Mapping[str, Work]) -> float:
    """Bytes over the bus each second, at the best of the interval."""
    one = work[value.phase]
    return value.high * one.traffic / one.bytes_moved


def _with(bounds: Bounds, kernel: str, rates: Mapping[str, float], source: str) -> Bounds:
    if kernel == _FLOP_SOURCE and bounds.flop_rate is None and "flop_rate" in rates:
        return replace(bounds, flop_rate=rates["flop_rate"], flop_source=source)
    if kernel == _TRAFFIC_SOURCE and bounds.traffic is None and "traffic" in rates:
        return replace(bounds, traffic=rates["traffic"], traffic_source=source)
    return bounds


def bounded(result: CaseResult, bounds: Bounds) -> CaseResult:
    """The result with the bound of each metric, or the reason why there is none."""
    kernel = result.case.instance()
    if result.case.kernel in (_FLOP_SOURCE, _TRAFFIC_SOURCE):
        return result
    return replace(
        result,
        metrics={
            name: _bounded(value, result.work[value.phase], kernel, result, bounds)
            for name, value in result.metrics.items()
        },
    )


def _bounded(
    value: Value, work: Work, kernel: Kernel[Any], result: CaseResult, bounds: Bounds
) -> Value:
    ranks = result.case.geometry.ranks
    if kernel.arithmetic != _FLOP_TYPE:
        bounds = replace(bounds, flop_rate=None)
    in_memory = kernel.memory_B(ranks) * ranks >= _CACHED * bounds.llc_B
    times = _least_times(work, bounds, in_memory=in_memory)
    if not times:
        why = _why_none(work, kernel.arithmetic, in_memory=in_memory)
        return replace(value, bound_source=why)
    source, seconds = max(times.items(), key=lambda item: item[1])
    return replace(value, bound=value.metric.value(work, seconds), bound_source=source)


def _least_times(work: Work, bounds: Bounds, *, in_memory: bool) -> dict[str, float]:
    """Source of the limit -> seconds this work needs at least.

    Work that moves data is bounded only where its memory traffic is: against the flop rate alone
    it would look slow for a reason that has nothing to do with it.
    """
    times = {}
    if work.bytes_moved:
        if not (bounds.traffic and work.bytes_written and in_memory):
            return {}
        times[f"memory traffic of {bounds.traffic_source}"] = work.traffic / bounds.traffic
    if bounds.flop_rate and work.flop:
        times[f"flop rate of {bounds.flop_source}"] = work.flop / bounds.flop_rate
    return times


def _why_none(work: Work, arithmetic: str, *, in_memory: bool) -> str:
    if work.messages or not (work.flop or work.bytes_moved):
        return "none: no bound is known for this kind of work"
    if work.bytes_moved and not work.bytes_written:
        return "none: pure reads can exceed STREAM's mix"
    if work.bytes_moved and not in_memory:
        return "none: the working set fits the last-level cache"
    if work.flop and arithmetic != _FLOP_TYPE:
        return f"none: the flop are of {arithmetic}, those of {_FLOP_SOURCE} of {_FLOP_TYPE}"
    return "none: run dgemm and stream with the same ranks and threads first"
