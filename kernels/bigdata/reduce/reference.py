"""The reductions in the standard library's exact arithmetic."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from numpy.typing import NDArray


def reductions(x: NDArray[Any], y: NDArray[Any]) -> dict[str, float | int]:
    """Every phase's result but the plain sum: exact fractions, rounded once. Finite elements only.

    x, y : (n,)
    """
    xs, ys = [Fraction(one.item()) for one in x], [Fraction(one.item()) for one in y]
    n, total, squares = len(xs), sum(xs), sum(one * one for one in xs)
    dot = sum((a * b for a, b in zip(xs, ys, strict=True)), Fraction(0))
    kind = int if x.dtype.kind == "i" else float
    return {
        "sum": kind(total) if kind is int else math.fsum(x.tolist()),
        "min": kind(min(xs)),
        "max": kind(max(xs)),
        "mean": float(total / n),
        "variance": float(squares / n - (total / n) ** 2),
        "dot": kind(dot),
        "norm_1": kind(sum(map(abs, xs))),
        "norm_2": _root(Fraction(squares)),
        "norm_max": kind(max(map(abs, xs))),
    }


def _root(square: Fraction) -> float:
    """Square root of a fraction, to 60 digits before it is rounded."""
    with localcontext(prec=60):
        return float((Decimal(square.numerator) / Decimal(square.denominator)).sqrt())
