"""The vocabulary of NeXus in h5py: groups with a class, arrays and scalars with their unit."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np

from harness.record.result import Nested

_COUNTED: Final = ("flop/s", "point/s", "row/s", "update/s", "message/s")


def unit(name: str) -> str:
    """The unit as NeXus writes it: a count has none."""
    return "s-1" if name in _COUNTED else name


def group(parent: Any, name: str, nx_class: str, **attributes: Any) -> Any:
    """A new group of this class."""
    made = parent.create_group(name)
    made.attrs.update(NX_class=nx_class, **attributes)
    return made


def array(parent: Any, name: str, values: Any, units: str, **attributes: Any) -> None:
    """A numeric dataset with its unit; checksummed where it is long enough to be chunked."""
    content = np.asarray(values)
    options = {"fletcher32": True, "chunks": True} if content.size else {}
    data = parent.create_dataset(name, data=content, track_times=False, **options)
    data.attrs.update(units=units, **attributes)


def scalar(parent: Any, name: str, value: Any, units: str, **attributes: Any) -> None:
    """A single value with its unit."""
    parent[name] = value
    parent[name].attrs.update(units=units, **attributes)


def notes(parent: Any, name: str, value: Any) -> None:
    """A JSON note."""
    note = group(parent, name, "NXnote", type="application/json")
    note["data"] = json.dumps(value)


def padded(numbers: Nested) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Nested numbers as an array [launch, repetition, ...]; NaN where there are fewer."""
    most = max((len(one) for launch in numbers for one in launch), default=0)
    longest = max((len(launch) for launch in numbers), default=0)
    made = np.full((len(numbers), longest, most), np.nan)
    for i, launch in enumerate(numbers):
        for j, one in enumerate(launch):
            made[i, j, : len(one)] = one
    return made
