"""The Jacobi iteration in NumPy, and the weights of its stencils."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kernels._support.blocks import Block
from kernels._support.cartesian import Shape
from kernels.stencil.jacobi3d.mode import MODES, wave

SCALES: Final = {7: 1.0 / 7.0, 27: 1.0 / 64.0}
"""What the weighted sum of a stencil of so many points is multiplied by."""
Field = NDArray[Any]


def field(shape: Shape, *, periodic: bool = False, dtype: DTypeLike = np.float64) -> Field:
    """(z, y, x): the mode on all points."""
    z, y, x = (
        wave(n, k, Block(0, n), periodic=periodic) for n, k in zip(shape, MODES, strict=True)
    )
    whole: Field = ((z[:, None] * y)[:, :, None] * x).astype(dtype)
    return whole


def jacobi(u: Field, steps: int, *, points: int = 7, periodic: bool = False) -> Field:
    """(z, y, x): u after so many steps, summed in the order of the kernel."""
    step = {7: _star, 27: _box}[points]
    for _ in range(steps):
        old = np.pad(u, 1, mode="wrap" if periodic else "constant")
        u = step(old) * u.dtype.type(SCALES[points])
    return u


def _at(old: Field, z: int, y: int, x: int) -> Field:
    """All points, moved by so many: -1, 0 or 1."""
    chosen = (slice(1 + step, old.shape[i] - 1 + step) for i, step in enumerate((z, y, x)))
    return old[tuple(chosen)]


def _star(old: Field) -> Field:
    u = _at(old, 0, 0, 0)
    for one in (_at(old, 0, 0, -1), _at(old, 0, 0, 1), *_faces(old, 0)):
        u = u + one
    return u


def _box(old: Field) -> Field:
    """By Horner's rule: ((2 centre + faces) 2 + edges) 2 + corners."""
    two = old.dtype.type(2)

    def across(x: int) -> Field:
        one, *others = _faces(old, x)
        return one + others[0] + others[1] + others[2]

    def diagonal(x: int) -> Field:
        rows = [_at(old, z, y, x) for z in (-1, 1) for y in (-1, 1)]
        return rows[0] + rows[1] + rows[2] + rows[3]

    faces = _at(old, 0, 0, -1) + _at(old, 0, 0, 1) + across(0)
    edges = across(-1) + across(1) + diagonal(0)
    corners = diagonal(-1) + diagonal(1)
    total: Field = ((two * _at(old, 0, 0, 0) + faces) * two + edges) * two + corners
    return total


def _faces(old: Field, x: int) -> list[Field]:
    """South, north, below, above."""
    return [_at(old, z, y, x) for z, y in ((0, -1), (0, 1), (-1, 0), (1, 0))]
