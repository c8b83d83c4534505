"""Nodes that were drained, or left alone: a document, and what a person sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from rich.console import Group
from rich.text import Text

from harness.report.document import Doc


class DrainedDoc(Doc):
    """A node. reason : as the batch system has it; command : that gives it, as typed.

    said : why the node was left alone, or what failed.
    """

    node: str
    done: Literal["drained", "would drain", "drained before", "left alone", "failed"]
    reason: str
    command: str
    said: str


_STYLE: Final = {"drained": "green", "failed": "bold red", "left alone": "yellow"}
_SIGN: Final = {"drained": "✓", "failed": "✗", "would drain": "-", "drained before": "="}


def shown(nodes: Sequence[DrainedDoc]) -> Group:
    """A line a node, and the command where it is of use."""
    return Group(*(line for one in nodes for line in _lines(one)))


def _lines(one: DrainedDoc) -> list[Text]:
    rest = one.said or one.reason
    lines = [Text(f"{_SIGN.get(one.done, '~')} {one.node}: {one.done}: {rest}", _style(one.done))]
    if one.done in ("would drain", "failed"):
        lines.append(Text(f"  {one.command}", "dim"))
    return lines


def _style(done: str) -> str:
    return _STYLE.get(done, "")
