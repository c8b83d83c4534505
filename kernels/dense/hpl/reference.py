"""HPL the obvious way: the generator with Python's integers, the solution with NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_A = 6364136223846793005
_C = 1


def matrix(n: int, seed: int) -> NDArray[np.float64]:
    """[A | b], (n, n + 1): the generator's numbers, column by column."""
    values = np.empty((n, n + 1))
    state = seed
    for j in range(n + 1):
        for i in range(n):
            state = (_A * state + _C) % 2**64
            values[i, j] = 0.5 - float(state) / 2.0**64
    return values


def solve(n: int, seed: int) -> NDArray[np.float64]:
    """The solution of A x = b, (n,)."""
    augmented = matrix(n, seed)
    return np.linalg.solve(augmented[:, :n], augmented[:, n]).astype(np.float64)


def scaled_residual(augmented: NDArray[np.float64], x: NDArray[np.float64]) -> float:
    """||Ax - b|| / (eps (||A|| ||x|| + ||b||) n), maximum norms."""
    a, b = augmented[:, :-1], augmented[:, -1]
    norm_a = np.abs(a).sum(axis=1).max()
    bound = 2.0**-53 * (norm_a * np.abs(x).max() + np.abs(b).max()) * x.size
    return float(np.abs(a @ x - b).max() / bound)
