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


def multiply(n: int, seed: int, alpha: float, beta: float) -> NDArray[np.float64]:
    """The product alpha A B + beta C of rank 0, (n, n) as [row, column]."""
    c, a, b = (matrix(n, seed, 1 + k * n * n) for k in range(3))
    return alpha * (a @ b) + beta * c
