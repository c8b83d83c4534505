"""Finished months of a cluster in one uncompressed zip each: fewer files, the same paths in it.

The zip is written whole, read back, and linked into place before a folder goes. A process that dies
in between leaves both; the folder counts, and the next packing removes it.
"""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from harness.errors import CannotMeasure, CorruptStore
from harness.record import archive, check, owner, store
from harness.record.versions import NewerSchema
from harness.record.write_once import write_once

_RUN: Final = re.compile(r"(\d{4})(\d{2})\d{2}T\d{6}Z-.+")
_ZEROS: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Packed:
    """A zip, the runs in it, and those that had to stay folders: {run: why}."""

    path: Path
    runs: tuple[str, ...]
    stayed: dict[str, str]


def pack(results: Path, before: str = "") -> Iterator[Packed]:
    """Pack the months that are over. before : ``2026-11``, the first that stays; "" for this one.

    Raises CorruptStore if a zip does not hold what was put into it; nothing is removed then.
    """
    limit = before or datetime.now(UTC).strftime("%Y-%m")
    for cluster in store.clusters(results):
        months: dict[str, list[Path]] = {}
        for folder in sorted(cluster.iterdir()):
            named = _RUN.fullmatch(folder.name)
            if named and folder.is_dir() and f"{named[1]}-{named[2]}" < limit:
                months.setdefault(f"{named[1]}-{named[2]}", []).append(folder)
        for month, folders in months.items():
            yield _month(cluster, month, folders)


def _month(cluster: Path, month: str, folders: list[Path]) -> Packed:
    stayed = {one.name: reason for one in folders if (reason := _why_not(one))}
    gone = [one for one in folders if one.name not in stayed]
    before = {one: file for one in gone if (file := _packed_before(one))}
    wanted = [one for one in gone if one not in before]
    path = _free(cluster, month) if wanted else next(iter(before.values()), _free(cluster, month))
    if wanted:
        write_once(path, _zipped(wanted))
        for folder in wanted:
            _compare(path, folder)
    for folder in gone:
        _remove(folder)
    return Packed(path, tuple(one.name for one in gone), stayed)


def _why_not(folder: Path) -> str:
    """Why a run cannot be packed, "" if it can."""
    names = archive.names(folder)
    if owner.is_measured(folder):
        return "is being measured"
    if "run.yaml" not in names:
        return "has not begun"
    if any(one.startswith("launch-") for one in names):
        return "ended too early: `qyran resume`, or `qyran store recover`"
    if any((folder / one).is_dir() for one in names):
        return "has folders of its own"
    return _unreadable([folder / name for name in names if name.endswith(".h5")])


def _unreadable(files: list[Path]) -> str:
    for path in files:
        try:
            check.whole(path.read_bytes(), path)
        except NewerSchema:
            return f"has a file of a newer qyran, {path.name}"
        except (OSError, CorruptStore):
            return f"has a damaged file, {path.name}: `qyran store fsck`"
    return ""


def _packed_before(folder: Path) -> Path | None:
    """The zip that holds the same run, whose folder only was not removed."""
    for file in sorted(folder.parent.glob(f"*{archive.SUFFIX}")):
        try:
            if folder.name in archive.runs(file):
                _compare(file, folder)
                return file
        except (OSError, CorruptStore):
            continue
    return None


def _free(cluster: Path, month: str) -> Path:
    """The name of the zip: a month that has one already gets another."""
    numbered = (cluster / f"{month}.{i}{archive.SUFFIX}" for i in range(2, 1000))
    names = (cluster / f"{month}{archive.SUFFIX}", *numbered)
    return next(one for one in names if not one.exists())


def _zipped(folders: list[Path]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as target:
        for folder in folders:
            for name in archive.names(folder):
                about = zipfile.ZipInfo(f"{folder.name}/{name}", _ZEROS)
                target.writestr(about, (folder / name).read_bytes())
    return made.getvalue()


def _compare(file: Path, folder: Path) -> None:
    """CorruptStore if a zip does not hold exactly the files of a folder."""
    with zipfile.ZipFile(file) as found:
        listed = {one for one in found.namelist() if one.startswith(f"{folder.name}/")}
        if listed != {f"{folder.name}/{name}" for name in archive.names(folder)}:
            raise CorruptStore(str(file), f"does not hold the files of {folder.name}")
        for name in listed:
            if found.read(name) != (folder.parent / name).read_bytes():
                raise CorruptStore(str(file), f"holds another {name}")


def _remove(folder: Path) -> None:
    """Out of sight at once, then away."""
    hidden = folder.with_name(f".{folder.name}.packed")
    try:
        folder.rename(hidden)
        shutil.rmtree(hidden)
    except OSError as error:
        raise CannotMeasure(str(folder), f"cannot be removed: {error.strerror}") from error
