"""What netlib's HPL and hpcc, which contains it, have in common: sizes, flops and memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Final

from kernels._support.block_cyclic import local_size
from kernels._support.process_grid import chosen
from kernels.contract import IllegalParameter, Value

LARGEST: Final[int] = 2**31 - 2
_ITEM_B: Final = 8


def flop(n: int) -> float:
    """The flops HPL counts: n (2/3 n + 3/2) n (netlib HPL 2.3, testing/ptest/HPL_pdtest.c)."""
    return n * (2.0 / 3.0 * n + 1.5) * n


def memory_B(n: int, nb: int, p: int, q: int) -> int:
    """Bytes of the fullest rank: its part of [A, b], two panels with look-ahead 1, a row panel."""
    rows, columns = local_size(n, nb, 0, p), local_size(n + 1, nb, 0, q)
    return _ITEM_B * (rows * columns + min(nb, n) * (2 * (rows + nb) + columns))


def fitted(
    given: Mapping[str, Value], nb: int, least: int, free_B: int, ranks: int
) -> dict[str, Value]:
    """The squarest grid, and the largest multiple of nb (from ``least`` on) whose matrix fits.

    free_B : bytes that may be filled, over all ranks. Raises IllegalParameter if none fits.
    """
    p, q = chosen(given, ranks)
    sizes: dict[str, Value] = {"p": p, "q": q}
    if "n" not in given:
        sizes["n"] = _order(nb, least, free_B, p, q)
    return {name: value for name, value in sizes.items() if name not in given}


def _order(nb: int, least: int, free_B: int, p: int, q: int) -> int:
    most = min(math.isqrt(free_B // _ITEM_B), LARGEST)
    for n in itertools.chain(range(most // nb * nb, least - 1, -nb), [least]):
        if p * q * memory_B(n, nb, p, q) <= free_B:
            return n
    needed = p * q * memory_B(least, nb, p, q)
    raise IllegalParameter(
        "n", "auto", f"n = {least} needs {needed} B, and {free_B} B may be filled"
    )
