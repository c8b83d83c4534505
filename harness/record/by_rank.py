"""What each rank of a recorded case took, and where it ran."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from harness.errors import CorruptStore
from harness.record import archive


@dataclass(frozen=True)
class RankTimes:
    """The ranks of the last launch. cpus, numa : [rank] in words, "0-3"; seconds : of each phase.

    seconds : phase -> (ranks,) the median over launches and repetitions.
    """

    cpus: tuple[str, ...]
    numa: tuple[str, ...]
    seconds: dict[str, NDArray[np.float64]]


def of(path: Path) -> RankTimes:
    """The ranks of a case file; CorruptStore if it cannot be read.

    A phase that is a point on a curve is left out, and so is a case of so many ranks that only
    quantiles over them were kept.
    """
    try:
        with h5py.File(io.BytesIO(archive.read(path)), "r") as file:
            return _read(file["entry"])
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise CorruptStore(str(path), f"its ranks cannot be read: {error}") from error


def _read(entry: Any) -> RankTimes:
    rows = entry["placement/ranks"][()]
    last = rows[rows["launch"] == rows["launch"].max()] if len(rows) else rows
    ordered = np.sort(last, order="rank") if len(last) else last
    words = {name: tuple(one.decode() for one in ordered[name]) for name in ("cpus", "numa")}
    seconds = {}
    for name, group in entry["samples"].items():
        stored = group["seconds"]
        if "phase" not in group and "quantiles" not in stored.attrs:
            times = stored[()].reshape(-1, stored.shape[-1])
            usable = ~np.isnan(times).all(axis=0)
            if usable.all() and len(times):
                seconds[name] = np.nanmedian(times, axis=0)
    return RankTimes(words["cpus"], words["numa"], seconds)
