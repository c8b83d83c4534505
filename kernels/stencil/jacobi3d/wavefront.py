"""One pass through memory: several time steps in tiles that stay in a core's own cache.

Inside a tile a wavefront runs along z: after plane z of level s follows plane z - 1 of level s + 1,
so that between reading a plane and writing it T steps later only some planes lie in the cache
(Wellein, Hager, Zeiser, Wittmann, Fehske, COMPSAC 2009, doi 10.1109/COMPSAC.2009.82). From level to
level a tile moves one row down and one line back (time skewing: Wonnacott, IPDPS 2000,
doi 10.1109/IPDPS.2000.845979): what it reads, earlier tiles and levels have computed, and what it
overwrites, nobody reads any more. With one step this is the spatial variant, tiled along y.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from kernels._support.simd import fence
from kernels.stencil.jacobi3d.lines import update_row

Boxes = NDArray[np.int64]
"""(..., 6): z, y, x, from the first to one past the last each; see `levels.Box`."""
Addresses = tuple[int, int]
"""Of the first owned point in the two arrays."""
_REALS = ("f8", "f4")


@njit(
    [
        f"void(UniTuple(i8, 2), UniTuple(i8, 3), {real}, i8, b1, i8[:,::1], UniTuple(i8, 2))"
        for real in _REALS
    ],
    cache=True,
    error_model="numpy",
)
def update_core(
    fields: Any, strides: Any, scale: Any, points: Any, past_caches: Any, boxes: Any, tile: Any
) -> None:
    """All levels of one task. boxes: (T, 6), of level 1, 2, ...; fields: level s in s mod 2."""
    row_B, plane_B, lanes = strides
    depth = boxes.shape[0]
    # A tile of level s lies s - 1 planes, rows and lines before that of level 1.
    z_low, z_high, y_low, y_high, x_low, x_high = (
        boxes[0, 0], boxes[0, 1], boxes[0, 2], boxes[0, 3], boxes[0, 4], boxes[0, 5]
    )  # fmt: skip
    for s in range(1, depth):
        z_low, z_high = min(z_low, boxes[s, 0] + s), max(z_high, boxes[s, 1] + s)
        y_low, y_high = min(y_low, boxes[s, 2] + s), max(y_high, boxes[s, 3] + s)
        x_low = min(x_low, boxes[s, 4] + s * lanes)
        x_high = max(x_high, boxes[s, 5] + s * lanes)
    for x_tile in range(x_low & -lanes, x_high, tile[1]):
        for y_tile in range(y_low, y_high, tile[0]):
            for front in range(z_low, z_high):
                for s in range(depth):
                    z = front - s
                    if z < boxes[s, 0] or z >= boxes[s, 1]:
                        continue
                    low = max(boxes[s, 4], x_tile - s * lanes)
                    high = min(boxes[s, 5], x_tile + tile[1] - s * lanes)
                    if high <= low:
                        continue
                    source = fields[s & 1] + z * plane_B
                    to = fields[1 - (s & 1)] + z * plane_B
                    first = max(boxes[s, 2], y_tile - s)
                    last = min(boxes[s, 3], y_tile + tile[0] - s)
                    for at in range(first * row_B, last * row_B, row_B):
                        update_row(
                            (to + at, source + at),
                            (low, high),
                            strides,
                            scale,
                            points,
                            past_caches,
                        )


@njit(
    [
        f"void(UniTuple(i8, 2), UniTuple(i8, 3), {real}, i8, b1, i8[:,:,::1], UniTuple(i8, 2))"
        for real in _REALS
    ],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def update_cores(
    fields: Any, strides: Any, scale: Any, points: Any, past_caches: Any, boxes: Any, tile: Any
) -> None:
    """The cores of all levels. boxes: (tasks, T, 6); each task on a thread of its own."""
    for task in prange(boxes.shape[0]):
        update_core(fields, strides, scale, points, past_caches, boxes[task], tile)
        fence()


@njit(
    [f"void(UniTuple(i8, 2), UniTuple(i8, 3), {real}, i8, i8[:,::1], i8)" for real in _REALS],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def update_rest(
    places: Any, strides: Any, scale: Any, points: Any, boxes: Any, threads: Any
) -> None:
    """One level in some boxes, (k, 6); the threads share out the rows of each.

    places : address of the first owned point in the array that is written and in that read.
    """
    row_B, plane_B, _ = strides
    for thread in prange(threads):
        for k in range(boxes.shape[0]):
            rows = boxes[k, 3] - boxes[k, 2]
            total = rows * (boxes[k, 1] - boxes[k, 0])
            for i in range(total * thread // threads, total * (thread + 1) // threads):
                at = (boxes[k, 0] + i // rows) * plane_B + (boxes[k, 2] + i % rows) * row_B
                update_row(
                    (places[0] + at, places[1] + at),
                    (boxes[k, 4], boxes[k, 5]),
                    strides,
                    scale,
                    points,
                    False,  # what is computed here is read soon
                )
