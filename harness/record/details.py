"""What stands in the file of a case beside its index record: work, times of ranks, what was told.

Arrays are float64 in seconds [launch, repetition, rank]; NaN pads what was repeated less often.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from harness.errors import CorruptStore
from harness.record import archive, hdf5, store, timeline
from harness.record.result import Timeline
from harness.record.samples import Launches, grouped
from kernels.contract import Work

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CaseDetails:
    """A recorded case. record : its index record; work : of one call of each phase, all ranks.

    seconds : of each phase; parts : of each part that the kernel told; series : numbers that it
    told [launch, repetition, step]; timeline : None in files before schema 1.2; hosts :
    of each rank in the last launch; reduced : the last axis of seconds and parts is no rank but
    `times.QUANTILES` over the ranks; told : of another tool, the values of each metric as it has
    them [launch][repetition].
    """

    record: Mapping[str, Any]
    work: Mapping[str, Work]
    seconds: Mapping[str, Floats]
    parts: Mapping[str, Floats]
    series: Mapping[str, Floats]
    timeline: Timeline | None
    hosts: tuple[str, ...]
    reduced: bool
    told: Mapping[str, Launches]

    @property
    def primary(self) -> Mapping[str, Any] | None:
        """The record of its primary metric; None without a result of it."""
        found: Mapping[str, Any] | None = self.record["metrics"].get(self.record["primary"])
        return found


@dataclass(frozen=True, eq=False)
class RunDetails:
    """A run with the last recorded attempt at each of its cases. header : its run.yaml."""

    header: Mapping[str, Any]
    cases: tuple[CaseDetails, ...]


def of_run(folder: Path) -> RunDetails:
    """All of a run; CorruptStore if a file is not what was written."""
    header = store.header(folder)
    found = store.attempts(folder)
    files = [found[one["id"]] for one in header["cases"] if one["id"] in found]
    return RunDetails(header, tuple(of_case(folder / one[max(one)]) for one in files))


def of_case(path: Path) -> CaseDetails:
    """The case in a file."""
    try:
        content = archive.read(path)
    except OSError as error:
        raise CorruptStore(str(path), f"cannot be read: {error.strerror}") from error
    record = hdf5.index_record(content, str(path))
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            return _read(record, file["entry"])
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise CorruptStore(str(path), f"its details cannot be read: {error}") from error


def _read(record: Mapping[str, Any], entry: Any) -> CaseDetails:
    """Results of other tools have no phases, work or ranks."""
    samples = entry.get("samples", {})
    parts = list(entry["parts"].values()) if "parts" in entry else []
    arrays = [*(one["seconds"] for one in samples.values() if "seconds" in one), *parts]
    return CaseDetails(
        record=record,
        work=_work(entry["work"][()]) if "work" in entry else {},
        seconds=dict(_seconds(samples)),
        parts={_name(one): one[()] for one in parts},
        series={_name(one): one[()] for one in entry["series"].values()}
        if "series" in entry
        else {},
        timeline=timeline.read(entry),
        hosts=_hosts(entry["placement/ranks"][()]) if "placement" in entry else (),
        reduced=any("reduced" in one.attrs for one in arrays),
        told={}
        if "samples" in entry
        else {name: grouped(entry[name]) for name in record["metrics"]},
    )


def _name(thing: Any) -> str:
    return str(thing.name).rpartition("/")[2]


def _work(table: Any) -> dict[str, Work]:
    names = [one.name for one in fields(Work)]
    return {
        row["phase"].decode(): Work(**{name: float(row[name]) for name in names}) for row in table
    }


def _seconds(samples: Any) -> Iterator[tuple[str, Floats]]:
    """Each phase by its name; those of a curve stand in one array."""
    for name, group in samples.items():
        if "phase" in group:
            phases = [one.decode() for one in group["phase"][()]]
            yield from zip(phases, group["seconds"][()], strict=True)
        else:
            yield name, group["seconds"][()]


def _hosts(table: Any) -> tuple[str, ...]:
    if not len(table):
        return ()
    last = table[table["launch"] == table["launch"].max()]
    return tuple(one.decode() for one in last[np.argsort(last["rank"])]["host"])
