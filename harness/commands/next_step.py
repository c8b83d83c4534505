"""What to type next: the command that measures a recorded run once more, and where it looks."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from harness.record import store

_ELSEWHERE: Final = ("--tag", "--results", "--hosts", "--into")
"""Options with a value that the new run has otherwise, or not; the last two are those of a job."""
_OTHER: Final = ("--launches", *_ELSEWHERE)


def at(results: Path) -> str:
    """The end of a command that looks into these results; nothing for those it finds by itself."""
    return "" if results == store.DEFAULT else f" --results {shlex.quote(str(results))}"


def repeated(header: dict[str, Any], results: Path, launches: int | None = None) -> str:
    """As the run was asked for: other sizes, ranks or threads would make another series.

    header : its run.yaml. A run that another command began is named by its suite. launches :
    how many instead, None for as many as then.
    """
    words = [str(one) for one in header.get("command") or ()]
    asked = words[2:] if words[1:2] == ["run"] else [str(header["suite"])]
    other = _OTHER if launches is not None else _ELSEWHERE
    more = [] if launches is None else ["--launches", str(launches)]
    return shlex.join(["qyran", "run", *_without(asked, other), *more]) + at(results)


def _without(words: Iterable[str], options: Collection[str]) -> Iterator[str]:
    """Without these options and their values."""
    left = iter(words)
    for word in left:
        if word in options:
            next(left, None)
        elif word.partition("=")[0] not in options:
            yield word
