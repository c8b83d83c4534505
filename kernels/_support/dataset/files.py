"""Columns of files: "FILE:column".

HDF5: the column is the path of a one-dimensional data set of integers or floats.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from kernels._support.dataset.column import Column, StringColumn
from kernels.contract import IllegalParameter


class Hdf5Column(Column):
    """A one-dimensional data set, read by hyperslabs."""

    def __init__(self, path: Path, name: str) -> None:
        try:
            file = h5py.File(path, "r", locking=False)
        except OSError as error:
            raise IllegalParameter("input", f"{path}:{name}", f"cannot be read: {error}") from error
        if name not in file:
            known = ", ".join(sorted(file)) or "nothing"
            raise IllegalParameter("input", f"{path}:{name}", f"the file holds {known}")
        self._data = file[name]
        self.rows = len(self._data)
        self.dtype = np.dtype(np.float64 if self._data.dtype.kind == "f" else np.int64)

    def read(self, start: int, out: NDArray[Any]) -> None:
        """HDF5 converts to the type of out."""
        self._data.read_direct(out, np.s_[start : start + out.size])


def opened(spec: str) -> Column | StringColumn:
    """The column that "FILE:column" names; IllegalParameter if there is none."""
    path, _, name = spec.rpartition(":")
    return Hdf5Column(Path(path), name)


def rows(spec: str) -> int:
    """Rows of a column; IllegalParameter if it has none."""
    found = opened(spec).rows
    if not found:
        raise IllegalParameter("input", spec, "it has no rows")
    return found
