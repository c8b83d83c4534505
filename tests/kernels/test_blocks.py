"""Block distribution and rank grids: every item has one owner, every face two sides."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from kernels._support.blocks import block, largest
from kernels._support.cartesian import fullest, part, rank_grid
from kernels._support.memory import CACHE_LINE_B, aligned


@pytest.mark.parametrize(("n", "parts"), list(itertools.product([0, 1, 2, 7, 100], [1, 2, 3, 8])))
def test_blocks_are_those_of_array_split(n: int, parts: int) -> None:
    wanted = np.array_split(np.arange(n), parts)
    found = [block(n, parts, i) for i in range(parts)]
    for one, items in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(np.arange(one.start, one.stop), items)
    assert max(one.size for one in found) == largest(n, parts)


@pytest.mark.parametrize(
    ("points", "ranks", "grid"),
    [
        ((512, 512, 512), 1, (1, 1, 1)),
        ((512, 512, 512), 2, (2, 1, 1)),
        ((512, 512, 512), 4, (2, 2, 1)),
        ((512, 512, 512), 8, (2, 2, 2)),
        ((512, 512, 512), 7, (7, 1, 1)),
        ((1, 1, 100), 4, (1, 1, 4)),
    ],
)
def test_rank_grid_has_the_smallest_surface(
    points: tuple[int, int, int], ranks: int, grid: tuple[int, int, int]
) -> None:
    assert rank_grid(points, ranks) == grid


@pytest.mark.parametrize("ranks", range(1, 13))
@pytest.mark.parametrize("points", [(1, 1, 1), (2, 3, 4), (11, 13, 17)])
def test_parts_cover_the_points_and_neighbours_agree(
    points: tuple[int, int, int], ranks: int
) -> None:
    grid = rank_grid(points, ranks)
    parts = [part(points, grid, rank) for rank in range(ranks)]
    assert sum(math.prod(one.shape) for one in parts) == math.prod(points)
    assert max(math.prod(one.shape) for one in parts) <= math.prod(fullest(points, grid))
    for rank, one in enumerate(parts):
        for axis, (below, above) in enumerate(one.neighbours):
            assert below is None or parts[below].neighbours[axis][1] == rank
            assert above is None or parts[above].neighbours[axis][0] == rank


@pytest.mark.parametrize("shape", [0, 1, (3, 5), (2, 0, 4)])
def test_arrays_begin_on_a_cache_line(shape: int | tuple[int, ...]) -> None:
    array = aligned(shape, np.float32)
    assert array.shape == ((shape,) if isinstance(shape, int) else shape)
    assert array.dtype == np.float32
    assert array.size == 0 or array.ctypes.data % CACHE_LINE_B == 0
    assert array.flags.c_contiguous
