"""The check of a product in O(n^2), as HPCC does it, in float64 and without BLAS.

    y = C x - alpha s A (B x) - beta^p C0 x,   s = 1 + beta + ... + beta^(p-1)

is what p products C <- alpha A B + beta C make of C0, times a vector, and should be zero. HPCC 1.5
divides ||y|| by ||C|| ||x|| n eps, a bound of what rounding can do at worst. Rounding errors of
random matrices grow with the root of n only, so that for float32 the worst case lets a wrong sign
of an element pass from n = 1000 or so on. Here

    error = ||y|| / (sqrt(n) (||C|| + ||C0||) ||x|| eps)

with the largest absolute value for vectors and the largest 2-norm of a row for matrices, which is
smaller than HPCC's denominator by more than sqrt(n) / 2 where ||C0|| <= ||C||; C0 is there for the
small n where alpha A B and beta C0 nearly cancel. eps is half of NumPy's, LAPACK's dlamch("E").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from kernels.dense.dgemm.matrices import REALS, Matrix, fill

Vector = NDArray[np.float64]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def scaled_residual(
    operands: tuple[Matrix, Matrix, Matrix],
    factors: tuple[float, float],
    products: int,
    seed: int,
    indices: tuple[int, int],
) -> float:
    """The error of C after so many products; not finite if an element of C is not.

    operands : A, B, C, (n, leading dimension) each; factors : alpha, beta;
    indices : of the first random numbers of C0 and of x.
    """
    a, b, c = operands
    alpha, beta = factors
    n = c.shape[0]
    x, bx, y = _vector(n, seed, indices[1]), np.zeros(n), np.zeros(n)
    sizes = np.zeros((2, n))
    _add_product(bx, 1.0, b, x)
    _add_product(y, -alpha * sum(beta**i for i in range(products)), a, bx)
    _add_product(y, 1.0, c, x)
    _add_squares(sizes[0], c)
    column = np.empty((1, n), c.dtype)
    for j in range(n):
        fill(column, n, np.uint64(seed), np.uint64(indices[0] + j * n))
        _add_product(y, -(beta**products), column, x[j : j + 1])
        _add_squares(sizes[1], column)
    norm = float(np.sqrt(sizes.max(axis=1)).sum() * x.max())
    epsilon = float(np.finfo(c.dtype).eps) / 2.0
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.abs(y).max() / (np.sqrt(n) * norm * epsilon))


def _vector(n: int, seed: int, first: int) -> Vector:
    """A random vector in [0.5, 1.5]."""
    x = np.empty((1, n))
    fill(x, n, np.uint64(seed), np.uint64(first))
    return cast("Vector", x[0] + 1.0)


def _for_both(signature: Callable[[Any], Any]) -> Callable[[_Function], _Function]:
    """Compile a function for float64 and float32. ``signature``: from the real type."""
    compiled: Any = njit([signature(real) for real in REALS], cache=True, error_model="numpy")
    return cast("Callable[[_Function], _Function]", compiled)


@_for_both(
    lambda real: types.void(types.float64[::1], types.float64, real[:, ::1], types.float64[::1])
)
def _add_product(y: Vector, factor: float, a: Matrix, x: Vector) -> None:
    """Add factor A x to y."""
    for j in range(x.size):
        column = a[j]
        weight = factor * x[j]
        for i in range(y.size):
            y[i] += weight * column[i]


@_for_both(lambda real: types.void(types.float64[::1], real[:, ::1]))
def _add_squares(sums: Vector, a: Matrix) -> None:
    """Add the squares of the elements of each row."""
    for j in range(a.shape[0]):
        column = a[j]
        for i in range(sums.size):
            sums[i] += np.float64(column[i]) ** 2
