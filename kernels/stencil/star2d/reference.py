"""The star stencil in NumPy, and its weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

RADII = (1, 2, 3, 4)


def weight(radius: int, distance: int) -> float:
    """Of the neighbour at this distance along an axis; with a minus sign on the lower side."""
    return 1.0 / (2.0 * distance * radius)


def initial(ny: int, nx: int, dtype: DTypeLike = np.float64) -> NDArray[np.floating]:
    """(ny, nx): the input at the start, x + y."""
    return np.add.outer(np.arange(ny), np.arange(nx)).astype(dtype)


def iterate(
    source: NDArray[np.floating], out: NDArray[np.floating], radius: int, steps: int
) -> None:
    """So many iterations in place, summed in the order of the kernel. source, out: (ny, nx)."""
    r = radius
    ny, nx = source.shape
    middle = slice(r, ny - r), slice(r, nx - r)
    for _ in range(steps):
        total = np.zeros(0)
        for k in range(1, r + 1):
            east, west = (source[r : ny - r, r + d : nx - r + d] for d in (k, -k))
            above, below = (source[r + d : ny - r + d, r : nx - r] for d in (k, -k))
            term = source.dtype.type(weight(r, k)) * ((east - west) + (above - below))
            total = total + term if k > 1 else term
        out[middle] += total
        source += source.dtype.type(1)
