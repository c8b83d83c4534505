"""The sine mode with which the iteration starts, and how a step shrinks it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kernels._support.blocks import Block

MODES = (3, 2, 1)
"""Half waves along z, y, x: three different ones, so that exchanged axes are noticed."""


def wave_number(n: int, mode: int) -> int:
    """Half waves over n points: as many as asked for, if the cosine of a step stays positive."""
    return min(mode, (n + 1) // 2)


def sine(n: int, mode: int, block: Block) -> NDArray[np.float64]:
    """(block.size,): sin(k pi i / (n + 1)) for the points i = 1..n that the block owns.

    The angle is folded into the first quadrant in integers: it is accurate to the last bits.
    """
    turn = n + 1
    i = np.arange(block.start + 1, block.stop + 1, dtype=np.int64)
    half_waves, angle = np.divmod(i * wave_number(n, mode), turn)
    angle = np.minimum(angle, turn - angle)
    values: NDArray[np.float64] = np.sin(math.pi * angle / turn)
    values[half_waves % 2 == 1] *= -1.0
    return values


def decay(points: tuple[int, int, int]) -> float:
    """lambda, the factor by which one step shrinks the sine mode; at least 1/7."""
    angles = (
        math.pi * wave_number(n, mode) / (n + 1) for n, mode in zip(points, MODES, strict=True)
    )
    return (1.0 + 2.0 * sum(map(math.cos, angles))) / 7.0


def peak(points: tuple[int, int, int]) -> float:
    """Largest value of the sine mode on the points."""
    sines = (sine(n, mode, Block(0, n)) for n, mode in zip(points, MODES, strict=True))
    return math.prod(float(np.abs(one).max()) for one in sines)
