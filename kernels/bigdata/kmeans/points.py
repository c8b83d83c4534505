"""The points: around hidden centres, a function of the seed and of their number alone.

    x[i, j] = centre[h(i), j] + SPREAD (u + v - 1)

The coordinates of the hidden centres are uniform in [-1, 1), u and v in [0, 1); h(i) is a key of
`dataset.generate`, so that the hidden clusters have equal sizes (uniform), sizes that fall as a
power (zipf), or there is one (equal).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import get_num_threads, njit, prange, types
from numpy.typing import NDArray

from kernels._support.dataset.column import Column
from kernels._support.dataset.generate import LAW, Law, key
from kernels._support.splitmix import random_bits, stream_key

SPREAD: Final = 0.25
LARGEST: Final = 1.0 + SPREAD
"""No coordinate is larger in magnitude."""
_CENTRES, _NOISE = 1, 2
"""Streams of random bits; the hidden clusters are drawn from stream 0."""
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


@njit("f8(u8, u8)", cache=True, error_model="numpy")
def hidden_coordinate(stream: Any, at: Any) -> float:
    """Coordinate ``at`` of all hidden centres, in [-1, 1)."""
    return float(random_bits(stream, at) >> np.uint64(11)) * 2.0**-52 - 1.0


@njit("f8(u8, u8)", cache=True, error_model="numpy")
def noise(stream: Any, at: Any) -> float:
    """Coordinate ``at`` of all noise, in [-SPREAD, SPREAD)."""
    bits = random_bits(stream, at)
    return SPREAD * ((float(bits >> _HALF) + float(bits & _LOW)) * 2.0**-32 - 1.0)


@njit(
    types.void(types.float64[::1], LAW, types.uint64, types.uint64, *[types.int64] * 3),
    parallel=True,
    cache=True,
    error_model="numpy",
)
def fill(
    out: NDArray[np.float64],
    law: Any,
    centres: Any,
    noises: Any,
    dimensions: int,
    start: int,
    threads: int,
) -> None:
    """out[e] = coordinate (start + e) mod d of row (start + e) div d.

    law : of the numbers of the hidden centres; centres, noises : streams of random bits.
    """
    for t in prange(threads):
        at = start + out.size * t // threads
        stop = start + out.size * (t + 1) // threads
        while at < stop:
            row = at // dimensions
            first = key(law, np.uint64(row)) * dimensions - row * dimensions
            for e in range(at, min((row + 1) * dimensions, stop)):
                centre = hidden_coordinate(centres, np.uint64(first + e))
                out[e - start] = centre + noise(noises, np.uint64(e))
            at = (row + 1) * dimensions


class Points(Column):
    """The coordinates of all points, one after the other: a column of rows times dimensions."""

    def __init__(self, law: Law, dimensions: int, seed: int) -> None:
        self._law, self._dimensions = law, dimensions
        self._streams = stream_key(seed, _CENTRES), stream_key(seed, _NOISE)
        self.rows = law.rows * dimensions
        self.dtype = np.dtype(np.float64)

    def read(self, start: int, out: NDArray[Any]) -> None:
        """Generate them."""
        fill(out, self._law, *self._streams, self._dimensions, start, get_num_threads())

    def point(self, row: int) -> NDArray[np.float64]:
        """One point: (dimensions,)."""
        out = np.empty(self._dimensions)
        self.read(row * out.size, out)
        return out
