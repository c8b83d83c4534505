"""What has changed in a results folder since the index was written, and how it is taken up.

New runs are found by comparing listings of folders; a folder whose time of change is that of the
index, and was two seconds old then, is not listed again. A run whose cases all have their outcome
is not looked at again; the others are, if their folder has changed.
"""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Final

from harness.errors import CorruptStore
from harness.record import archive, owner, readers, recorded, rows, store
from harness.record.archive import Stamp
from harness.record.rows import FileRow, RunRow

# Coarser than the times that file systems keep, and what their clocks may be behind.
_SETTLES_NS: Final = 2_000_000_000


@dataclass(frozen=True)
class Folder:
    """What one look into the folder of a run finds. last : the last attempt at each case."""

    begun: bool
    owned: bool
    last: tuple[str, ...]


def look(folder: Path) -> Folder:
    """The files of a run; OSError if the folder cannot be read."""
    names = archive.names(folder)
    found = store.attempts_among(names)
    return Folder(
        begun=store.begun(names),
        owned=owner.NAME in names,
        last=tuple(numbered[max(numbered)] for numbered in found.values()),
    )


@dataclass
class Changes:
    """What is to be done to bring an index up to date. Runs by place and name.

    places : the stamps of folders and zips; gone : runs to be forgotten; found : runs to be read.
    """

    results: Path
    places: dict[str, Stamp] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    gone: set[tuple[str, str]] = field(default_factory=set)
    found: dict[tuple[str, str], None] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.places or self.lost or self.gone or self.found or self.problems)

    def apply(self, db: sqlite3.Connection) -> None:
        """Read what is new, and put it into the index."""
        for place in self.lost:
            db.execute("delete from place where name = ?", (place,))
        for place, name in self.gone:
            rows.drop(db, place, name)
        for place, reason in self.problems.items():
            problem = FileRow("", rows.UNREADABLE, None, reason)
            rows.put(db, RunRow(place, "", 0, begun=False, owned=False, files=(problem,)))
        known = [(place, name, rows.stamps(db, place, name)) for place, name in self.found]
        read = readers.answers(partial(_run, self.results), known)
        for (place, name, _), run in zip(known, read, strict=True):
            if run is None:
                rows.drop(db, place, name)
            else:
                rows.put(db, run)
        for place, (size, changed) in self.places.items():
            db.execute("insert or replace into place values (?, ?, ?)", (place, size, changed))


@dataclass(frozen=True)
class Marks:
    """Files that were found damaged, and why."""

    results: Path
    damaged: dict[Path, str]

    def apply(self, db: sqlite3.Connection) -> None:
        """Put them into the index as what cannot be used."""
        for path, reason in self.damaged.items():
            place = path.parent.parent.relative_to(self.results).as_posix()
            db.execute(
                "update file set problem = ? where name = ? and run in "
                "(select id from run where place = ? and name = ?)",
                (reason, path.name, place, path.parent.name),
            )


def changes(db: sqlite3.Connection, results: Path, stale: frozenset[int]) -> Changes:
    """What has changed. stale : rows of runs that are known to have changed."""
    made = Changes(results)
    known: dict[str, Stamp] = {
        name: (size, changed) for name, size, changed in db.execute("select * from place")
    }
    seen: set[str] = set()
    for cluster in store.clusters(results):
        seen |= _of_cluster(db, made, cluster, known)
    for place in known.keys() - seen:
        made.lost.add(place)
        made.gone |= {(place, name) for name in _names(db, place)}
    for run in stale:
        made.found |= dict.fromkeys(
            db.execute("select place, name from run where id = ? and name != ''", (run,))
        )
    _open_runs(db, made)
    return made


def _of_cluster(
    db: sqlite3.Connection, made: Changes, cluster: Path, known: dict[str, Stamp]
) -> set[str]:
    """Notice what is new in the folder of a cluster; returns the places that are there."""
    place = cluster.name
    zips = {name for name in known if name.startswith(f"{place}/")}
    now = _changed(cluster)
    if place in known and known[place][1] == now != 0:
        there = {one for one in zips if (made.results / one).is_file()}
        if there == zips and all(_stamp(made.results / one) == known[one] for one in zips):
            return {place, *zips}
    try:
        names, found = _listed(cluster)
    except OSError as error:
        made.problems[place] = unreadable(error)
        made.places[place] = (0, now)
        return {place, *zips}
    before = _names(db, place)
    made.places |= {place: (0, now)} if known.get(place) != (0, now) else {}
    made.gone |= {(place, name) for name in before - names}
    made.found |= dict.fromkeys((place, name) for name in sorted(names - before))
    packed = {f"{place}/{one.name}": one for one in found}
    again = bool(before - names - {""}) or not zips <= packed.keys()
    for one, file in packed.items():
        again = again or known.get(one) != _stamp(file)  # zips behind it may hold runs of it
        names |= _of_zip(db, made, file, known.get(one), hidden=names, again=again)
    return {place, *packed}


def _of_zip(
    db: sqlite3.Connection,
    made: Changes,
    file: Path,
    known: Stamp | None,
    *,
    hidden: set[str],
    again: bool,
) -> set[str]:
    """Notice what is new in a zip, and say which runs are those of it.

    hidden : runs that are there as folders too, or in a zip before it. again : even if the zip is
    as it was.
    """
    place = f"{file.parent.name}/{file.name}"
    before = _names(db, place)
    if not again:
        made.gone |= {(place, name) for name in before & hidden}
        return before - {""}
    stamp = _stamp(file)
    made.places[place] = stamp
    try:
        names = set(archive.runs(file)) - hidden
    except OSError as error:
        made.gone |= {(place, name) for name in before}
        made.problems[place] = unreadable(error)
        return set()
    old = before if known == stamp else set()
    made.gone |= {(place, name) for name in before - names}
    made.found |= dict.fromkeys((place, name) for name in sorted(names - old))
    return names


def _open_runs(db: sqlite3.Connection, made: Changes) -> None:
    """Notice the runs that have changed of those that may."""
    query = "select place, name, changed from run where not settled and name != ''"
    for place, name, changed in db.execute(query):
        if (place, name) in made.gone or place.endswith(archive.SUFFIX):
            continue
        if changed == 0 or _changed(made.results / place / name) != changed:
            made.found[place, name] = None


def _listed(cluster: Path) -> tuple[set[str], list[Path]]:
    """Names of folders, and zips, in the folder of a cluster."""
    names, zips = set(), []
    with os.scandir(cluster) as entries:
        for one in entries:
            if not one.name.startswith("."):
                if one.is_dir():
                    names.add(one.name)
                elif one.name.endswith(archive.SUFFIX):
                    zips.append(cluster / one.name)
    return names, sorted(zips)


def _names(db: sqlite3.Connection, place: str) -> set[str]:
    return {name for (name,) in db.execute("select name from run where place = ?", (place,))}


def _changed(folder: Path) -> int:
    """When a folder was changed, ns; 0 if that may happen again at the same time of its clock.

    By the time that nobody can set: of its content, its owner and who may read it.
    """
    try:
        changed = folder.stat().st_ctime_ns
    except OSError:
        return 0
    return changed if changed + _SETTLES_NS < time.time_ns() else 0


def _run(results: Path, sought: tuple[str, str, dict[str, Stamp]]) -> RunRow | None:
    """A run as it is now, without the files that are known; None if it has gone."""
    place, name, known = sought
    folder = results / place / name
    changed = _changed(folder)
    try:
        found = look(folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        problem = FileRow("", rows.UNREADABLE, None, unreadable(error))
        return RunRow(place, name, changed, begun=False, owned=False, files=(problem,))
    header = cache(partial(store.header, folder))
    kept, read = set(), []
    for one in found.last if found.begun else ():
        stamp = _stamp(folder / one)
        if known.get(one) == stamp:
            kept.add(one)
        else:
            read.append(file_row(folder / one, stamp, header))
    return RunRow(place, name, changed, found.begun, found.owned, tuple(read), frozenset(kept))


def _stamp(path: Path) -> Stamp:
    return archive.stamp_or_none(path) or rows.UNREADABLE


def file_row(path: Path, stamp: Stamp, header: recorded.Header) -> FileRow:
    """A file of a run: its case, or why it cannot be used."""
    try:
        return FileRow(path.name, stamp, recorded.read(path, header))
    except CorruptStore as error:
        return FileRow(path.name, stamp, None, error.found)


def unreadable(error: OSError) -> str:
    """Why something was left out."""
    return f"cannot be read: {error.strerror}"
