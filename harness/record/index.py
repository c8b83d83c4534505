"""The index: what is known of a results folder, as SQLite, for this user and on local disk.

It is never the truth, and can be deleted at any time. A file of the index is never changed: whoever
finds something new writes another one and puts it in its place, so that no reader waits for a lock
and none is left behind by a process that died. Where nothing can be written, or the file is damaged
or of another version, the index is made anew, in memory if need be.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from harness.record import refresh, rows
from harness.record.refresh import Changes, Marks


def file(results: Path) -> Path:
    """Where the index of a results folder is kept."""
    name = hashlib.sha256(os.fsencode(results.resolve())).hexdigest()[:16]
    return _home() / f"{name}.sqlite"


def _home() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser().absolute() / "qyran" / "index"


def forget(results: Path) -> None:
    """Delete the index."""
    with suppress(OSError, RuntimeError):
        file(results).unlink()


def forget_deleted() -> int:
    """Delete the indexes of results folders that are gone; how many.

    A folder is gone if the one that held it is there without it: of a file system that is not
    mounted both are away. An index that was deleted all the same is made anew when it is asked.
    """
    count = 0
    with suppress(OSError, RuntimeError):
        for path in _home().glob("*.sqlite"):
            results = _results_of(path)
            if results is not None and _is_gone(results):
                path.unlink()
                count += 1
    return count


def _results_of(path: Path) -> Path | None:
    """The folder that an index is of; None if it does not say so: another version, or damaged."""
    try:
        with closing(_read_only(path)) as db:
            ((folder,),) = db.execute("select path from folder")
            return Path(os.fsdecode(folder))
    except (sqlite3.Error, ValueError, TypeError):
        return None


def _is_gone(folder: Path) -> bool:
    try:
        folder.lstat()
    except FileNotFoundError:
        return folder.parent.is_dir()
    except OSError:
        return False
    return False


@contextmanager
def opened(results: Path, stale: frozenset[int] = frozenset()) -> Iterator[sqlite3.Connection]:
    """The index as the results folder is now. stale : rows of runs that are to be read again."""
    with closing(_fresh(results, stale)) as db:
        yield db


@contextmanager
def in_memory(results: Path) -> Iterator[sqlite3.Connection]:
    """The same, made anew from the files and not kept."""
    with closing(_empty(results)) as db:
        refresh.changes(db, results, frozenset()).apply(db)
        yield db


def mark(results: Path, damaged: dict[Path, str]) -> None:
    """Remember files that were found damaged: they look as they did when they were read."""
    with opened(results) as db:
        marks = refresh.Marks(results, damaged)
        made = _kept_anew(db, results, marks) if damaged else None
        if made is not None:
            made.close()


def _fresh(results: Path, stale: frozenset[int]) -> sqlite3.Connection:
    try:
        kept = _kept(results)
        if kept is not None:
            return _refreshed(kept, results, stale)
    except (sqlite3.Error, ValueError):
        forget(results)
    return _refreshed(_empty(results), results, frozenset())


def _kept(results: Path) -> sqlite3.Connection | None:
    """The index file as it is, None if there is none of this version."""
    with suppress(OSError, RuntimeError):  # no home
        path = file(results)
        if path.is_file():
            db = _read_only(path)
            if db.execute("pragma user_version").fetchone() == (rows.VERSION,):
                return db
            db.close()
    return None


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)


def _empty(results: Path) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.executescript(rows.TABLES)
    db.execute("insert into folder values (?)", (os.fsencode(results.resolve()),))
    db.commit()
    db.execute(f"pragma user_version = {rows.VERSION}")
    return db


def _refreshed(db: sqlite3.Connection, results: Path, stale: frozenset[int]) -> sqlite3.Connection:
    """The index with what has changed since, kept for the next time if that is possible."""
    changes = refresh.changes(db, results, stale)
    if not changes:
        return db
    with closing(db):
        return _kept_anew(db, results, changes) or _in_memory(db, changes)


def _kept_anew(
    db: sqlite3.Connection, results: Path, changes: Changes | Marks
) -> sqlite3.Connection | None:
    """A changed copy in the place of the old file; None where it cannot be written."""
    temporary = None
    try:
        path = file(results)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
        _copied(db, temporary)
        with closing(sqlite3.connect(temporary)) as made:
            made.execute("pragma journal_mode = off")
            made.execute("pragma synchronous = off")
            changes.apply(made)
            made.commit()
        _synced(temporary)
        temporary.replace(path)
    except (OSError, RuntimeError, sqlite3.OperationalError):
        return None
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
    return _kept(results)


def _copied(db: sqlite3.Connection, temporary: Path) -> None:
    """What a connection reads, in a file of its own: its file may have been replaced since."""
    with closing(sqlite3.connect(temporary)) as target:
        target.execute("pragma synchronous = off")
        db.backup(target)


def _in_memory(db: sqlite3.Connection, changes: Changes) -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    db.backup(made)
    changes.apply(made)
    return made


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
