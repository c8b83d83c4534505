"""Files for what does not fit into memory. They have no name, so that nothing is ever left of them.

A file is created without a name, or loses it at once (open(2), O_TMPFILE): the file system frees
its space when the process ends, however it ends.
"""

from __future__ import annotations

import errno
import os
import tempfile
import weakref
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kernels.contract import CannotRun

_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_MOUNTS: Final = Path("/proc/self/mounts")
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Scratch:
    """A folder for spills. folder : empty stands for $TMPDIR, or what the system has for it."""

    def __init__(self, folder: str) -> None:
        """CannotRun if it is no folder, cannot be written, or lies in memory itself."""
        self.folder = Path(folder or tempfile.gettempdir())
        if not self.folder.is_dir():
            raise self._error("no such folder")
        kind = file_system(self.folder)
        if kind in _IN_MEMORY:
            raise self._error(f"lies in memory ({kind}): spills would fill what they spare")

    def spill(self, dtype: DTypeLike) -> Spill:
        """A new, empty file of items of that type."""
        try:
            file = tempfile.TemporaryFile(dir=self.folder, buffering=0)  # noqa: SIM115 - kept open
        except OSError as error:
            raise self._error(f"cannot be written: {error.strerror}") from error
        return Spill(file, np.dtype(dtype), self.folder)

    def _error(self, found: str) -> CannotRun:
        return CannotRun(f"scratch {self.folder}", found, fix="--set scratch=FOLDER on a disk")


class Spill:
    """Items in a file that nobody else sees. items : how many there are.

    Its space is given back by `close`, or when nobody needs it any more.
    """

    def __init__(self, file: Any, dtype: np.dtype[Any], folder: Path) -> None:
        self._file, self.dtype, self._folder = file, dtype, folder
        self.items = 0
        weakref.finalize(self, file.close)

    def append(self, array: NDArray[Any]) -> None:
        """Write the items of a contiguous array behind those that are there.

        CannotRun if the disk is full.
        """
        rest = memoryview(array.reshape(-1).view(np.uint8).data)
        place_B = self.items * self.dtype.itemsize
        try:
            while rest:
                written_B = os.pwrite(self._file.fileno(), rest, place_B)
                rest, place_B = rest[written_B:], place_B + written_B
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise CannotRun(
                f"scratch {self._folder}",
                f"{error.strerror} after {place_B} B of one spill",
                fix="--set scratch=FOLDER with more room, or a larger --set memory=",
            ) from error
        self.items += array.size

    def read(self, start: int, out: NDArray[Any]) -> None:
        """Fill out, contiguous, with the items start, start + 1, ... EOFError past the last."""
        rest = memoryview(out.reshape(-1).view(np.uint8).data)
        place_B = start * self.dtype.itemsize
        while rest:
            read_B = os.preadv(self._file.fileno(), [rest], place_B)
            if read_B == 0:
                raise EOFError(f"{self._folder}: a spill ends after {self.items} items")
            rest, place_B = rest[read_B:], place_B + read_B

    def close(self) -> None:
        """Give its space back."""
        self._file.close()
        self.items = 0


def file_system(folder: Path, mounts: Path = _MOUNTS) -> str:
    """Type of the file system of a folder, "ext4"; empty where Linux does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    here = folder.resolve()
    best, kind = -1, ""
    for _, at, one, *_ in (line.split() for line in lines):
        place = Path(at.replace("\\040", " "))
        if here.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), one
    return kind
