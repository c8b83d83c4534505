"""The mode with which the iteration starts, and how a step shrinks it.

Between walls it is a product of sin(k pi i / (n + 1)), i = 1..n, along each axis; on a periodic
axis of sin(2 pi k i / n + pi / 4), i = 0..n - 1. Either is an eigenvector of both stencils.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kernels._support.blocks import Block
from kernels._support.cartesian import Shape

MODES = (3, 2, 1)
"""Waves along z, y, x: three different ones, so that exchanged axes are noticed."""
SPAN = 128
"""Points over which those waves extend: on a finer grid they would hardly decay in a step, and a
step more or less would drown in rounding errors."""


def waves(n: int, mode: int, *, periodic: bool) -> int:
    """Half waves over n points between walls, whole waves on a periodic axis.

    As many as wanted, if the cosine of a step stays positive.
    """
    wanted = mode * -(-n // SPAN)
    return min(wanted, n // 4 if periodic else (n + 1) // 2)


def turn(n: int, mode: int, *, periodic: bool) -> tuple[int, int]:
    """The angle from a point to the next, as a fraction of a full turn."""
    k = waves(n, mode, periodic=periodic)
    return (k, n) if periodic else (k, 2 * (n + 1))


def wave(n: int, mode: int, block: Block, *, periodic: bool) -> NDArray[np.float64]:
    """(block.size,): the mode along one axis, at the points that the block owns.

    The angle is folded into the first quadrant in integers: it is accurate to the last bits.
    """
    k, whole = turn(n, mode, periodic=periodic)
    i = np.arange(block.start, block.stop, dtype=np.int64)
    eighths = 8 * k * i + whole if periodic else 8 * k * (i + 1)
    half_turns, angle = np.divmod(eighths, 4 * whole)
    angle = np.minimum(angle, 4 * whole - angle)
    values: NDArray[np.float64] = np.sin(math.pi * angle / (4 * whole))
    values[half_turns % 2 == 1] *= -1.0
    return values


def decay(shape: Shape, points: int, *, periodic: bool) -> float:
    """lambda, the factor by which a step of the 7- or 27-point stencil shrinks the mode.

    (1 + 2 sum cos) / 7, at least 1/7; or the product of (1 + cos) / 2, at least 1/8.
    """
    turns = (turn(n, mode, periodic=periodic) for n, mode in zip(shape, MODES, strict=True))
    cosines = [math.cos(2.0 * math.pi * k / whole) for k, whole in turns]
    if points == 7:
        return (1.0 + 2.0 * sum(cosines)) / 7.0
    return math.prod((1.0 + one) / 2.0 for one in cosines)


def peak(shape: Shape, *, periodic: bool) -> float:
    """Largest magnitude of the mode on the points."""
    whole = (
        wave(n, mode, Block(0, n), periodic=periodic) for n, mode in zip(shape, MODES, strict=True)
    )
    return math.prod(float(np.abs(one).max()) for one in whole)
