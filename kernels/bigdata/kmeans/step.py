"""The compiled part of a step: points to their nearest centres, coordinates to sums."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit, prange, types
from numpy.typing import NDArray

from kernels._support.memory import aligned, touched
from kernels.bigdata.kmeans.nearest import TILE, compare_tile

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ROWS, COLUMNS = TILE.rows, TILE.columns
FAR: Final = np.inf
_PARALLEL: Final[Any] = {"parallel": True, "cache": True, "error_model": "numpy"}


class Work(NamedTuple):
    """The centres, packed for the product, and what each thread needs."""

    centres: Floats  # (panels, dimensions, NR), padded with zeros
    norms: Floats  # (panels, NR), squares of the centres; infinite where padded
    panels: Floats  # (threads, dimensions, MR), packed points
    best: Floats  # (threads, 2, MR), smallest distances, and int64 numbers of centres
    sums: Integers  # (threads, 2, clusters, dimensions), in the two units
    counts: Integers  # (threads, clusters)
    sigmas: Floats  # (2,), as of `Units`


_CUBE = types.float64[:, :, ::1]
WORK: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (
        _CUBE,
        types.float64[:, ::1],
        _CUBE,
        _CUBE,
        types.int64[:, :, :, ::1],
        types.int64[:, ::1],
        types.float64[::1],
    ),
    Work,
)


def allocate(clusters: int, dimensions: int, threads: int) -> Work:
    """Memory for a step."""
    panels = -(-clusters // COLUMNS)
    return Work(
        centres=aligned((panels, dimensions, COLUMNS)),
        norms=aligned((panels, COLUMNS)),
        panels=touched((threads, dimensions, ROWS)),
        best=aligned((threads, 2, ROWS)),
        sums=aligned((threads, 2, clusters, dimensions), np.int64),
        counts=aligned((threads, clusters), np.int64),
        sigmas=np.empty(2),
    )


@njit(types.void(WORK, types.float64[:, ::1]), cache=True, error_model="numpy")
def pack_centres(work: Any, centres: Floats) -> None:
    """Put the centres, (clusters, dimensions), into panels, with their squares."""
    clusters, dimensions = centres.shape
    for j in range(work.norms.size):
        panel, column = j // COLUMNS, j % COLUMNS
        square = 0.0 if j < clusters else FAR
        for i in range(dimensions):
            x = centres[j, i] if j < clusters else 0.0
            work.centres[panel, i, column] = x
            square += x * x
        work.norms[panel, column] = square


@njit("void(f8[:,::1], f8[:,::1])", cache=True, error_model="numpy")
def pack_points(points: Floats, panel: Floats) -> None:
    """Put up to MR points, (rows, dimensions), into a panel, (dimensions, MR)."""
    rows, dimensions = points.shape
    for r in range(rows):
        for i in range(dimensions):
            panel[i, r] = points[r, i]


@njit("void(f8[::1], i8[::1], i8[::1], f8, f8)", cache=True, error_model="numpy")
def add_point(point: Floats, high: Integers, low: Integers, sigma: float, sigma_low: float) -> None:
    """Add the coordinates to sums, (dimensions,), in the two units; see `exact`."""
    zero = np.float64(sigma).view(np.int64)
    zero_low = np.float64(sigma_low).view(np.int64)
    for i in range(point.size):
        rounded = point[i] + sigma
        high[i] += np.float64(rounded).view(np.int64) - zero
        rest = (point[i] - (rounded - sigma)) + sigma_low
        low[i] += np.float64(rest).view(np.int64) - zero_low


@njit(
    types.void(WORK, types.int64, types.float64[:, ::1], types.int32[::1]),
    cache=True,
    error_model="numpy",
)
def panel_step(work: Any, t: int, points: Floats, labels: NDArray[np.int32]) -> None:
    """Step of up to MR points on thread t. labels : (rows,), their nearest centres."""
    panel, best = work.panels[t], work.best[t]
    names = best[1].view(np.int64)
    pack_points(points, panel)
    best[0], names[:] = FAR, 0
    depth, centres, norms = points.shape[1], work.centres, work.norms
    for j in range(centres.shape[0]):
        compare_tile(
            depth,
            panel.ctypes.data,
            centres[j].ctypes.data,
            norms[j].ctypes.data,
            j * COLUMNS,
            best.ctypes.data,
        )
    sums, counts, sigmas = work.sums[t], work.counts[t], work.sigmas
    for r in range(points.shape[0]):
        label = names[r]
        labels[r] = label
        counts[label] += 1
        add_point(points[r], sums[0, label], sums[1, label], sigmas[0], sigmas[1])


@njit(types.void(WORK, types.float64[:, ::1], types.int32[::1]), **_PARALLEL)
def step(work: Any, points: Floats, labels: NDArray[np.int32]) -> None:
    """Add the points, (rows, dimensions), to the sums of their nearest centres.

    Each thread has a share of whole panels.
    """
    rows, threads = points.shape[0], work.panels.shape[0]
    panels = (rows + ROWS - 1) // ROWS
    for t in prange(threads):
        for one in range(panels * t // threads, panels * (t + 1) // threads):
            first, last = one * ROWS, min((one + 1) * ROWS, rows)
            panel_step(work, t, points[first:last], labels[first:last])
