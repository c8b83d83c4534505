"""How a stage is measured on nodes, wherever they are: here, or in the queue of a batch system."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Task:
    """What is measured. suite : a file with sizes filled in; tags : of its runs.

    name : of the stage, a part of the ids of its runs.
    """

    name: str
    suite: Path
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Ran:
    """A run that has ended. folder : None if there is none; reason : why not, or why not all."""

    folder: Path | None
    code: int
    reason: str = ""


Ended = Callable[[str, Ran], None]
"""Is told each node whose run has ended, while others go on."""


class Runner(Protocol):
    """Where the nodes of an acceptance are measured."""

    def census(self, nodes: Sequence[str]) -> Mapping[str, dict[str, Any] | str]:
        """What each node is (`machine.environment`), or why it does not say."""

    def each(self, task: Task, nodes: Sequence[str], ended: Ended) -> None:
        """The suite on each of these nodes alone, many at once; a run that was begun goes on."""

    def together(self, task: Task, nodes: Sequence[str]) -> Ran:
        """One run over all of these nodes."""


def run_id(acceptance: str, task: str, node: str) -> str:
    """The id of a run: that of the acceptance, the stage, and the node."""
    name = re.sub(r"[^\w.-]+", "-", node)
    return "-".join(one for one in (acceptance, task, name) if one)


def why(log: Path, code: int) -> str:
    """What a run said last before it ended without a record; one line."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    said = [one.strip() for one in lines if one.strip()]
    starts = [i for i, one in enumerate(said) if one.startswith("qyran: ")]
    words = said[starts[-1]].removeprefix("qyran: ") if starts else (said[-1:] or [""])[0]
    return f"{words or 'nothing was said'} (exit code {code}; {log})"
