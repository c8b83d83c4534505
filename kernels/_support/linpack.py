"""What the Linpack benchmarks share: order, grid and work; block size and largest order."""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from kernels._support import process_grid
from kernels.contract import IllegalParameter, Kernel, Value, Work, parameter

StateT = TypeVar("StateT")

LARGEST_ORDER = 2**31 - 2
"""MPI and BLAS count in 32 bits, and the matrix augmented with b has one more column."""
LARGEST_COUNT = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Linpack(Kernel[StateT]):
    """Base of the kernels that solve A x = b, in blocks spread cyclically over P x Q ranks."""

    primary: ClassVar[str] = "solve"
    step: ClassVar[str] = "column"
    timeline: ClassVar[bool] = True
    blocks: ClassVar[tuple[tuple[int, int], ...]]
    """Block size and the largest n it is for."""
    item_B: ClassVar[int]
    """Bytes of all that is stored of one element of A."""

    n: int = parameter(
        unit="1", help="order of the matrix", minimum=1, maximum=LARGEST_ORDER, auto=True
    )
    nb: int = parameter(
        unit="1", help="block size of the distribution", minimum=1, maximum=LARGEST_COUNT, auto=True
    )
    p: int = parameter(unit="1", help="process rows of the grid", minimum=1, auto=True)
    q: int = parameter(unit="1", help="process columns of the grid", minimum=1, auto=True)

    @staticmethod
    @abstractmethod
    def rank_B(n: int, nb: int, p: int, q: int) -> int:
        """Memory of rank 0, which owns most, with one thread."""

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """The squarest grid with p <= q, nb by n, and the largest n, a multiple of nb, that fits.

        ``memory_B`` is filled as far as panels and buffers allow; netlib's rule, that the matrix
        fill 80 % of a machine, is the caller's choice of ``memory_B``.
        """
        p, q = process_grid.chosen(given, ranks)
        nb = block_size(given, cls.blocks)
        chosen: dict[str, Value] = {"nb": nb, "p": p, "q": q}
        if "n" not in given:
            chosen["n"] = largest_order(
                nb, memory_B, cls.item_B, lambda n: p * q * cls.rank_B(n, nb, p, q)
            )
        return {name: value for name, value in chosen.items() if name not in given}

    @classmethod
    def weak(cls, given: Mapping[str, Value], factor: int) -> dict[str, Value]:
        """As much of the matrix on each rank; the grid is the squarest one."""
        return grown(given, factor)

    def memory_B(self, ranks: int) -> int:
        """Matrix, panels, messages and vectors of rank 0, which owns most."""
        return self.rank_B(self.n, self.nb, self.p, self.q)

    def work(self, ranks: int) -> Work:
        """Of one solution."""
        return Work(flop=flop(self.n))


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
