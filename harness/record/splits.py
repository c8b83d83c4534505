"""The splits of a case file: how long every step of a part took on every rank, and where it ran."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from harness.errors import CorruptStore
from harness.record import archive, hdf5


@dataclass(frozen=True)
class Splits:
    """parts : (launch, repetition, rank, step), s, NaN where there is none; hosts : (launch, rank).

    Without launches and parts where the kernel tells none.
    """

    parts: dict[str, NDArray[np.float64]]
    hosts: tuple[tuple[str, ...], ...]


def of(path: Path) -> Splits:
    """The splits of the case file at a path; CorruptStore if it is not what was written."""
    name = str(path)
    try:
        content = archive.read(path)
    except OSError as error:
        raise CorruptStore(name, f"cannot be read: {error.strerror}") from error
    hdf5.index_record(content, name)  # the checks of its bytes
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            return _of_entry(file["entry"])
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise CorruptStore(name, f"its splits cannot be read: {error}") from error


def _of_entry(entry: Any) -> Splits:
    parts = {name: one[()] for name, one in entry["splits"].items()} if "splits" in entry else {}
    table = entry["placement/ranks"][()]
    hosts: list[list[str]] = []
    for launch in range(int(table["launch"].max(initial=-1)) + 1):
        mine = table[table["launch"] == launch]
        ordered = mine[np.argsort(mine["rank"])]
        hosts.append([one.decode() for one in ordered["host"]])
    return Splits(parts, tuple(tuple(one) for one in hosts))
