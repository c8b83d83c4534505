"""All recorded cases of a results folder, as comparisons and histories look for them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, Final, TypeVar

from harness.errors import CorruptStore
from harness.record import archive, index, recorded, refresh, rows, store, tags
from harness.record.recorded import Recorded
from harness.record.rows import Hit, Problem

T = TypeVar("T")

_TRIES: Final = 3
# What of a selection is a column of the index.
_COLUMNS: Final = {
    "run": "o.run",
    "cluster": "o.cluster",
    "kernel": "f.kernel",
    "series": "f.series",
    "hardware_key": "o.hardware_key",
}


@dataclass(frozen=True)
class Selection:
    """Which cases are wanted: all that is given must hold; what is empty or None does not limit.

    run : id of one run; tag, cluster, kernel, series, hardware_key : as in `Recorded`; commit :
    the first digits of one; suite : its name, of a file without folder and suffix; since, until :
    start of the case, seconds since 1970, until excluded.
    """

    run: str = ""
    tag: str = ""
    commit: str = ""
    cluster: str = ""
    suite: str = ""
    kernel: str = ""
    series: str = ""
    hardware_key: str = ""
    since: float | None = None
    until: float | None = None

    def fits(self, case: Recorded) -> bool:
        """Whether a case is wanted."""
        of, began = case.origin, case.started or case.origin.run_started
        return all((
            self.run in ("", of.run),
            not self.tag or self.tag in of.tags,
            of.commit.startswith(self.commit),
            self.cluster in ("", of.cluster),
            not self.suite or self.suite == Path(of.suite).stem,
            self.kernel in ("", case.kernel),
            self.series in ("", case.series),
            self.hardware_key in ("", of.hardware_key),
            self.since is None or began >= self.since,
            self.until is None or began < self.until,
        ))  # fmt: skip


@dataclass(frozen=True)
class Skipped:
    """A file that cannot be used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Found:
    """The wanted cases, the oldest first, and every file that was left out."""

    cases: tuple[Recorded, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class Known:
    """What can be asked for; each is looked up when it is needed, as few words need them all."""

    results: Path

    @cached_property
    def runs(self) -> tuple[str, ...]:
        """Ids of the runs with a recorded case, by the time they began."""
        query = "select run, run_started from origin order by run_started, run"
        return _asked(self.results, lambda db: tuple(dict(db.execute(query))))

    def newest(self, back: int) -> str | None:
        """The id of the newest run, of the one before it, and so on; None if there are not so many.

        Without a list of all: that takes four times as long where there are 100,000.
        """
        return _asked(self.results, lambda db: _newest(db, back))

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Tags that a run began with, or was given later."""
        more = _all_tags(tags.given(self.results))
        listed = self._distinct("select distinct tags from origin")
        return tuple(sorted(({tag for one in listed for tag in one.split(",")} | more) - {""}))

    @cached_property
    def commits(self) -> tuple[str, ...]:
        """Commits of qyran, in full."""
        return self._distinct("select distinct commit_id from origin")

    @cached_property
    def clusters(self) -> tuple[str, ...]:
        """Names of clusters."""
        return self._distinct("select distinct cluster from origin")

    @cached_property
    def kernels(self) -> tuple[str, ...]:
        """Names of kernels, those of other tools among them."""
        return self._distinct("select distinct kernel from file where problem is null")

    def _distinct(self, query: str) -> tuple[str, ...]:
        return _asked(self.results, lambda db: _distinct(db, query))


def find(results: Path, wanted: Selection) -> Found:
    """The last attempt at each wanted case; damaged files are left out, and named.

    By the index. The files of the answer are compared with it, so that one that was changed or
    damaged since is noticed; what becomes of the others is seen by `qyran store fsck`.
    """
    given = tags.given(results)
    hits, problems = _answer(results, wanted, given)
    cases = [one for one in (tagged(hit.case, given) for hit in hits) if wanted.fits(one)]
    return _sorted(cases, [Skipped(path, reason) for path, reason, _, _ in problems])


def marks(results: Path, wanted: Selection) -> dict[tuple[str, str], str]:
    """{(series, hardware key): what changes with any of its cases} of the wanted cases.

    By the index alone, without a look at the files: `find` compares them with it.
    """
    given = tags.given(results)
    where, values = _condition(wanted, given)
    sums = "count(*), sum(f.crc), sum(f.size), sum(f.changed % 2147483647), total(f.began)"
    query = (
        f"select f.series, o.hardware_key, {sums} from file f join origin o "  # noqa: S608
        f"on o.id = f.origin where f.problem is null and {where} group by f.series, o.hardware_key"
    )
    found = _asked(results, lambda db: db.execute(query, values).fetchall())
    return {(series, key): " ".join(map(str, of)) for series, key, *of in found}


def unusable(results: Path) -> tuple[Skipped, ...]:
    """What of a results folder cannot be used, by the index alone."""
    found = _asked(results, lambda db: rows.problems(db, results))
    return tuple(Skipped(path, reason) for path, reason, _, _ in found)


def find_slowly(results: Path, wanted: Selection) -> Found:
    """The same by reading every file: what the index is held against."""
    given = tags.given(results)
    cases, skipped = [], []
    for one in _all(results):
        if isinstance(one, Skipped):
            skipped.append(one)
        elif wanted.fits(tagged(one, given)):
            cases.append(tagged(one, given))
    return _sorted(cases, skipped)


def _newest(db: sqlite3.Connection, back: int) -> str | None:
    most = 2 * (back + 1)
    while True:
        query = "select run from origin order by run_started desc, run desc limit ?"
        rows_ = db.execute(query, (most,)).fetchall()
        runs_ = tuple(dict.fromkeys(name for (name,) in rows_))
        if back < len(runs_):
            return str(runs_[back])
        if len(rows_) < most:
            return None
        most *= 4  # a run has several rows here if its files do not agree about it


@dataclass(frozen=True)
class Listed:
    """A run in a list. cases : the last attempts; problem : of one of its files, or ""."""

    folder: Path
    cases: tuple[Recorded, ...]
    problem: str


@dataclass(frozen=True)
class Listing:
    """The newest runs, the oldest of them first, and how many there are before them."""

    runs: tuple[Listed, ...]
    earlier: int


def runs(results: Path, most: int) -> Listing:
    """The newest runs by their ids, which begin with the time; all of them if ``most`` is 0."""
    return _asked(results, lambda db: _runs(db, results, most))


def _runs(db: sqlite3.Connection, results: Path, most: int) -> Listing:
    newest = db.execute(
        "select id, place, name from run where begun or exists "
        "(select 1 from file where run = run.id and problem is not null) "
        "order by name desc, place desc limit ?",
        (most or -1,),
    ).fetchall()
    ((count,),) = db.execute("select count(*) from run where begun")
    wanted = json.dumps([number for number, *_ in newest])
    cases: dict[int, list[Recorded]] = {}
    for hit in rows.hits(db, results, "f.run in (select value from json_each(?))", [wanted]):
        cases.setdefault(hit.run, []).append(hit.case)
    problems = {number: f"{path}: {why}" for path, why, _, number in rows.problems(db, results)}
    listed = [
        Listed(
            Path(results, place, name),
            tuple(sorted(cases.get(number, ()), key=_age)),
            problems.get(number, ""),
        )
        for number, place, name in newest[::-1]
    ]
    return Listing(tuple(listed), max(0, count - len(listed)))


@dataclass(frozen=True)
class ClusterLine:
    """What there is of a cluster; first, last : runs that have a case."""

    cluster: str
    runs: int
    cases: int
    first: str
    last: str


@dataclass(frozen=True)
class Overview:
    """What there is in a results folder. tags : {name: how many runs}; damaged : files."""

    clusters: tuple[ClusterLine, ...]
    tags: dict[str, int]
    damaged: tuple[Path, ...]


def overview(results: Path) -> Overview:
    """Everything in numbers, by the index alone."""
    given = tags.given(results)
    return _asked(results, lambda db: _overview(db, results, given))


def _overview(db: sqlite3.Connection, results: Path, given: Mapping[str, set[str]]) -> Overview:
    lines = db.execute(
        "select o.cluster, count(distinct o.run), count(*), min(o.run), max(o.run) from file f "
        "join origin o on o.id = f.origin where f.problem is null group by o.cluster order by 1"
    )
    runs = {tag: {run for run, more in given.items() if tag in more} for tag in _all_tags(given)}
    for run, begun in db.execute("select distinct run, tags from origin where tags != ','"):
        for tag in begun.split(",")[1:-1]:
            runs.setdefault(tag, set()).add(run)
    return Overview(
        tuple(ClusterLine(*one) for one in lines),
        {tag: len(runs[tag]) for tag in sorted(runs)},
        tuple(path for path, *_ in rows.problems(db, results)),
    )


def _all_tags(given: Mapping[str, set[str]]) -> set[str]:
    return {tag for of_run in given.values() for tag in of_run}


def _distinct(db: sqlite3.Connection, query: str) -> tuple[str, ...]:
    return tuple(sorted(name for (name,) in db.execute(query) if name))


def _asked(results: Path, ask: Callable[[sqlite3.Connection], T]) -> T:
    """An answer of the index; one that turns out to be damaged is made anew."""
    for _ in range(_TRIES):
        try:
            with index.opened(results) as db:
                return ask(db)
        except (sqlite3.Error, ValueError):
            index.forget(results)
    with index.in_memory(results) as db:
        return ask(db)


def _answer(
    results: Path, wanted: Selection, given: Mapping[str, set[str]]
) -> tuple[list[Hit], list[Problem]]:
    """What the index says, after the files of the answer were compared with it."""
    stale: frozenset[int] = frozenset()
    where, values = _condition(wanted, given)
    for _ in range(_TRIES):
        try:
            with index.opened(results, stale) as db:
                hits = list(rows.hits(db, results, where, values))
                problems = rows.problems(db, results)
        except (sqlite3.Error, ValueError, rows.Damaged):
            index.forget(results)
            continue
        stale = frozenset(_changed(hits, problems))
        if not stale:
            return hits, problems
    with index.in_memory(results) as db:
        return list(rows.hits(db, results, where, values)), rows.problems(db, results)


def _changed(hits: list[Hit], problems: list[Problem]) -> Iterator[int]:
    """The runs of files that are not what the index has read."""
    read = [(hit.case.path, hit.stamp, hit.run) for hit in hits]
    read += [(path, stamp, run) for path, _, stamp, run in problems]
    for path, stamp, run in read:
        if stamp != rows.UNREADABLE and archive.stamp_or_none(path) != stamp:
            yield run


def _condition(wanted: Selection, given: Mapping[str, set[str]]) -> tuple[str, list[Any]]:
    """A condition of SQL that holds for every wanted case, and its values."""
    all_of: list[tuple[str, tuple[Any, ...]]] = [("1", ())]
    for name, column in _COLUMNS.items():
        # A series has one kernel; SQLite would rather look through all of the kernel.
        if getattr(wanted, name) and not (name == "kernel" and wanted.series):
            all_of.append((f"{column} = ?", (getattr(wanted, name),)))
    if wanted.commit:
        all_of.append(("substr(o.commit_id, 1, ?) = ?", (len(wanted.commit), wanted.commit)))
    if wanted.tag:
        runs = [run for run, names in given.items() if wanted.tag in names]
        either = "(instr(o.tags, ?) or o.run in (select value from json_each(?)))"
        all_of.append((either, (f",{wanted.tag},", json.dumps(runs))))
    if wanted.since is not None:
        all_of.append(("f.began >= ?", (wanted.since,)))
    if wanted.until is not None:
        all_of.append(("f.began < ?", (wanted.until,)))
    return " and ".join(one for one, _ in all_of), [v for _, values in all_of for v in values]


def _all(results: Path) -> Iterator[Recorded | Skipped]:
    """Every case, or why there is none."""
    for cluster in store.clusters(results):
        try:
            folders = list(archive.folders(cluster))
        except OSError as error:
            yield Skipped(cluster, refresh.unreadable(error))
            continue
        for folder in folders:
            yield from _of_run(folder)


def _of_run(folder: Path) -> Iterator[Recorded | Skipped]:
    try:
        if folder.is_file():
            archive.runs(folder)  # a zip that cannot be read
        found = refresh.look(folder)
    except OSError as error:
        yield Skipped(folder, refresh.unreadable(error))
        return
    header = cache(partial(store.header, folder))
    for name in found.last if found.begun else ():
        try:
            yield recorded.read(folder / name, header)
        except CorruptStore as error:
            yield Skipped(folder / name, error.found)


def _sorted(cases: list[Recorded], skipped: list[Skipped]) -> Found:
    cases.sort(key=_age)
    return Found(tuple(cases), tuple(sorted(skipped, key=lambda one: one.path)))


def _age(case: Recorded) -> tuple[float, str, str, Path]:
    """By the time it began; at the same time, or by a clock that stood still, by its names."""
    of = case.origin
    return case.started or of.run_started, of.run, case.case, case.path


def tagged(case: Recorded, given: Mapping[str, set[str]]) -> Recorded:
    """The case with the tags that its run was given later, beside those it began with."""
    more = given.get(case.origin.run)
    if not more:
        return case
    both = tuple(dict.fromkeys((*case.origin.tags, *sorted(more))))
    return replace(case, origin=replace(case.origin, tags=both))
