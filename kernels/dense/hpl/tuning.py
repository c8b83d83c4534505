"""What of HPL is worth trying on a machine, and at which order of the matrix.

The order grows with the square root of the ranks, so that each holds 4096 x 4096 of the matrix,
128 MiB: every block size tried cuts that into ten blocks or more, the ratio of computation to
communication does not depend on the number of ranks, and a trial takes seconds on a node. At the
order that fills the memory the best block size is the same or the next larger one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from kernels._support.hpl_dat import BROADCASTS, MPI_BROADCAST
from kernels.contract import Tuning, Value

_ORDER_OF_A_RANK: Final = 4096
_ROUND: Final = 64
_BLOCK_SIZES: Final = (96, 128, 192, 256, 320, 384)
_FLATTEST: Final = 8


def tuning(given: Mapping[str, Value], ranks: int) -> Tuning:
    """Block size first, then the grid; the rest matters only with several process columns."""
    n = _ROUND * round(_ORDER_OF_A_RANK * math.sqrt(ranks) / _ROUND)
    stages: dict[str, tuple[Mapping[str, Value], ...]] = {
        "nb": tuple({"nb": nb} for nb in _BLOCK_SIZES),
        "grid": tuple({"p": p, "q": q} for p, q in grids(ranks)),
    }
    if int(given.get("q", ranks)) > 1:
        stages["bcast"] = tuple({"bcast": one} for one in (MPI_BROADCAST, *BROADCASTS))
        stages["depth"] = ({"depth": 0}, {"depth": 1})
    return Tuning(sizes={"n": n}, stages=stages)


def grids(ranks: int) -> list[tuple[int, int]]:
    """Grids with p <= q <= 8 p, the squarest in any case, and that one turned."""
    pairs = [(p, ranks // p) for p in range(math.isqrt(ranks), 0, -1) if ranks % p == 0]
    p, q = pairs[0]
    flat = [one for one in pairs[1:] if one[1] <= _FLATTEST * one[0]]
    return list(dict.fromkeys([(p, q), *flat, (q, p)]))
