"""Lists of hosts in the short form that Slurm and sites write: ``node[01-03,7],login1``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_MOST: Final = 100_000
# A name without brackets, or text and brackets in any number.
_ITEM: Final = re.compile(r"((?:[^\[\],\s]|\[[^\[\]]*\])+)(?:,|$)")
_BRACKET: Final = re.compile(r"\[([^\[\]]*)\]")
_RANGE: Final = re.compile(r"(\d+)(?:-(\d+))?")


def expand(expression: str) -> tuple[str, ...]:
    """The names in order, each once. ``r[1-2]n[09-10]`` has four, with their leading zeros.

    Raises ValueError that says what cannot be read.
    """
    names: dict[str, None] = {}
    at = 0
    while at < len(expression):
        item = _ITEM.match(expression, at)
        if item is None:
            raise ValueError(f"found {expression!r}; known: names, and ranges such as node[01-16]")
        for name in _expanded(item[1]):
            names[name] = None
            if len(names) > _MOST:
                raise ValueError(f"{expression!r} names more than {_MOST} hosts")
        at = item.end()
    return tuple(names)


def _expanded(item: str) -> Iterator[str]:
    """All names of one item; the last bracket varies fastest."""
    bracket = _BRACKET.search(item)
    if bracket is None:
        yield item
        return
    for number in _numbers(bracket[1], item):
        for rest in _expanded(item[bracket.end() :]):
            yield item[: bracket.start()] + number + rest


def _numbers(inside: str, item: str) -> Iterator[str]:
    for part in inside.split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise ValueError(f"found {part!r} in {item!r}; known: a number or a range such as 1-16")
        first, last = found[1], found[2] or found[1]
        if int(last) < int(first):
            raise ValueError(f"found {part!r} in {item!r}, which counts down; write {last}-{first}")
        if int(last) - int(first) > _MOST:
            raise ValueError(f"{item!r} names more than {_MOST} hosts")
        for number in range(int(first), int(last) + 1):
            yield str(number).zfill(len(first))
