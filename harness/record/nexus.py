"""The vocabulary of NeXus in h5py: groups with a class, arrays and scalars with their unit."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import h5py
import numpy as np

from harness.record.result import Nested, Splits

_SMALL_B: Final = 4096
# So many stand in the header of their object: an index of its own costs 3 kB.
_ATTRIBUTES: Final = 60
_SCALAR: Final = h5py.h5s.create(h5py.h5s.SCALAR)
_COUNTED: Final = ("flop/s", "point/s", "row/s", "update/s", "message/s")


def unit(name: str) -> str:
    """The unit as NeXus writes it: a count has none."""
    return "s-1" if name in _COUNTED else name


def group(parent: Any, name: str, nx_class: str, **attributes: Any) -> Any:
    """A new group of this class."""
    properties = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    properties.set_attr_phase_change(_ATTRIBUTES, 0)
    properties.set_obj_track_times(False)
    made = h5py.Group(h5py.h5g.create(parent.id, name.encode(), gcpl=properties))
    describe(made, NX_class=nx_class, **attributes)
    return made


def describe(thing: Any, **attributes: Any) -> None:
    """New attributes; text has its own length, as one of variable length costs 50 B more.

    By the low-level calls: a small case has 500 of them, and each takes a third of the time.
    """
    for name, value in attributes.items():
        content = np.asarray(_coded(value), order="C")
        kind = h5py.h5t.py_create(content.dtype, logical=True)
        made = h5py.h5a.create(thing.id, name.encode(), kind, _space(content))
        made.write(content)


def _space(content: Any) -> Any:
    return h5py.h5s.create_simple(content.shape) if content.shape else _SCALAR


def _coded(value: Any) -> Any:
    """Text, or a list of texts, with a length of its own; anything else as it is."""
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(one, str) for one in words):
        return value
    coded = [one.encode() for one in words]
    kind = h5py.string_dtype("utf-8", max(map(len, coded), default=0) or 1)
    return np.array(coded[0] if words is not value else coded, kind)


def array(parent: Any, name: str, values: Any, units: str, **attributes: Any) -> None:
    """A numeric dataset with its unit."""
    describe(_dataset(parent, name, np.asarray(values)), units=units, **attributes)


def texts(parent: Any, name: str, words: Sequence[str]) -> Any:
    """A dataset of texts."""
    return _dataset(parent, name, _coded(list(words)))


def table(parent: Any, name: str, columns: Mapping[str, Sequence[Any]], **attributes: Any) -> None:
    """A dataset of records, a field a column: numbers, or texts as long as the longest."""
    coded = {key: np.asarray(_coded(list(column))) for key, column in columns.items()}
    made = np.empty(len(next(iter(coded.values()))), [(k, c.dtype) for k, c in coded.items()])
    for key, column in coded.items():
        made[key] = column
    describe(_dataset(parent, name, made), **attributes)


def word(parent: Any, name: str, value: str) -> None:
    """A single text."""
    _dataset(parent, name, _coded(value))


def scalar(parent: Any, name: str, value: Any, units: str, **attributes: Any) -> None:
    """A single value with its unit."""
    found = _coded(value) if isinstance(value, str) else np.asarray(value)
    describe(_dataset(parent, name, found), units=units, **attributes)


def notes(parent: Any, name: str, value: Any) -> None:
    """A JSON note; none where there is nothing to say."""
    if not value or (isinstance(value, list) and not any(value)):
        return
    note = group(parent, name, "NXnote", type="application/json")
    word(note, "data", compact(value))


def compact(value: Any) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def new_file() -> h5py.File:
    """A file in memory that every HDF5 from 1.10 on reads."""
    created = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    created.set_attr_phase_change(_ATTRIBUTES, 0)
    created.set_obj_track_times(False)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fapl_core(backing_store=False)
    access.set_meta_block_size(1)  # by blocks of 2 kB, what is left of each stays in the file
    access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
    return h5py.File(
        h5py.h5f.create(uuid.uuid4().hex.encode(), h5py.h5f.ACC_TRUNC, created, access)
    )


def packed(image: h5py.File) -> h5py.File:
    """The same file without the gaps that writing it has left: its headers are a fifth smaller."""
    made = new_file()
    for name in image:
        image.copy(name, made)
    for name, value in image.attrs.items():
        made.attrs[name] = value
    return made


def _dataset(parent: Any, name: str, content: Any) -> Any:
    """A small one is a part of its header, whose checksum is over both: a chunk would cost 2 kB.

    A large one is compressed, with a checksum.
    """
    if content.shape and content.nbytes > _SMALL_B:
        options = {"chunks": True, "shuffle": True, "compression": 4, "fletcher32": True}
        return parent.create_dataset(name, data=content, track_times=False, **options)
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_attr_phase_change(_ATTRIBUTES, 0)
    created.set_obj_track_times(False)
    if 0 < content.nbytes <= _SMALL_B:
        created.set_layout(h5py.h5d.COMPACT)
    kind = h5py.h5t.py_create(content.dtype, logical=True)
    made = h5py.h5d.create(parent.id, name.encode(), kind, _space(content), created)
    if content.size:
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.asarray(content, order="C"))
    return h5py.Dataset(made)


def padded(numbers: Nested) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Nested numbers as an array [launch, repetition, ...]; NaN where there are fewer."""
    most = max((len(one) for launch in numbers for one in launch), default=0)
    longest = max((len(launch) for launch in numbers), default=0)
    made = np.full((len(numbers), longest, most), np.nan)
    for i, launch in enumerate(numbers):
        for j, one in enumerate(launch):
            made[i, j, : len(one)] = one
    return made


def padded_steps(splits: Splits) -> np.ndarray[Any, np.dtype[np.float64]]:
    """As `padded`, of [launch, repetition, rank, step]."""
    launches = [padded(launch) for launch in splits]
    most = np.max([one.shape for one in launches], axis=0, initial=0)
    made = np.full((len(launches), *most), np.nan)
    for i, one in enumerate(launches):
        made[i, : one.shape[0], : one.shape[1], : one.shape[2]] = one
    return made
