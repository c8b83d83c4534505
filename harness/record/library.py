"""All recorded cases of a results folder, as comparisons and histories look for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness.errors import CorruptStore
from harness.record import recorded, store, tags
from harness.record.recorded import Recorded


@dataclass(frozen=True)
class Selection:
    """Which cases are wanted: all that is given must hold; what is empty or None does not limit.

    run : id of one run; tag, cluster, kernel, series, hardware_key : as in `Recorded`; commit :
    the first digits of one; since, until : start of the case, seconds since 1970, until excluded.
    """

    run: str = ""
    tag: str = ""
    commit: str = ""
    cluster: str = ""
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
    """What can be asked for. runs : ids of those with a recorded case, by the time they began."""

    runs: tuple[str, ...]
    tags: tuple[str, ...]
    commits: tuple[str, ...]
    clusters: tuple[str, ...]
    kernels: tuple[str, ...]


def known(results: Path) -> Known:
    """What the recorded cases of a results folder are known by."""
    cases = find(results, Selection()).cases
    begun = {one.origin.run: one.origin.run_started for one in cases}
    return Known(
        runs=tuple(sorted(begun, key=lambda run: (begun[run], run))),
        tags=tuple(sorted({tag for one in cases for tag in one.origin.tags})),
        commits=tuple(sorted({one.origin.commit for one in cases} - {""})),
        clusters=tuple(sorted({one.origin.cluster for one in cases})),
        kernels=tuple(sorted({one.kernel for one in cases})),
    )


def find(results: Path, wanted: Selection) -> Found:
    """The last attempt at each wanted case; damaged files are left out, and named."""
    given = tags.given(results)
    cases: list[Recorded] = []
    skipped: list[Skipped] = []
    for path in _files(results):
        try:
            case = recorded.of(store.record(path), path, partial(store.header, path.parent))
        except CorruptStore as error:
            skipped.append(Skipped(path, error.found))
            continue
        case = tagged(case, given)
        if wanted.fits(case):
            cases.append(case)
    cases.sort(key=lambda one: (one.started or one.origin.run_started, one.origin.run, one.case))
    return Found(tuple(cases), tuple(skipped))


def tagged(case: Recorded, given: Mapping[str, set[str]]) -> Recorded:
    """The case with the tags that its run was given later, beside those it began with."""
    more = given.get(case.origin.run)
    if not more:
        return case
    both = tuple(dict.fromkeys((*case.origin.tags, *sorted(more))))
    return replace(case, origin=replace(case.origin, tags=both))


def _files(results: Path) -> Iterator[Path]:
    for folder in store.runs(results):
        for numbered in store.attempts(folder).values():
            yield folder / numbered[max(numbered)]
