"""Everything in a results folder, looked at: what is damaged, and what is left of something."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.errors import CorruptStore
from harness.record import archive, hdf5, owner, readers, recorded, refresh, store

Kind = Literal["damaged", "newer", "orphan", "duplicate"]


@dataclass(frozen=True)
class Finding:
    """A file that is not as it should be. kind : damaged alone is an error."""

    path: Path
    kind: Kind
    reason: str


@dataclass(frozen=True)
class _Content:
    """A whole file. digest : SHA-256 of its bytes."""

    path: Path
    digest: bytes


@dataclass(frozen=True)
class _Folder:
    """What was found in a folder, in the order of its files. run : whether it is that of a run."""

    run: bool
    found: tuple[Finding | _Content, ...]
    files: int = 0


class Check:
    """One pass over a results folder, which counts as it goes."""

    def __init__(self, results: Path) -> None:
        self._results = results
        self._seen: dict[bytes, Path] = {}
        self.runs = 0
        self.files = 0

    def findings(self) -> Iterator[Finding]:
        """Read every file, and say what is wrong."""
        for cluster in store.clusters(self._results):
            try:
                folders = sorted(archive.folders(cluster))
            except OSError as error:
                yield Finding(cluster, "damaged", refresh.unreadable(error))
                continue
            for looked in readers.answers(_folder, folders):
                self.runs += looked.run
                self.files += looked.files
                for one in looked.found:
                    yield from (one,) if isinstance(one, Finding) else self._twice(one)

    def _twice(self, content: _Content) -> Iterator[Finding]:
        other = self._seen.setdefault(content.digest, content.path)
        if other != content.path:
            yield Finding(content.path, "duplicate", f"has the content of {other}")


def _folder(folder: Path) -> _Folder:
    try:
        if folder.is_file():
            archive.runs(folder)
        names = archive.names(folder)
    except OSError as error:
        return _Folder(run=False, found=(Finding(folder, "damaged", refresh.unreadable(error)),))
    if not store.begun(names):
        other = names and store.ACCEPTANCE not in names
        orphan = Finding(folder, "orphan", "is no run: it has no run.yaml")
        return _Folder(run=False, found=(orphan,) if other else ())
    files = [folder / one for one in names if one.endswith(".h5") and not one.startswith(".")]
    found = (*_header(folder, names), *map(_file, files), *_left(folder, names))
    return _Folder(run=True, found=found, files=len(files))


def _header(folder: Path, names: list[str]) -> Iterator[Finding]:
    if "run.yaml" in names:
        try:
            store.header(folder)
        except CorruptStore as error:
            yield Finding(folder / "run.yaml", "damaged", error.found)


def _file(path: Path) -> Finding | _Content:
    try:
        content = archive.read(path)
        whole(content, path)
    except OSError as error:
        return Finding(path, "damaged", refresh.unreadable(error))
    except CorruptStore as error:
        return Finding(path, "damaged" if error.exit_code == 5 else "newer", error.found)
    return _Content(path, hashlib.sha256(content).digest())


def whole(content: bytes, path: Path) -> None:
    """CorruptStore if a file is not what was written.

    By its seal, which is over every byte; by the hash of its content if an HDF5 tool has left the
    seal out.
    """
    record = hdf5.index_record(content, str(path))
    try:
        recorded.of(record, path, lambda: store.header(path.parent))
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CorruptStore(str(path), f"is no result file of qyran: {error}") from error


def _left(folder: Path, names: list[str]) -> Iterator[Finding]:
    """What a process that died has left behind."""
    if archive.is_packed(folder) or owner.is_measured(folder):
        return
    for name in names:
        if name.startswith(".") and name.endswith(".tmp"):
            yield Finding(folder / name, "orphan", "a temporary file of a process that has ended")
        elif name.startswith("launch-") and name.endswith(".journal"):
            yield Finding(
                folder / name, "orphan", "a journal: `qyran resume` or `qyran store recover`"
            )
