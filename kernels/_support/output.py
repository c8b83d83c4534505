"""Reading the output of programs strictly: what is asked for is there once, and is a number."""

from __future__ import annotations

import math
import re

from kernels.program import UnclearOutput

_SHOWN = 80


def only(pattern: str, text: str, wanted: str) -> re.Match[str]:
    """The one line that fits; raises UnclearOutput if there is none, or more than one.

    pattern : of a whole line, without its end. wanted : the line, in words.
    """
    found = list(re.finditer(f"^{pattern}$", text, re.MULTILINE))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UnclearOutput(wanted, f"no such line; the last one is {last_line(text)!r}")
    raise UnclearOutput(f"{wanted}, once", f"{len(found)} such lines: more than one run?")


def number(word: str, wanted: str) -> float:
    """A word as a number, which may be NaN or infinite; raises UnclearOutput for other words."""
    try:
        return float(word)
    except ValueError:
        raise UnclearOutput(f"a number for {wanted}", repr(word[:_SHOWN])) from None


def positive(word: str, wanted: str) -> float:
    """A word as a finite number above 0; raises UnclearOutput."""
    value = number(word, wanted)
    if not (math.isfinite(value) and value > 0.0):
        raise UnclearOutput(f"a number above 0 for {wanted}", repr(word))
    return value


def same(wanted: str, asked: object, found: object) -> None:
    """Raise UnclearOutput unless the program did what it was asked to."""
    if found != asked:
        raise UnclearOutput(f"{wanted} = {asked}", str(found))


def last_line(text: str) -> str:
    """The last line that says something, shortened; "" if there is none."""
    lines = (line.strip() for line in reversed(text.splitlines()))
    return next((line for line in lines if line), "")[:_SHOWN]
