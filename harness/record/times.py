"""Raw times and work of the phases of a case, in a file.

Phases that are points on a curve stand in one array, so that a case of hundreds of them is written
and read in a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import h5py
import numpy as np

from harness.measure.timing import STATISTICS
from harness.plan import metrics
from harness.record import nexus
from harness.record.result import CaseResult, Nested
from kernels.contract import Work

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
        group.create_dataset("phase", data=phases, dtype=h5py.string_dtype())
    samples = [result.samples[one] for one in phases]
    seconds = [nexus.padded(one.seconds) for one in samples]
    about = f"time of {name}"
    nexus.array(group, "seconds", _array(seconds, curve=curve), "s", long_name=about)
    if samples[0].warm_up:
        warm_up = _array([one.warm_up for one in samples], curve=curve)
        nexus.array(group, "warm_up", warm_up, "s", axes=[*point, "launch", "rank"])
    if any(one in result.calls for one in phases):
        calls = _array(_calls(phases, result.calls), curve=curve)
        axes = [*point, "launch", "repetition", "statistic"]
        nexus.array(group, "calls", calls, "s", axes=axes, statistic=STATISTICS)


def _array(of_phases: Sequence[Any], *, curve: bool) -> Any:
    return np.stack(of_phases) if curve else of_phases[0]


def _calls(phases: list[str], calls: dict[str, Nested]) -> list[Any]:
    """What is kept of the calls of each phase; NaN for one of a single call."""
    shape = nexus.padded(next(calls[one] for one in phases if one in calls)).shape
    none = np.full(shape, np.nan)
    return [nexus.padded(calls[one]) if one in calls else none for one in phases]


def work(entry: Any, of_phases: dict[str, Work]) -> None:
    """What one call of each phase does, over all ranks."""
    group = nexus.group(entry, "work", "NXcollection", axes="phase", help="one call, all ranks")
    group.create_dataset("phase", data=list(of_phases), dtype=h5py.string_dtype())
    for name, unit in _WORK_UNITS.items():
        nexus.array(group, name, [getattr(one, name) for one in of_phases.values()], unit)
