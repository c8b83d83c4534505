"""P x Q grids of processes: the choice of one, and what is wrong with another."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kernels.contract import IllegalParameter, Value


def chosen(given: Mapping[str, Value], ranks: int) -> tuple[int, int]:
    """The process grid: as given, or p the largest divisor of ``ranks`` not above its root.

    Raises IllegalParameter for a given p or q that does not divide ``ranks``.
    """
    fixed = {name: int(given[name]) for name in ("p", "q") if name in given}
    for name, value in fixed.items():
        if ranks % value:
            raise IllegalParameter(name, value, f"p x q must be {ranks}: {grids(ranks)}")
    squarest = max(p for p in range(1, math.isqrt(ranks) + 1) if ranks % p == 0)
    p = fixed.get("p", ranks // fixed["q"] if "q" in fixed else squarest)
    return p, fixed.get("q", ranks // p)


def check(p: int, q: int, ranks: int) -> None:
    """Raise IllegalParameter unless the grid has as many places as there are ranks."""
    if p * q != ranks:
        raise IllegalParameter("p", p, f"p x q must be {ranks}: {grids(ranks)}")


def grids(ranks: int) -> str:
    """All grids of that many ranks with p <= q, in words."""
    divisors = [p for p in range(1, math.isqrt(ranks) + 1) if ranks % p == 0]
    return ", ".join(f"{p} x {ranks // p}" for p in divisors)
