"""The command that measures a recorded run once more, as `qyran explain` says what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from harness.record import store

_OTHER: Final = ("--launches", "--tag", "--results", "--hosts", "--into")
"""Options with a value that the new run has otherwise, or not; the last two are those of a job."""


def at(results: Path) -> str:
    """The end of a command that looks into these results; nothing for those it finds by itself."""
    return "" if results == store.DEFAULT else f" --results {shlex.quote(str(results))}"


def with_launches(header: dict[str, Any], launches: int, results: Path) -> str:
    """As the run was asked for: other sizes, ranks or threads would make another series.

    header : its run.yaml. A run that another command began is named by its suite.
    """
    words = [str(one) for one in header.get("command") or ()]
    asked = words[2:] if words[1:2] == ["run"] else [str(header["suite"])]
    words = ["qyran", "run", *_without(asked), "--launches", str(launches)]
    return shlex.join(words) + at(results)


def _without(words: Iterable[str]) -> Iterator[str]:
    left = iter(words)
    for word in left:
        if word in _OTHER:
            next(left, None)
        elif word.partition("=")[0] not in _OTHER:
            yield word
