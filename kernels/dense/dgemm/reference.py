"""DGEMM the obvious way: the generator with Python's integers, the product with NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def matrix(n: int, seed: int, first: int) -> NDArray[np.float64]:
    """Numbers first, first + 1, ... of the generator, column by column, (n, n) as [row, column]."""
    state = seed
    values = []
    for index in range(1, first + n * n):
        state = (6364136223846793005 * state + 1) % 2**64
        if index >= first:
            values.append(0.5 - float(state) / 2.0**64)
    return np.array(values).reshape((n, n), order="F")


def multiply(
    n: int, seed: int, factors: tuple[float, float], products: int = 1, dtype: str = "float64"
) -> NDArray[np.float64]:
    """C <- alpha A B + beta C of rank 0, so many times, (n, n) as [row, column].

    factors : alpha, beta; dtype : to which the operands are rounded.
    """
    c, a, b = (matrix(n, seed, 1 + k * n * n).astype(dtype).astype(np.float64) for k in range(3))
    for _ in range(products):
        c = factors[0] * (a @ b) + factors[1] * c
    return c
