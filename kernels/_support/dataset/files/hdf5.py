"""HDF5: a data set of one dimension, "/group/name", or a column of one of two: "/group/name[3]".

Integers of every size become int64, floats of up to 64 bits float64; strings may have fixed or
variable lengths. HDF5 reads the rows that are asked for (hyperslabs), of a compressed data set the
chunks that they lie in. Files are opened without locks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from kernels._support.dataset.column import Column, StringColumn, Strings
from kernels._support.dataset.files.source import Source

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

_OF_TWO: Final = re.compile(r"^(?P<name>.*)\[(?P<column>\d+)\]$")
_LISTED: Final = 200
"""So many objects of a file are looked at to say what there is."""


class Numbers(Column):
    """Integers or floats."""

    def __init__(self, source: Source, data: Any, column: tuple[int, ...]) -> None:
        self._source, self._data, self._column = source, data, column
        self.rows = data.shape[0]
        self.dtype = np.dtype(np.float64 if data.dtype.kind == "f" else np.int64)
        self._read_as = np.dtype(np.uint64 if data.dtype.kind == "u" else self.dtype)

    def read(self, start: int, out: NDArray[Any]) -> None:
        """HDF5 converts to the type of out, or to unsigned numbers of its size."""
        view = out.view(self._read_as)
        _read(self._source, lambda: self._data.read_direct(view, self._slab(start, out.size)))
        self._source.put(start, view, out)

    def _slab(self, start: int, rows: int) -> tuple[Any, ...]:
        return (slice(start, start + rows), *self._column)


class Texts(StringColumn):
    """Strings of fixed length, filled up with zeros, or of variable length."""

    def __init__(self, source: Source, data: Any, column: tuple[int, ...]) -> None:
        self._source, self._data, self._column = source, data, column
        self.rows = data.shape[0]

    def read(self, start: int, stop: int) -> Strings:
        """Every string as one object of Python on the way, if its length varies."""
        place = (slice(start, stop), *self._column)
        found = _read(self._source, lambda: self._data[place])
        data = found.tolist()  # bytes, of fixed length without the zeros at the end
        starts = np.zeros(len(data) + 1, np.int64)
        np.cumsum([len(one) for one in data], out=starts[1:])
        text = np.frombuffer(b"".join(data), np.uint8)
        self._source.check_text(start, text, starts)
        return Strings(text, starts)


def opened(source: Source, _comm: Intracomm | None) -> Column | StringColumn:
    """The column; IllegalParameter if it is not there, or is none."""
    try:
        file = h5py.File(source.path, "r", locking=False)
    except OSError as error:
        raise source.error(f"no HDF5 file that can be read: {_first_line(error)}") from error
    data, column = _found(source, file)
    kind = data.dtype
    if kind.kind in "iu" or (kind.kind == "f" and kind.itemsize <= 8):
        return Numbers(source, data, column)
    if h5py.check_string_dtype(kind) is not None:
        return Texts(source, data, column)
    raise source.unusable(f"the type {kind}" if kind.names is None else "a compound type")


def _found(source: Source, file: Any) -> tuple[Any, tuple[int, ...]]:
    """The data set, and the number of its column if it has two dimensions."""
    name = source.column
    column: tuple[int, ...] = ()
    pair = _OF_TWO.match(name)
    if pair is not None and name not in file:
        name, column = pair["name"], (int(pair["column"]),)
    thing = file.get(name) if name else None
    if thing is None:
        raise source.unknown("data set", _known(file))
    if not isinstance(thing, h5py.Dataset):
        inside = [f"{name.rstrip('/')}/{one}" for one in _known(thing)]
        listed = ", ".join(inside) or "none"
        raise source.error(f"{name} is a group, not a data set; known in it: {listed}")
    _must_be_column(source, thing, name, column)
    return thing, column


def _must_be_column(source: Source, data: Any, name: str, column: tuple[int, ...]) -> None:
    """IllegalParameter if the data set has not one dimension, or two and one column is named."""
    shape = data.shape
    if shape is None or len(shape) != 1 + len(column):
        what = "nothing in it" if shape is None else f"the shape {tuple(shape)}"
        fix = f"--set input={source.path}:{name}[0]" if shape and len(shape) == 2 else ""
        raise source.error(f"{name} has {what}; a column has one dimension", fix)
    if column and column[0] >= shape[1]:
        raise source.error(f"{name} has the columns 0 to {shape[1] - 1}")


def _known(group: Any) -> list[str]:
    """Data sets below a group, of one dimension first: paths relative to it."""
    names: list[tuple[int, str]] = []

    def look(name: str, thing: Any) -> bool | None:
        if isinstance(thing, h5py.Dataset):
            names.append((len(thing.shape or ()), name))
        return True if len(names) >= _LISTED else None

    group.visititems(look)
    return [name for _, name in sorted(names, key=lambda one: (one[0] != 1, one[1]))]


def _read(source: Source, read: Any) -> Any:
    """What ``read()`` returns; CannotRun if it fails, or the file is another than at first."""
    source.unchanged()
    try:
        return read()
    except OSError as error:
        raise source.error(f"cannot be read: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
