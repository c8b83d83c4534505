"""What the Linpack benchmarks share: the count of their work, block size and largest order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

from kernels._support import process_grid
from kernels.contract import IllegalParameter, Value

LARGEST_ORDER = 2**31 - 2
"""MPI and BLAS count in 32 bits, and the matrix augmented with b has one more column."""


def flop(n: int) -> float:
    """2/3 n^3 - 1/2 n^2 for LU and 2 n^2 for the solution (netlib HPL 2.3, HPL_pdtest.c)."""
    return n * (2.0 / 3.0 * n + 1.5) * n


def block_size(given: Mapping[str, Value], blocks: tuple[tuple[int, int], ...]) -> int:
    """As given, or smaller where the panel, which grows with it, is a large part of the work.

    blocks : block sizes, each with the largest order it is for.
    """
    n = int(given.get("n", LARGEST_ORDER))
    return int(given.get("nb", next(nb for nb, most in blocks if n <= most)))


def grown(given: Mapping[str, Value], factor: int) -> dict[str, Value]:
    """The parameters for ``factor`` times the ranks with as much of the matrix on each.

    n grows with the root of the factor, to a multiple of nb; its flop, and so the work of a rank,
    grow faster, as is usual for this benchmark. The grid is the squarest one.
    """
    ranks = int(given["p"]) * int(given["q"]) * factor
    p, q = process_grid.chosen({}, ranks)
    nb = int(given["nb"])
    n = max(1, round(int(given["n"]) * math.sqrt(factor) / nb)) * nb if factor > 1 else given["n"]
    return {**given, "n": n, "p": p, "q": q}


def share_done(n: int, columns: int) -> float:
    """How much of the factorisation is done after so many columns: the rest is a smaller one."""
    return 1.0 - (1.0 - columns / n) ** 3


def factored(n: int, columns: int) -> float:
    """Flop of LU after so many columns, 2/3 (n^3 - (n - columns)^3).

    As netlib HPL counts for its report of progress (HPL 2.3, HPL_pdgesvK2.c): without lower powers.
    """
    return 2.0 / 3.0 * float(n) ** 3 * share_done(n, columns)


def largest_order(nb: int, memory_B: int, item_B: int, needs_B: Callable[[int], int]) -> int:
    """The largest multiple of nb that fits; below nb, the largest order that is nearly full.

    item_B : bytes of all that is stored of one element. needs_B : memory of all ranks, by order.
    """
    most = min(math.isqrt(memory_B // item_B), LARGEST_ORDER)
    orders = itertools.chain(range(most // nb * nb, 0, -nb), range(min(most, nb - 1), 0, -1))
    for n in orders:
        if needs_B(n) <= memory_B:
            return n
    known = f"n = 1 needs {needs_B(1)} B, and {memory_B} B may be filled"
    raise IllegalParameter("n", "auto", known)
