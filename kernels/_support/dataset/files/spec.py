"""The input that a user names, "FILE:column": which file, which format, and what is wrong with it.

The suffix says the format. A file whose name contains a colon is found too, as long as it is there.
What can be said before anything starts is an IllegalParameter of `input`.
"""

from __future__ import annotations

import importlib
import stat
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kernels._support.dataset.files.source import Source, did_you_mean
from kernels.contract import IllegalParameter

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels._support.dataset.column import Column, StringColumn

FORMATS: Final = {
    "hdf5": (".h5", ".hdf5", ".hdf", ".he5", ".nxs", ".nc"),
    "parquet": (".parquet", ".pq"),
    "csv": (".csv", ".tsv"),
}
"""The module that reads a format, and the suffixes of its files."""
TYPES: Final = ("int64", "float64", "text")
"""What a column may hold."""
COMPRESSED: Final = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".zip")


def opened(spec: str, comm: Intracomm | None = None) -> Column | StringColumn:
    """The column that "FILE:column" names; IllegalParameter if there is none.

    comm : its ranks share the work of finding the rows of a CSV file, and all must call.
    """
    path, column = _split(spec)
    source = Source(path, column)
    found: Column | StringColumn = _reader(spec, path).opened(source, comm)
    source.opening = False
    return found


def rows(spec: str, types: Collection[str] = TYPES) -> int:
    """Rows of a column; IllegalParameter if it has none, or is of none of these types."""
    from kernels._support.dataset.column import Column

    found = opened(spec)
    if not found.rows:
        raise IllegalParameter("input", spec, "it has no rows")
    held = found.dtype.name if isinstance(found, Column) else "text"
    if held not in types:
        wanted = " or ".join(types)
        raise IllegalParameter("input", spec, f"a column of {held}; {wanted} is wanted here")
    return found.rows


def existing(path: Path, found: str) -> Path:
    """The path, if it is a file; else IllegalParameter of `input`, which holds ``found``."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        beside: list[str] = []
        with suppress(OSError):
            beside = [one.name for one in path.parent.iterdir()]
        near = did_you_mean(path.name, beside)
        known = f"{path} cannot be read: {error.strerror}{near}"
        raise IllegalParameter("input", found, known) from error
    if stat.S_ISDIR(mode):
        raise IllegalParameter("input", found, f"{path} is a folder; one file is read")
    if not stat.S_ISREG(mode):
        raise IllegalParameter("input", found, f"{path} is no regular file")
    return path


def _split(spec: str) -> tuple[Path, str]:
    """File and column; the column is empty if none is given."""
    places = [at for at, letter in enumerate(spec) if letter == ":"]
    for at in [len(spec), *places]:
        with suppress(OSError):
            if Path(spec[:at]).is_file():
                return Path(spec[:at]), spec[at + 1 :]
    return existing(Path(spec.rpartition(":")[0] or spec), spec), ""


def _reader(spec: str, path: Path) -> Any:
    """The module that reads this file."""
    suffix = path.suffix.lower()
    for name, suffixes in FORMATS.items():
        if suffix in suffixes:
            return importlib.import_module(f"kernels._support.dataset.files.{name}")
    if suffix in COMPRESSED:
        known = f"a file packed as {suffix} cannot be read by ranges: unpack it first"
    else:
        every = ", ".join(one for suffixes in FORMATS.values() for one in suffixes)
        known = f"the suffix {suffix!r} says no format; known: {every}"
    raise IllegalParameter("input", spec, known)
