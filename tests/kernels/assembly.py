"""Innermost loops in the assembly of compiled functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numba


def of(function: Any, signature: Any = None) -> str:
    """The assembly of a function, compiled anew: one from the cache has none to look at.

    function : compiled, or plain Python with a signature. Several signatures: name one.
    """
    python: Callable[..., Any] = getattr(function, "py_func", function)
    anew = numba.njit(signature or function.signatures[0], error_model="numpy")(python)
    (code,) = anew.inspect_asm().values()
    return str(code)


def innermost(code: str) -> list[list[str]]:
    """The instructions of every loop of one basic block, up to the jump back to its label."""
    found = []
    body: list[str] = []
    label = ""
    for line in (one.strip() for one in code.splitlines()):
        if re.match(r"^\.LBB\w+:", line):
            label, body = line.partition(":")[0], []
        elif line and not line.startswith((".", "#")):
            body.append(line)
            if label and line.split()[-1] == label:
                found.append(list(body))
    return found
