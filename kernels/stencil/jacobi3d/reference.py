"""The Jacobi iteration in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels._support.blocks import Block
from kernels.stencil.jacobi3d.mode import MODES, sine

SEVENTH = 1.0 / 7.0


def field(points: tuple[int, int, int]) -> NDArray[np.float64]:
    """(z, y, x): the sine mode on all points."""
    z, y, x = (sine(n, k, Block(0, n)) for n, k in zip(points, MODES, strict=True))
    return (z[:, None] * y)[:, :, None] * x


def jacobi(u: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """(z, y, x): u after so many steps with zeros around it, summed in the order of the kernel."""
    for _ in range(steps):
        old = np.pad(u, 1)
        here, middle = slice(1, -1), (slice(1, -1), slice(1, -1))
        u = old[1:-1, 1:-1, 1:-1] + old[(*middle, slice(None, -2))]
        u = u + old[(*middle, slice(2, None))]
        u = u + old[here, :-2, here] + old[here, 2:, here]
        u = (u + old[:-2, here, here] + old[2:, here, here]) * SEVENTH
    return u
