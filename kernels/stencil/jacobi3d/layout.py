"""How the block of a rank lies in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kernels._support.cartesian import Shape

LINE_B = 64


@dataclass(frozen=True)
class Layout:
    """A block of (z, y, x) points with its halo, each row of which begins on a cache line.

    The first owned point of a row lies at a multiple of 64 B, and a row is an odd number of lines
    long, so that rows and planes are spread over the sets of a cache.
    """

    shape: Shape  # of the owned points
    depths: Shape  # of the halo
    item_B: int

    @property
    def lanes(self) -> int:
        """Points of a cache line."""
        return LINE_B // self.item_B

    @property
    def first(self) -> Shape:
        """Indices of the first owned point, in an array of shape `padded`."""
        z, y, x = self.depths
        return z, y, self._lines(x) * self.lanes

    @property
    def padded(self) -> Shape:
        """Planes, rows, and items from a row to the next."""
        (z, y, x), (dz, dy, dx) = self.shape, self.depths
        return z + 2 * dz, y + 2 * dy, (self._lines(dx) + self._lines(x + dx) | 1) * self.lanes

    @property
    def items(self) -> int:
        """Of an array, with a line before and one after it: rows are read one line too far."""
        return math.prod(self.padded) + 2 * self.lanes

    @property
    def strides(self) -> tuple[int, int, int]:
        """B from a row to the next, B from a plane to the next, points of a line."""
        _, rows, pitch = self.padded
        return pitch * self.item_B, rows * pitch * self.item_B, self.lanes

    def _lines(self, points: int) -> int:
        return -(-points // self.lanes)
