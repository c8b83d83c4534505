"""What is in a file of results, whatever its version: for people who look after a store."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from harness.errors import ConfigError, CorruptStore
from harness.record import archive, check, hdf5


@dataclass(frozen=True)
class Item:
    """A group or a dataset: its type in words, shape and unit."""

    path: str
    kind: str
    type: str
    shape: tuple[int, ...]
    unit: str


@dataclass(frozen=True)
class Inside:
    """A file. about : attributes of the root; problem : why it cannot be used, "" if it can."""

    size_B: int
    sealed: bool
    problem: str
    about: dict[str, str] = field(default_factory=dict)
    items: tuple[Item, ...] = ()


def look(path: Path) -> Inside:
    """Read a file; a damaged one is not opened.

    Raises ConfigError where there is no such file, CorruptStore if it cannot be read at all.
    """
    try:
        content = archive.read(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        fix = "`qyran ls` shows the runs"
        raise ConfigError(str(path), "there is no such file", fix=fix) from error
    except OSError as error:
        raise CorruptStore(str(path), f"cannot be read: {error.strerror}") from error
    try:
        sealed = hdf5.holds_seal(content, str(path))
    except CorruptStore as error:
        return Inside(len(content), False, error.found)
    try:
        check.whole(content, path)
        problem = ""
    except CorruptStore as error:
        problem = error.found
    if not sealed and problem:
        return Inside(len(content), sealed, problem)
    with h5py.File(io.BytesIO(content), "r") as file:
        about = {name: _text(value) for name, value in file.attrs.items()}
        items: list[Item] = []
        file.visititems(lambda name, thing: items.append(_item(name, thing)))
    return Inside(len(content), sealed, problem, about, tuple(items))


def _item(name: str, thing: Any) -> Item:
    units = thing.attrs.get("units", "")
    unit = ",".join(map(_text, units)) if isinstance(units, np.ndarray) else _text(units)
    if isinstance(thing, h5py.Group):
        return Item(name, "group", _text(thing.attrs.get("NX_class", "")), (), unit)
    return Item(name, "dataset", _kind(thing.dtype), tuple(thing.shape), unit)


def _kind(dtype: Any) -> str:
    if dtype.names:
        return "rows of " + ", ".join(dtype.names)
    return "text" if dtype.kind in "OS" else str(dtype)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
