"""Edges of bins, and how a number finds its bin without a search.

The edges are those of `numpy.linspace` and `numpy.geomspace`, the semantics those of
`numpy.histogram`: a bin holds its lower edge, the last one its upper edge too.

A number is taken to a *cell* by a function that never falls: rounded arithmetic where the bins are
linear, the upper bits of the float where they are logarithmic. There are so many cells that none
holds two edges. So one comparison with the edge in its cell, if there is one, tells the place of a
number: x >= e implies cell(x) >= cell(e), and x < e implies cell(x) <= cell(e), however the
arithmetic is rounded. Places are 0 below all bins, 1 to `bins`, `bins` + 1 above them, and
`bins` + 2 for NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.contract import CannotRun

Floats = NDArray[np.float64]
MOST_CELLS: Final = 2**24
_FINEST: Final = 64
"""Cells of a linear bin, at most."""
_FRACTION_BITS: Final = 52
BEYOND: Final = 3
"""Places beside the bins: below, above, NaN."""


@dataclass(frozen=True)
class Grid:
    """The bins of one dimension, for the loops.

    cell(x) = (x - origin) scale for linear bins; for logarithmic ones the bits of x over 2^shift,
    minus base. The last cell is that of NaN.
    """

    edges: Floats  # (bins + 1,)
    origin: float
    scale: float
    margin: float  # how far edges are from the beginning of their cells, at most
    shift: int  # -1 for linear bins
    base: int
    pivots: Floats  # (cells + 1,): the edge in a cell, infinity if there is none
    places: NDArray[np.int32]  # (2 cells + 2,): place below the pivot of a cell, and from it on

    @property
    def bins(self) -> int:
        """How many there are."""
        return self.edges.size - 1


def edges(low: float, high: float, bins: int, scale: str) -> Floats:
    """(bins + 1,) edges. Limits that are equal are moved apart: by 1/2, or a factor of 2."""
    if scale == "log":
        low, high = (low / 2.0, high * 2.0) if low == high else (low, high)
        return np.geomspace(low, high, bins + 1)
    low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
    return np.linspace(low, high, bins + 1)


def steps(edges: Floats) -> Floats:
    """The edges from each of which on the place is higher by one."""
    return np.append(edges[:-1], np.nextafter(edges[-1], np.inf))


def grid(edges: Floats, scale: str) -> Grid:
    """The grid of these edges; CannotRun if no cells part them."""
    known = _logarithmic(edges) if scale == "log" else _linear(edges)
    if known is None:
        raise CannotRun(
            f"bins = {edges.size - 1}",
            f"edges from {edges[0]} to {edges[-1]} lie too close together",
            fix="a smaller --set bins=",
        )
    return known


def _linear(edges: Floats) -> Grid | None:
    at, bins = steps(edges), edges.size - 1
    fineness = 1
    while fineness <= _FINEST:
        # Slightly more than a cell for each edge: rounding must not take two into one.
        scale = bins * fineness * (1.0 + 2.0**-30) / (edges[-1] - edges[0])
        cells = ((at - edges[0]) * scale).astype(np.int64)
        if _parted(cells, at):
            beyond = float(np.max((at - edges[0]) * scale - cells))
            margin = beyond if np.array_equal(cells, np.arange(bins + 1)) else 1.0
            return _filled(edges, cells, (float(edges[0]), float(scale), margin), -1, 0)
        fineness *= 2
    return None


def _logarithmic(edges: Floats) -> Grid | None:
    at = steps(edges)
    bits = at.view(np.int64)
    for shift in range(_FRACTION_BITS, -1, -1):
        base = int(bits[0] >> shift)
        cells = (bits >> shift) - base
        if cells[-1] >= MOST_CELLS:
            return None
        if _parted(cells, at):
            return _filled(edges, cells, (0.0, 0.0, 1.0), shift, base)
    return None


def _parted(cells: NDArray[np.int64], at: Floats) -> bool:
    """No cell has two different edges."""
    return bool(np.all((np.diff(cells) > 0) | (np.diff(at) == 0.0)))


def _filled(
    edges: Floats, cells: NDArray[np.int64], line: tuple[float, float, float], shift: int, base: int
) -> Grid:
    at = steps(edges)
    count = int(cells[-1]) + 1
    pivots = np.full(count + 1, np.inf)
    pivots[cells] = at
    below = np.searchsorted(cells, np.arange(count), side="left")
    above = np.searchsorted(cells, np.arange(count), side="right")
    places = np.stack([below, above], axis=1).astype(np.int32)
    nan: Any = np.full((1, 2), edges.size + 1, np.int32)
    return Grid(edges, *line, shift, base, pivots, np.concatenate([places, nan]).ravel())
