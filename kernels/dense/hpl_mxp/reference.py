"""HPL-MxP the obvious way: the matrices element by element, LU and refinement with NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.dense.hpl import reference as hpl

STEPS = 50


def matrix(n: int, seed: int, kind: str) -> NDArray[np.float64]:
    """[A | b], (n, n + 1) as [row, column]; kind : random, fasi_higham or dominant."""
    augmented = hpl.matrix(n, seed)
    if kind == "fasi_higham":
        beta = 2.5 / n
        lower = np.tril(np.full((n, n), -beta / 2.0), -1) + np.eye(n)
        upper = np.triu(np.full((n, n), -beta), 1) + np.eye(n)
        augmented[:, :n] = lower @ upper
    else:
        augmented[:, :n] += np.eye(n) * (n**0.5 if kind == "random" else n / 2.0)
    return augmented


def factor(a: NDArray[np.float64]) -> NDArray[np.float32]:
    """L below the diagonal, and U, in FP32, without pivoting."""
    f = a.astype(np.float32)
    for k in range(len(f)):
        f[k + 1 :, k] /= f[k, k]
        f[k + 1 :, k + 1 :] -= np.outer(f[k + 1 :, k], f[k, k + 1 :])
    return f


def substitute(f: NDArray[np.float32], r: NDArray[np.float64]) -> NDArray[np.float64]:
    """The solution z of L U z = r in FP32."""
    z = r.astype(np.float32)
    for k in range(len(z)):
        z[k + 1 :] -= f[k + 1 :, k] * z[k]
    for k in reversed(range(len(z))):
        z[k] /= f[k, k]
        z[:k] -= f[:k, k] * z[k]
    return z.astype(np.float64)


def solve(n: int, seed: int, kind: str) -> tuple[NDArray[np.float64], list[float]]:
    """The solution of A x = b by classic refinement, (n,), and the scaled residual of each step."""
    augmented = matrix(n, seed, kind)
    a, b = augmented[:, :n], augmented[:, n]
    f = factor(a)
    x = substitute(f, b)
    residuals = [hpl.scaled_residual(augmented, x)]
    while residuals[-1] > n**-0.5 and len(residuals) <= STEPS:
        x += substitute(f, b - a @ x)
        residuals.append(hpl.scaled_residual(augmented, x))
    return x, residuals
