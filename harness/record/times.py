"""Raw times and work of the phases of a case, in a file.

Phases that are points on a curve stand in one array, so that a case of hundreds of them is written
and read in a fraction of a second.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from harness.measure.timing import STATISTICS
from harness.plan import metrics
from harness.record import nexus
from harness.record.result import CaseResult, Nested
from kernels.contract import Work

# 8 B each: with what else there is, a file of some 3 MB.
_MOST_NUMBERS: Final = 300_000
QUANTILES: Final = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_WORK_UNITS: Final = {
    "flop": "1",
    "bytes_read": "B",
    "bytes_written": "B",
    "bytes_hidden": "B",
    "messages": "1",
    "items": "1",
}


def write(entry: Any, result: CaseResult) -> None:
    """Times as the ranks measured them, kept for a failed case too."""
    raw = nexus.group(entry, "samples", "NXcollection")
    for name, phases in metrics.together(result.case.instance()).items():
        if all(phase in result.samples for phase in phases):
            _write(raw, name, phases, result)


def _write(raw: Any, name: str, phases: list[str], result: CaseResult) -> None:
    """The phases of a curve with one axis more, or the phase of this name."""
    curve = phases != [name]
    point = ["point"] if curve else []
    group = nexus.group(raw, name, "NXcollection", axes=[*point, "launch", "repetition", "rank"])
    if curve:
        nexus.texts(group, "phase", phases)
    samples = [result.samples[one] for one in phases]
    seconds = _array([nexus.padded(one.seconds) for one in samples], curve=curve)
    by_rank(group, "seconds", seconds, "s", result, long_name=f"time of {name}")
    if samples[0].warm_up:
        warm_up = _array([one.warm_up for one in samples], curve=curve)
        nexus.array(group, "warm_up", warm_up, "s", axes=[*point, "launch", "rank"])
    if any(one in result.calls for one in phases):
        calls = _array(_calls(phases, result.calls), curve=curve)
        axes = [*point, "launch", "repetition", "statistic"]
        nexus.array(group, "calls", calls, "s", axes=axes, statistic=STATISTICS)


def by_rank(
    group: Any, name: str, values: Any, units: str, result: CaseResult, **attributes: Any
) -> None:
    """Numbers of each rank, on the last axis; quantiles over the ranks where there are too many.

    The slowest rank is among them, so that every metric follows from what is kept.
    """
    if _count(result) <= _MOST_NUMBERS:
        nexus.array(group, name, values, units, **attributes)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NaN pads what was repeated less often
        kept = np.moveaxis(np.nanquantile(values, QUANTILES, axis=-1), 0, -1)
    about = "quantiles over the ranks"
    nexus.array(group, name, kept, units, reduced=about, quantiles=QUANTILES, **attributes)


def _count(result: CaseResult) -> int:
    """How many numbers the ranks told of all repetitions."""
    told = [*(one.seconds for one in result.samples.values()), *result.parts.values()]
    return sum(len(ranks) for nested in told for launch in nested for ranks in launch)


def _array(of_phases: Sequence[Any], *, curve: bool) -> Any:
    return np.stack(of_phases) if curve else of_phases[0]


def _calls(phases: list[str], calls: dict[str, Nested]) -> list[Any]:
    """What is kept of the calls of each phase; NaN for one of a single call."""
    shape = nexus.padded(next(calls[one] for one in phases if one in calls)).shape
    none = np.full(shape, np.nan)
    return [nexus.padded(calls[one]) if one in calls else none for one in phases]


def work(entry: Any, of_phases: dict[str, Work]) -> None:
    """What one call of each phase does, over all ranks."""
    numbers = {
        name: [getattr(one, name) for one in of_phases.values()] if of_phases else []
        for name in _WORK_UNITS
    }
    units = ["1", *_WORK_UNITS.values()]
    columns = {"phase": list(of_phases), **numbers}
    nexus.table(entry, "work", columns, units=units, help="one call, all ranks")
