"""Files of runs, wherever they lie: in a folder of their own, or in the zip of their month.

``results/<cluster>/2026-11.zip/<run-id>/hpl-3f2a9c1b07.h5`` is a path like any other here: whoever
reads what was recorded reads through this module. A zip is written once (`record.pack`), and holds
its files uncompressed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

SUFFIX: Final = ".zip"

Stamp = tuple[int, int]
"""Size in B and time of the last change (ctime) in ns: of a file, or of the zip it lies in."""


@dataclass(frozen=True)
class _Archive:
    """An open zip. runs : {run: names of its files}."""

    zip: ZipFile
    runs: dict[str, tuple[str, ...]]


def read(path: Path) -> bytes:
    """The content of a file; OSError if it cannot be read."""
    packed = _split(path)
    if packed is None:
        return path.read_bytes()
    file, member = packed
    archive = _opened(file)
    try:
        return archive.zip.read(member)
    except KeyError as error:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from error
    except (BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        raise OSError(errno.EIO, f"the zip is damaged: {error}", str(path)) from error


def names(folder: Path) -> list[str]:
    """The names of the files in the folder of a run; OSError if it cannot be read."""
    if not is_packed(folder):
        return sorted(one.name for one in folder.iterdir())
    return sorted(_opened(folder.parent).runs.get(folder.name, ()))


def holds(folder: Path, name: str) -> bool:
    """Whether the folder of a run holds this file; False for a folder that cannot be read."""
    try:
        return name in names(folder) if is_packed(folder) else (folder / name).is_file()
    except OSError:
        return False


def stamp(path: Path) -> Stamp:
    """By what a change of a file, or of its zip, is noticed; OSError if it is not there."""
    packed = _split(path)
    return _stamp(path if packed is None else packed[0])


def stamp_or_none(path: Path) -> Stamp | None:
    """The same, None for a file that is not there."""
    try:
        return stamp(path)
    except OSError:
        return None


def is_packed(folder: Path) -> bool:
    """Whether the folder of a run lies in a zip."""
    return folder.parent.suffix == SUFFIX and not folder.is_dir()


def runs(file: Path) -> list[str]:
    """The ids of the runs in a zip; OSError if it cannot be read."""
    return sorted(_opened(file).runs)


def folders(cluster: Path) -> Iterator[Path]:
    """Everything in the folder of a cluster that may be a run, packed or not; in no order."""
    for name, parent in places(cluster):
        path = parent / name
        if parent != cluster or path.suffix == SUFFIX or path.is_dir():
            yield path


def places(cluster: Path) -> Iterator[tuple[str, Path]]:
    """The same as name and folder or zip: a path for each of 100,000 runs takes a second.

    Whether a name is that of a folder is left to the caller: it takes as long as the names. A run
    that is there twice is that of its folder: it was packed, and its folder is still there. A zip
    that cannot be read is given as it is.
    """
    listed = os.listdir(cluster)  # noqa: PTH208 - a path for each is what costs a second
    names = [one for one in listed if not one.startswith(".")]
    zips = sorted(one for one in names if one.endswith(SUFFIX))
    seen = set(names) - set(zips)
    yield from ((name, cluster) for name in seen)
    for file in (cluster / one for one in zips):
        try:
            found = set(runs(file)) - seen
        except OSError:
            yield file.name, cluster
            continue
        seen |= found
        yield from ((name, file) for name in found)


def _split(path: Path) -> tuple[Path, str] | None:
    """The zip and the name in it of ``<zip>/<run>/<file>``; None for a path of the file system."""
    folder = path.parent
    if folder.parent.suffix != SUFFIX or not is_packed(folder):
        return None
    return folder.parent, f"{folder.name}/{path.name}"


def _stamp(file: Path) -> Stamp:
    found = file.stat()
    return found.st_size, found.st_ctime_ns


def _opened(file: Path) -> _Archive:
    try:
        return _cached(str(file), _stamp(file))
    except (BadZipFile, EOFError, ValueError) as error:
        raise OSError(errno.EIO, f"the zip is damaged: {error}", str(file)) from error


@lru_cache(maxsize=16)
def _cached(file: str, _stamp: Stamp) -> _Archive:
    """An open zip, kept: the table of contents of a month takes a while to read."""
    opened = ZipFile(file)
    found: dict[str, list[str]] = {}
    for name in opened.namelist():
        run, slash, member = name.partition("/")
        if slash and member:
            found.setdefault(run, []).append(member)
    return _Archive(opened, {run: tuple(members) for run, members in found.items()})
