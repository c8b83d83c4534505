"""A line a series: what was said of each is kept until a run of it changes, as most have not.

Kept in files beside the index, for this user alone. They are never the truth: what does not fit the
runs, the known events or the code that judges is judged anew, and they can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

import harness
from harness.judge.history.events import Events
from harness.record import index, library
from harness.record.library import Selection
from harness.record.write_over import write_over
from harness.report.history_document import SeriesDoc

Key = tuple[str, str]
"""Of a series: what is measured, and the hardware key."""
Line = SeriesDoc | None
"""A series without its points; None if no run of it has the metric."""
Judge = Callable[[Selection], Iterable[SeriesDoc]]

_MANY: Final = 20
"""From so many series on, all of a selection are judged at once."""
_FILES_KEPT: Final = 8
_SUFFIX: Final = ".history.json"


def lines(
    results: Path, wanted: Selection, metric: str | None, events: Events, judge: Judge
) -> list[SeriesDoc]:
    """The series of a selection without their points; those that have changed are judged.

    judge : the series of a selection, by this metric and these events.
    """
    marks = library.marks(results, wanted)
    file = _file(results, (_code(), replace(wanted, kernel=""), metric, events))
    kept = _read(file)
    found = {key: kept[key][1] for key in marks if key in kept and kept[key][0] == marks[key]}
    stale = [key for key in marks if key not in found]
    found |= _judged(wanted, stale, judge)
    others = {key: kept[key] for key in kept.keys() - marks.keys()} if wanted.kernel else {}
    if stale or len(kept) > len(found) + len(others):
        _write(file, others | {key: (marks[key], line) for key, line in found.items()})
    return [line for line in found.values() if line is not None]


def _judged(wanted: Selection, keys: list[Key], judge: Judge) -> dict[Key, Line]:
    few = [replace(wanted, series=series, hardware_key=key) for series, key in keys]
    asked = few if len(few) < _MANY else [wanted]
    found = {(one.series, one.hardware_key): one for each in asked for one in judge(each)}
    return {key: _line(found.get(key)) for key in keys}


def _line(one: Line) -> Line:
    return one and one.model_copy(update={"points": [], "gaps": []})


@cache
def _code() -> str:
    """A hash of all that judges: another version may say something else of the same runs."""
    root = Path(harness.__file__).parent
    files = [*root.glob("judge/**/*.py"), *root.glob("report/history_*.py")]
    return hashlib.sha256(b"\0".join(one.read_bytes() for one in sorted(files))).hexdigest()


def _file(results: Path, basis: tuple[object, ...]) -> Path:
    """The file of what was said on this basis."""
    name = hashlib.sha256(repr(basis).encode()).hexdigest()[:16]
    return index.file(results).with_suffix(f".{name}{_SUFFIX}")


def _read(file: Path) -> dict[Key, tuple[str, Line]]:
    """{key: (mark of its runs, line)}; {} if there is no such file, or it is not what was kept."""
    try:
        rows = json.loads(file.read_bytes())
        return {
            (series, key): (mark, line and SeriesDoc.model_validate(line))
            for series, key, mark, line in rows
        }
    except (OSError, ValueError, TypeError, ValidationError):
        return {}


def _write(file: Path, rows: Mapping[Key, tuple[str, Line]]) -> None:
    """Keep them, if that is possible; whoever comes at the same time keeps the same."""
    listed: list[Any] = [
        (*key, mark, line and line.model_dump(mode="json", by_alias=True))
        for key, (mark, line) in rows.items()
    ]
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_over(file, json.dumps(listed, separators=(",", ":")).encode())
        _forget_old(file)


def _forget_old(file: Path) -> None:
    """Of what was said of these results on other bases, the newest stay."""
    others = file.parent.glob(f"{file.name.partition('.')[0]}.*{_SUFFIX}")
    newest = sorted(others, key=lambda one: one.stat().st_mtime, reverse=True)
    for one in newest[_FILES_KEPT:]:
        one.unlink(missing_ok=True)
