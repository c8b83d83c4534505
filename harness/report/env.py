"""An environment, and the difference of two, as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.report import units
from harness.report.env_document import DifferenceDoc, EnvDiffDoc, EnvDoc, KeyDoc
from harness.report.table import new_table

_LONGEST: Final = 46
_FEW: Final = 4


def environment(document: EnvDoc) -> RenderableType:
    """Both keys, then a line for each fact; what is unknown with its reason."""
    found = document.environment
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for which, key in found.get("fingerprint", {}).items():
        table.add_row(f"{which} key", key["key"])
    for part in ("hardware", "software", "state"):
        table.add_row("", "")
        table.add_row(part.upper(), "")
        for name, value, style in lines(found.get(part, {})):
            table.add_row(name, Text(value, style=style))
    table.add_row("", "")
    table.add_row("SURROUNDINGS", "")
    for name, value, style in lines({k: found.get(k) for k in ("container", "job", "unknown")}):
        table.add_row(name, Text(value, style=style))
    for name, value in found.get("variables", {}).items():
        table.add_row(name, str(value))
    return table


def lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(name, value, style) of each fact; versions of packages are lines of their own."""
    unknown = facts.get("unknown") or {}
    for name, value in facts.items():
        if name == "unknown":
            continue
        if name == "versions":
            yield from (
                (package, str(one or "not installed"), "") for package, one in value.items()
            )
        elif value is None:
            yield _label(name), f"unknown: {unknown.get(name, 'no reason is recorded')}", "dim"
        else:
            yield _label(name), _value(name, value), ""


def difference(document: EnvDiffDoc) -> RenderableType:
    """Keys first, then what differs; all on one screen."""
    head = Text.assemble("A ", (document.a, "bold"), "\nB ", (document.b, "bold"))
    keys = [_key("hardware", document.hardware), _key("software", document.software)]
    counted = f"{len(document.differences)} differ, {document.same} facts are the same"
    if not document.differences:
        return Group(head, *keys, Text(counted))
    table = new_table("", "A", "B", "what may follow")
    group = ""
    for one in document.differences:
        if one.group != group:
            group = one.group
            table.add_row(Text(group, style="bold"), "", "", "")
        a, b = _sides(one)
        table.add_row(f"  {_label(one.name)}", a, b, Text(one.meaning, style="yellow"))
    return Group(head, *keys, Text(""), table, Text(counted, style="dim"))


def _key(which: str, key: KeyDoc) -> Text:
    """``hardware key: same (9a...)`` or which lines of its text are not the same."""
    if key.same:
        return Text(f"= {which} key: the same, {key.a}", style="green")
    if not key.a or not key.b:
        return Text(f"? {which} key: not recorded in {'A' if not key.a else 'B'}", style="yellow")
    names = dict.fromkeys(line.partition(":")[0] for line in [*key.only_a, *key.only_b])
    why = "; marked in histories" if which == "software" else "; another history"
    words = f"! {which} key: {key.a} and {key.b} ({', '.join(names)}){why}"
    return Text(words, style="yellow")


def _sides(one: DifferenceDoc) -> tuple[Text, Text]:
    if isinstance(one.a, list) and isinstance(one.b, list):
        mine, theirs = _only(one.a, one.b), _only(one.b, one.a)
        return Text(mine or "nothing more"), Text(theirs or "nothing more")
    return _side(one.name, one.a, one.a_unknown), _side(one.name, one.b, one.b_unknown)


def _side(name: str, value: Any, why: str) -> Text:
    if value is None:
        return Text(_cut(why or "unknown"), style="dim")
    return Text(_cut(_value(name, value)))


def _only(mine: list[Any], theirs: list[Any]) -> str:
    """What the one list has and the other has not, at most a few."""
    own = [_item(one) for one in mine if one not in theirs]
    more = f", and {len(own) - _FEW} more" if len(own) > _FEW else ""
    return ", ".join(_cut(one) for one in own[:_FEW]) + more


def _item(one: Any) -> str:
    return " ".join(f"{k} {v}" for k, v in one.items()) if isinstance(one, Mapping) else str(one)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _label(name: str) -> str:
    for unit in ("_B", "_Hz", "_C", "_s"):
        name = name.removesuffix(unit)
    return name if name.isupper() else name.replace("_", " ")


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_B"):
        return units.binary(value)
    if name.endswith("_Hz"):
        return units.si(value, "Hz")
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return ", ".join(_item(one) for one in value)
    return _item(value)
