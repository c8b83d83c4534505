"""Metrics and curves as NXdata, which viewers plot."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from harness.record import nexus
from harness.record.curve import Curve
from harness.record.result import CaseResult, Value
from kernels.contract import Metric

Shared = dict[tuple[int, ...], Any]
"""Groups by the repetitions of their launches: those of the same share their axes."""


def metric(entry: Any, name: str, value: Value, result: CaseResult, shared: Shared) -> None:
    """A metric of every repetition."""
    samples, work = result.samples[value.phase], result.work[value.phase]
    one = value.metric
    unit = nexus.unit(one.unit)
    group = nexus.group(entry, name, "NXdata", signal="value", axes="sample", phase=value.phase)
    nexus.describe(
        group,
        units=unit,
        quantity=one.unit,
        **_kind(one, result),
        median=value.value,
        low=value.low,
        high=value.high,
        level=value.level,
        n=value.n,
        bound=np.nan if value.bound is None else value.bound,
        bound_source=value.bound_source,
    )
    flat = [seconds for launch in samples.slowest for seconds in launch]
    rates = [one.value(work, seconds) for seconds in flat]
    nexus.array(group, "value", rates, unit, long_name=f"{name} ({one.unit})")
    shape = tuple(map(len, samples.slowest))
    if shape not in shared:
        nexus.array(group, "sample", np.arange(len(flat)), "1", long_name="sample")
        launches = [i for i, count in enumerate(shape) for _ in range(count)]
        nexus.array(group, "launch", launches, "1")
        shared[shape] = group
    else:
        for axis in ("sample", "launch"):
            group[axis] = shared[shape][axis]  # a link: phases are repeated together


def _kind(metric: Metric, result: CaseResult) -> dict[str, str]:
    own_clock = result.program is not None
    return {
        "kind": "cost" if metric.better == "lower" else "rate",
        "better": metric.better,
        "sync": "program" if own_clock else "barrier",
        "rank_reduce": "program" if own_clock else "max",
        "method": "order statistics of all repetitions",
    }


def curve(entry: Any, name: str, drawn: Curve, result: CaseResult) -> None:
    """A curve with its interval, and what its calls say."""
    metric, unit = drawn.metric, nexus.unit(drawn.metric.unit)
    group = nexus.group(entry, name, "NXdata", signal="value", axes="at")
    nexus.describe(
        group,
        auxiliary_signals=["low", "high"],
        quantity=metric.unit,
        **_kind(metric, result),
        SILX_style=_logarithmic(drawn),  # NeXus has no word for it; h5web and silx take this one
    )
    nexus.array(group, "at", drawn.at, drawn.unit, long_name=f"{drawn.axis} ({drawn.unit})")
    for part in ("value", "low", "high"):
        nexus.array(group, part, getattr(drawn, part), unit, long_name=f"{name} ({metric.unit})")
    nexus.array(group, "level", drawn.level, "1")
    nexus.array(group, "n", drawn.n, "1")
    for part, calls in drawn.calls.items():
        known = [np.nan if one is None else one for one in calls]
        nexus.array(group, f"calls_{part}", known, unit, help="each call on its slowest rank")
    nexus.texts(group, "metric", drawn.names)


def _logarithmic(curve: Curve) -> str:
    """Logarithmic axes, where all values are above zero; h5web's symlog for sizes from 0 B on."""
    at = "log" if min(curve.at) > 0.0 else "symlog"
    signal = "log" if min(curve.low) > 0.0 else "linear"
    return json.dumps({"axes_scale_type": [at], "signal_scale_type": signal})
