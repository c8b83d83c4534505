"""A program: the packed product of the processor that NUMBA_CPU_NAME names, as JSON on stdout.

For each type of numbers the error against NumPy for sizes around the edges of the tile, and the
instructions of every loop of the compiled code that multiplies vectors, and which of them do.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
from assembly import innermost
from assembly import of as assembled

from kernels._support.microkernel import Tile
from kernels._support.target import target
from kernels.dense.dgemm import packed

MULTIPLIES = re.compile(r"^(v?fn?m(add|sub)\d*[ps]|v?mul[ps]|fml[as]|fmul)")


def main() -> None:
    """Print the facts."""
    facts: dict[str, Any] = {"vector_B": target().vector_B, "fused": target().fused}
    for i, dtype in enumerate(("float64", "float32")):
        tile = Tile(np.dtype(dtype).itemsize)
        facts[dtype] = {
            "tile": (tile.rows, tile.columns),
            "error": max(error(dtype, m, n, k) for m, n, k in sizes(tile)),
            "loops": loops(assembly(i)),
        }
    print(json.dumps(facts))


def sizes(tile: Tile) -> list[tuple[int, int, int]]:
    """Rows, columns and depth: one, less than a tile, whole tiles, one more, two parts."""
    m, n = tile.rows, tile.columns
    return [(1, 1, 1), (m - 1, n - 1, 3), (2 * m, 2 * n, 7), (2 * m + 1, n + 1, 1100), (5, 40, 9)]


def error(dtype: str, m: int, n: int, k: int) -> float:
    """Largest deviation from NumPy's product in float64, in units of eps sqrt(k)."""
    numbers = np.random.default_rng(m + n + k)
    a, b, c = (
        (numbers.random(shape) - 0.5).astype(dtype) for shape in ((k, m + 3), (n, k + 2), (n, m))
    )
    a, b = a[:, :m], b[:, :k]
    expected = 1.5 * (b.astype(float) @ a.astype(float)) - 0.5 * c
    packed.space(m, n, k, dtype).gemm(1.5, a, b, -0.5, c)
    return float(np.abs(c - expected).max() / (np.finfo(dtype).eps * np.sqrt(k)))


def assembly(signature: int) -> str:
    """The code of the blocked loops."""
    return assembled(packed.update_block, packed.update_block.signatures[signature])


def loops(code: str) -> list[dict[str, list[str]]]:
    """The instructions of the innermost loops that multiply vectors."""
    found = []
    for body in innermost(code):
        products = [one for one in body if MULTIPLIES.match(one)]
        if products:
            found.append({"all": body, "products": products})
    return found


if __name__ == "__main__":
    main()
