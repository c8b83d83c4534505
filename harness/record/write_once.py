"""Files that are written whole, once, and never touched again."""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path

from harness.errors import CannotMeasure, CorruptStore

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def write_once(path: Path, content: bytes) -> None:
    """Write ``content`` to a new file: temporary name, fsync, re-read, link, fsync of the folder.

    Killed at any moment, ``path`` is either absent or whole. Raises CannotMeasure if the folder
    cannot take it, CorruptStore if it exists already or reads back differently.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        _write(temporary, content)
        _verify(temporary, content)
        _link(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _verify(path: Path, content: bytes) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != hashlib.sha256(content).hexdigest():
        raise CorruptStore(str(path), "reads back differently from what was written")


def _link(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise CorruptStore(str(path), "exists already; results are never overwritten") from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise CorruptStore(str(path), "exists already") from error
        temporary.rename(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems do not sync folders
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(path: Path, error: OSError) -> CannotMeasure:
    fixes = {
        errno.ENOSPC: "free some space, or record elsewhere with --results DIR",
        errno.EDQUOT: "free some of your quota, or record elsewhere with --results DIR",
        errno.EROFS: "record elsewhere with --results DIR",
        errno.EACCES: "record elsewhere with --results DIR",
    }
    fix = fixes.get(error.errno or 0, "")
    return CannotMeasure(str(path), f"cannot be written: {error.strerror}", fix=fix)
