"""Conditions on numbers and words, as reference files write them: ``4000``, ``">= 20000"``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

_NUMBER: Final = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_BOUND: Final = re.compile(rf"\s*(>=|<=|>|<)\s*({_NUMBER})\s*")
_RANGE: Final = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*")
_FORMS: Final = "a value, a list of values, '>= 20000', '< 20000' or '1000..2000'"


@dataclass(frozen=True)
class Condition:
    """One of several values, or all of these bounds. text : as it was written."""

    text: str
    values: tuple[int | float | str | bool, ...] = ()
    bounds: tuple[tuple[str, float], ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether it names the value."""
        return len(self.values) == 1

    def holds(self, value: object) -> bool:
        """Whether a value fulfils it; true and 1 are not the same."""
        if self.values:
            return any(
                value == one and isinstance(value, bool) == isinstance(one, bool)
                for one in self.values
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return all(_COMPARED[sign](value, bound) for sign, bound in self.bounds)

    def __str__(self) -> str:
        return self.text


_COMPARED: Final = {
    ">=": lambda value, bound: value >= bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    "<": lambda value, bound: value < bound,
}


def condition(value: object) -> Condition:
    """The condition that a value of a YAML file means; ValueError for anything else."""
    if isinstance(value, Condition):
        return value
    if isinstance(value, list) and value and all(isinstance(one, _PLAIN) for one in value):
        return Condition(", ".join(map(str, value)), values=tuple(value))
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, _PLAIN):
        return Condition(str(value), values=(value,))
    raise ValueError(f"found {value!r}; write {_FORMS}")


_PLAIN: Final[Any] = (bool, int, float, str)


def _of_text(text: str) -> Condition:
    if found := _BOUND.fullmatch(text):
        return Condition(text, bounds=((found[1], float(found[2])),))
    if found := _RANGE.fullmatch(text):
        low, high = float(found[1]), float(found[2])
        if low > high:
            raise ValueError(f"found {text!r}, which no number fulfils")
        return Condition(text, bounds=((">=", low), ("<=", high)))
    if text.strip()[:1] in ("<", ">", "="):
        raise ValueError(f"found {text!r}; write {_FORMS}")
    return Condition(text, values=(text,))


Given = Annotated[Condition, BeforeValidator(condition)]
