"""What a person sees of the promises of a contract: a line each, with a sign beside the colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Group
from rich.text import Text

from harness.report.promise_document import PromiseDoc

_SIGN: Final = {"kept": "✓", "broken": "✗", "undecided": "?", "not measured": "-"}
_STYLE: Final = {
    "kept": "green", "broken": "bold red", "undecided": "yellow", "not measured": "yellow",
}  # fmt: skip


def shown(promises: Sequence[PromiseDoc]) -> Group:
    """The broken ones first."""
    order = list(_SIGN)
    order.sort(key=lambda one: one != "broken")
    listed = sorted(promises, key=lambda one: order.index(one.verdict))
    return Group(Text("promises of the whole machine", style="bold"), *(_of(x) for x in listed))


def _of(one: PromiseDoc) -> Text:
    return Text(f"{_SIGN[one.verdict]} {one.verdict}: {one.line}", style=_STYLE[one.verdict])
