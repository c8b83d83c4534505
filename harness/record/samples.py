"""The raw samples of a case file: [launch][repetition] in the base units of each metric."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from harness.errors import CorruptStore
from harness.record import archive, hdf5

Launches = tuple[tuple[float, ...], ...]
"""The samples of one metric: [launch][repetition]; a repetition is its slowest rank's."""


def raw(content: bytes, name: str) -> dict[str, Launches]:
    """All metrics of a case file; CorruptStore if it is not what was written.

    Points on a curve are kept as times only: rates follow from them by the recorded median, as a
    metric is work over time, or time over a count, and the work of a phase does not change.
    """
    record = hdf5.index_record(content, name)
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            return dict(_metrics(file["entry"], record["metrics"]))
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise CorruptStore(name, f"its samples cannot be read: {error}") from error


def of(path: Path) -> dict[str, Launches]:
    """All metrics of the case file at a path."""
    try:
        return raw(archive.read(path), str(path))
    except OSError as error:
        raise CorruptStore(str(path), f"cannot be read: {error.strerror}") from error


def _metrics(entry: Any, metrics: Mapping[str, Any]) -> Iterator[tuple[str, Launches]]:
    curved = {one["phase"] for name, one in metrics.items() if name not in entry}
    points = _points(entry, curved) if curved else {}
    for name, metric in metrics.items():
        if name in entry:
            yield name, grouped(entry[name])
        else:
            yield name, _scaled(points[metric["phase"]], metric)


def grouped(group: Any) -> Launches:
    """The values of a metric by their launches."""
    values, launches = group["value"][()], group["launch"][()]
    return tuple(
        tuple(values[launches == one].tolist()) for one in range(int(launches.max(initial=-1)) + 1)
    )


def _points(entry: Any, wanted: set[str]) -> dict[str, Launches]:
    """Seconds of the phases that stand in one array with others."""
    found: dict[str, Launches] = {}
    for group in entry["samples"].values():
        names = [one.decode() for one in group["phase"][()]] if "phase" in group else []
        if wanted.intersection(names):
            # NaN pads what was repeated less often: a repetition without any rank is none.
            seconds = np.fmax.reduce(group["seconds"][()], axis=-1)
            for name, launches in zip(names, seconds, strict=True):
                found[name] = tuple(tuple(one[~np.isnan(one)].tolist()) for one in launches)
    return found


def _scaled(seconds: Launches, metric: Mapping[str, Any]) -> Launches:
    rate = metric["better"] == "higher"
    shaped = [np.divide(1.0, one) if rate else np.asarray(one) for one in seconds]
    factor = metric["value"] / float(np.median(np.concatenate(shaped)))
    return tuple(tuple((factor * one).tolist()) for one in shaped)
