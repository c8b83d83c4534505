"""The tables of the index, and recorded cases as rows of them.

The one row of ``folder`` is the path of the results folder, as its file system spells it.
A row of ``file`` is the last attempt at a case, or something that cannot be used, with the reason
in ``problem``. What a query can ask for stands in columns, the rest in ``body``, a list as JSON.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.record.archive import Stamp
from harness.record.recorded import Origin, Recorded, Summary

VERSION: Final = 2
TABLES: Final = """
create table folder (path blob);
create table place (name text primary key, size integer, changed integer) without rowid;
create table run (
  id integer primary key, place text, name text, changed integer, begun integer,
  settled integer default 0
);
create table origin (
  id integer primary key, run text, cluster text, suite text, run_started real, planned integer,
  hardware_key text, software_key text, commit_id text, dirty integer, tags text, confirms text,
  unique (run, cluster, suite, run_started, planned, hardware_key, software_key, commit_id, dirty,
          tags, confirms)
);
create table file (
  id integer primary key, run integer, name text, size integer, changed integer, problem text,
  origin integer, case_id text, kernel text, series text, began real, outcome text, body text,
  crc integer
);
create unique index run_name on run (place, name);
create index run_newest on run (name);
create index run_open on run (settled) where not settled;
create index origin_run on origin (run);
create index file_run on file (run);
create index file_origin on file (origin);
create index file_series on file (series, origin, crc, changed, size, began)
  where problem is null;
create index file_kernel on file (kernel);
create index file_problem on file (problem) where problem is not null;
"""
_FILE: Final = (
    "run, name, size, changed, problem, origin, case_id, kernel, series, began, outcome, body, crc"
)
_SELECTED: Final = (
    "f.body, f.crc, f.name, f.case_id, f.kernel, f.series, f.outcome, f.size, f.changed, r.place, "
    "r.name, f.run, f.origin, o.run, o.cluster, o.suite, o.run_started, o.planned, o.hardware_key, "
    "o.software_key, o.commit_id, o.dirty, o.tags, o.confirms"
)


UNREADABLE: Final[Stamp] = (0, 0)
Problem = tuple[Path, str, Stamp, int]
"""What cannot be used: its path, the reason, by what a change of it is noticed, row of its run."""


class Damaged(Exception):
    """The index does not hold what was put into it."""


@dataclass(frozen=True)
class FileRow:
    """A file of a run: a case, or None with the problem that it has."""

    name: str
    stamp: Stamp
    case: Recorded | None
    problem: str | None = None


@dataclass(frozen=True)
class RunRow:
    """A run as it was found. changed : ns, 0 if it may change within the resolution of the clock.

    place : ``laptop`` or ``laptop/2026-11.zip``, below the results folder; begun : whether it is a
    run at all; owned : somebody measures it; kept : names of files whose rows still hold.
    """

    place: str
    name: str
    changed: int
    begun: bool
    owned: bool
    files: tuple[FileRow, ...]
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Hit:
    """An answer to a query, to be compared with its file. run : row of its run."""

    case: Recorded
    stamp: Stamp
    run: int


def stamps(db: sqlite3.Connection, place: str, name: str) -> dict[str, Stamp]:
    """By what changes of the files of a run are noticed, as they were read last."""
    found = db.execute(
        "select f.name, f.size, f.changed from file f join run r on r.id = f.run "
        "where r.place = ? and r.name = ? and f.name != ''",
        (place, name),
    )
    return {file: (size, changed) for file, size, changed in found}


def put(db: sqlite3.Connection, row: RunRow) -> None:
    """Keep a run, in place of what was known of it."""
    where = (row.place, row.name)
    db.execute(
        "insert into run (place, name) values (?, ?) on conflict (place, name) do nothing", where
    )
    ((run,),) = db.execute("select id from run where place = ? and name = ?", where)
    _forget_files(db, run, row.kept)
    marks = ", ".join("?" * len(_FILE.split(",")))
    db.executemany(
        f"insert into file ({_FILE}) values ({marks})",  # noqa: S608 - names of columns
        [(run, *_columns(db, one)) for one in row.files],
    )
    settled = row.begun and not row.owned and _is_settled(db, run)
    db.execute(
        "update run set changed = ?, begun = ?, settled = ? where id = ?",
        (row.changed, row.begun, settled, run),
    )


def drop(db: sqlite3.Connection, place: str, name: str) -> None:
    """Forget a run."""
    for (run,) in db.execute(
        "select id from run where place = ? and name = ?", (place, name)
    ).fetchall():
        _forget_files(db, run, frozenset())
        db.execute("delete from run where id = ?", (run,))


def _forget_files(db: sqlite3.Connection, run: int, kept: frozenset[str]) -> None:
    known = db.execute("select id, name, origin from file where run = ?", (run,)).fetchall()
    gone = [(number, origin) for number, name, origin in known if name not in kept]
    for number, origin in gone:
        db.execute("delete from file where id = ?", (number,))
        db.execute(
            "delete from origin where id = ? and not exists (select 1 from file where origin = ?)",
            (origin, origin),
        )


def _is_settled(db: sqlite3.Connection, run: int) -> bool:
    """Whether every planned case has its final outcome; a first slow one may be measured again."""
    ((final, planned),) = db.execute(
        "select count(*), max(o.planned) from file f join origin o on o.id = f.origin "
        "where f.run = ? and f.outcome not in ('infra', 'skipped') "
        "and not (f.outcome = 'slow' and f.name = f.case_id || '.h5')",
        (run,),
    )
    return planned is not None and final >= planned


def hits(db: sqlite3.Connection, results: Path, where: str, values: list[Any]) -> Iterator[Hit]:
    """The cases that fit a condition; Damaged if a row is not what was put."""
    origins: dict[int, Origin] = {}  # many cases share one
    rows = db.execute(
        # The run last: it limits nothing, and takes as long as all the rest.
        f"select {_SELECTED} from file f join origin o on o.id = f.origin "  # noqa: S608
        f"cross join run r on r.id = f.run where f.problem is null and {where}",
        values,
    )
    for body, crc, name, case, kernel, series, outcome, size, changed, *more in rows:
        if crc != _crc(body, case, kernel, outcome):
            raise Damaged(name)
        place, run, number, origin, *of_run = more
        if origin not in origins:
            origins[origin] = _read_origin(of_run)
        path = Path(results, place, run, name)
        identity = (case, kernel, series, outcome)
        yield Hit(_case(json.loads(body), path, origins[origin], identity), (size, changed), number)


def problems(db: sqlite3.Connection, results: Path) -> list[Problem]:
    """What cannot be used."""
    rows = db.execute(
        "select r.place, r.name, f.name, f.problem, f.size, f.changed, f.run from file f "
        "join run r on r.id = f.run where f.problem is not null"
    )
    return sorted(
        (Path(results, place, run, name), problem, (size, changed), number)
        for place, run, name, problem, size, changed, number in rows
    )


def _read_origin(row: list[Any]) -> Origin:
    """The run that a case belongs to."""
    *names, dirty, tags, confirms = row
    values: list[Any] = [*names, bool(dirty), tuple(tags.split(",")[1:-1]), confirms]
    return Origin(*values)


def _columns(db: sqlite3.Connection, row: FileRow) -> tuple[Any, ...]:
    start = (row.name, *row.stamp, row.problem)
    case = row.case
    if case is None:
        return (*start, *(None,) * 8)
    began = case.started or case.origin.run_started
    body = _body(case)
    found = (case.case, case.kernel, case.series, began, case.outcome, body)
    crc = _crc(body, case.case, case.kernel, case.outcome)
    return (*start, _origin(db, case.origin), *found, crc)


def _origin(db: sqlite3.Connection, origin: Origin) -> int:
    named = dict(vars(origin))
    named["tags"] = ",".join(("", *origin.tags, "")) if origin.tags else ","
    values = tuple(named.values())
    db.execute(
        "insert or ignore into origin (run, cluster, suite, run_started, planned, hardware_key, "
        "software_key, commit_id, dirty, tags, confirms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    ((found,),) = db.execute(
        "select id from origin where run = ? and cluster = ? and suite = ? and run_started = ? and "
        "planned = ? and hardware_key = ? and software_key = ? and commit_id = ? and dirty = ? "
        "and tags = ? and confirms = ?",
        values,
    )
    return int(found)


def _crc(*words: str) -> int:
    return zlib.crc32("\0".join(words).encode())


def _body(case: Recorded) -> str:
    """What of a case no query asks for."""
    kept = [
        case.version, case.parameters, case.fitted, case.nodes, case.ranks, case.threads,
        case.reason, case.started, case.ended, case.hosts, case.primary,
        {name: tuple(vars(one).values()) for name, one in case.metrics.items()},
    ]  # fmt: skip
    return json.dumps(kept, separators=(",", ":"))


def _case(
    body: list[Any], path: Path, origin: Origin, identity: tuple[str, str, str, str]
) -> Recorded:
    case, kernel, series, outcome = identity
    (version, parameters, fitted, nodes, ranks, threads, reason, started, ended, hosts, primary,
     metrics) = body  # fmt: skip
    return Recorded(
        path=path,
        origin=origin,
        case=case,
        kernel=kernel,
        version=version,
        parameters=parameters,
        fitted=tuple(fitted),
        nodes=nodes,
        ranks=ranks,
        threads=threads,
        outcome=outcome,
        reason=reason,
        started=started,
        ended=ended,
        hosts=tuple(hosts),
        primary=primary,
        metrics=_Summaries(metrics),
        series=series,
    )


class _Summaries(Mapping[str, Summary]):
    """The metrics of a case; each is made when it is asked for, as most never are."""

    def __init__(self, rows: dict[str, list[Any]]) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> Summary:
        *first, launches = self._rows[name]
        values: list[Any] = [*first, tuple(launches)]
        return Summary(*values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
