"""Which recorded cases are meant, as people write it: ``last``, ``tag:rack3,kernel:hpl``, ``2026``.

Words joined by commas must all hold. A word names its kind, ``commit:abc1234``, or stands alone and
is tried as a run, a tag, a commit, a date and a cluster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError, unknown
from harness.record.library import Known, Selection

FORMS: Final = (
    "last, last~1, a run or a unique part of its id, tag:NAME, commit:abc1234, cluster:NAME, "
    "suite:NAME, kernel:NAME, date:2026-11, date:2026-11-20..2026-11-28; joined by commas all "
    "must hold"
)
_LAST: Final = re.compile(r"last(?:~(\d+))?")
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_COMMIT: Final = re.compile(r"[0-9a-f]{4,40}")


def parse(text: str, results: Path, known: Known | None = None) -> Selection:
    """The selection that a text means. known : of these results, to be looked up only once.

    ``last`` is the newest run that has a recorded case, by the time it began. Dates are those of
    UTC, with the last day included. Raises ConfigError if a word is unknown, means several things,
    or says again what another has said.
    """
    words = [one.strip() for one in text.split(",")]
    known = known or Known(results)
    made = Selection()
    for word in words:
        if not word:
            raise ConfigError("selection", f"found {text!r}: a word is missing", known=FORMS)
        made = _joined(made, _word(word, known, results), word)
    return made


def _joined(made: Selection, more: Selection, word: str) -> Selection:
    """Both at once; dates are narrowed, everything else can be said only once."""
    changes: dict[str, Any] = {}
    for one in fields(Selection):
        old, new = getattr(made, one.name), getattr(more, one.name)
        if new in ("", None):
            continue
        if old in ("", None) or old == new:
            changes[one.name] = new
        elif one.name in ("since", "until"):
            changes[one.name] = max(old, new) if one.name == "since" else min(old, new)
        else:
            raise ConfigError(
                "selection", f"{word!r} is a second {one.name}: nothing is both", known=FORMS
            )
    return replace(made, **changes)


def _word(word: str, known: Known, results: Path) -> Selection:
    kind, colon, value = word.partition(":")
    if colon:
        if kind not in _KINDS:
            raise unknown("selection", "kind", kind, _KINDS)
        found = list(_KINDS[kind](value, known))
        return _the_one(word, found, partial(_listed, kind, known), results)
    if _LAST.fullmatch(word):
        return _the_one(word, list(_run(word, known)), str, results)
    return _bare(word, known, results)


def _bare(word: str, known: Known, results: Path) -> Selection:
    """A word that does not say its kind: what it names in full, else what it is a part of."""
    found = [one for kind in _BARE for one in _KINDS[kind](word, known)]
    exact = [one for one in found if one.exact]
    return _the_one(word, exact or found, str, results)


def _the_one(
    word: str, found: list[_Meaning], listed: Callable[[], str], results: Path
) -> Selection:
    """The only meaning; ConfigError with what is known if there are several, or none."""
    if len(found) == 1:
        return found[0].selection
    if found:
        says = ", ".join(one.says for one in found[-5:])
        many = "" if len(found) <= 5 else f"{len(found)} things, among them "
        raise ConfigError(
            "selection", f"{word!r} may mean {many}{says}", known=listed(), fix="say more of it"
        )
    raise ConfigError(
        "selection", f"nothing in {results} is called {word!r}", known=listed() or FORMS,
        fix="`qyran ls` shows the runs",
    )  # fmt: skip


def _listed(kind: str, known: Known) -> str:
    """What a word of this kind could have been."""
    names: dict[str, Callable[[], tuple[str, ...]]] = {
        "run": lambda: known.runs[-5:],
        "tag": lambda: known.tags,
        "commit": lambda: tuple(one[:12] for one in known.commits[-5:]),
        "cluster": lambda: known.clusters,
        "kernel": lambda: known.kernels,
    }
    if kind not in names:
        return "2026, 2026-11, 2026-11-20, 2026-11-20..2026-11-28"
    return _words(names[kind]())


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


@dataclass(frozen=True)
class _Meaning:
    """What a word may mean. exact : it is the whole name."""

    selection: Selection
    says: str
    exact: bool = True


def _run(word: str, known: Known) -> Iterator[_Meaning]:
    last = _LAST.fullmatch(word)
    if last:
        run = known.newest(int(last[1] or 0))
        if run is not None:
            yield _Meaning(Selection(run=run), "a run")
        return
    for one in known.runs:
        if word in one:
            yield _Meaning(Selection(run=one), f"run {one}", exact=word == one)


def _tag(word: str, known: Known) -> Iterator[_Meaning]:
    if word in known.tags:
        yield _Meaning(Selection(tag=word), f"tag {word}")


def _commit(word: str, known: Known) -> Iterator[_Meaning]:
    if _COMMIT.fullmatch(word):
        for one in known.commits:
            if one.startswith(word):
                yield _Meaning(Selection(commit=one), f"commit {one[:12]}", exact=word == one)


def _cluster(word: str, known: Known) -> Iterator[_Meaning]:
    if word in known.clusters:
        yield _Meaning(Selection(cluster=word), f"cluster {word}")


def _suite(word: str, _: Known) -> Iterator[_Meaning]:
    yield _Meaning(Selection(suite=word), f"suite {word}")


def _kernel(word: str, known: Known) -> Iterator[_Meaning]:
    if word in known.kernels:
        yield _Meaning(Selection(kernel=word), f"kernel {word}")


def _date(word: str, known: Known) -> Iterator[_Meaning]:
    first, dots, last = word.partition("..")
    begins, ends = _span(first), _span(last if dots else first)
    if begins and ends:
        yield _Meaning(Selection(since=begins[0], until=ends[1]), f"the date {word}")


def _span(text: str) -> tuple[float, float] | None:
    """When a year, month or day begins and when it has ended, s since 1970; None if it is none."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day = (int(one or 0) for one in found.groups())
    try:
        begin = datetime(year, month or 1, day or 1, tzinfo=UTC)
        if day:
            end = begin + timedelta(days=1)
        elif month:
            end = (begin + timedelta(days=31)).replace(day=1)
        else:
            end = begin.replace(year=year + 1)
    except (ValueError, OverflowError):
        return None
    return begin.timestamp(), end.timestamp()


_KINDS: Final[dict[str, Callable[[str, Known], Iterator[_Meaning]]]] = {
    "run": _run,
    "tag": _tag,
    "commit": _commit,
    "date": _date,
    "cluster": _cluster,
    "suite": _suite,
    "kernel": _kernel,
}
_BARE: Final = ("run", "tag", "commit", "date", "cluster")
