"""The value of a point, and the field of all ranks wrapped around: the obvious version."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels._support.cartesian import Part, Shape

PRIME: Final = 2**24 - 3
"""Values below it are exact in float32 too."""


def value(z: Any, y: Any, x: Any, points: Shape) -> Any:
    """The number of a point, counted through the box along x first, modulo a prime."""
    return ((z * points[1] + y) * points[2] + x) % PRIME


def field(points: Shape) -> NDArray[np.int64]:
    """(z, y, x): the values of all points."""
    z, y, x = np.indices(points)
    numbers: NDArray[np.int64] = value(z, y, x, points)
    return numbers


def block(points: Shape, own: Part, depth: int) -> NDArray[np.int64]:
    """What a rank's block and its halo hold after an exchange with edges and corners."""
    wrapped = np.pad(field(points), depth, mode="wrap")
    z, y, x = (slice(one.start, one.stop + 2 * depth) for one in own.blocks)
    return wrapped[z, y, x]
