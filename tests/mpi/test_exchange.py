"""Halos of any depth, with walls or periodic, against the field that they were cut from."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.cartesian import Part, Shape, deepest, part, rank_grid
from kernels._support.exchange import Exchange, buffers_B

# The faces of the last are large enough that threads copy them together.
POINTS = [(1, 1, 1), (9, 8, 7), (5, 12, 30), (24, 1, 6), (16, 130, 130)]
PERIODIC = [(False, False, False), (True, True, True), (False, True, False)]


def value(points: Shape, depths: Shape, periodic: tuple[bool, ...], own: Part) -> np.ndarray:
    """What a block with its halos must hold; -1 beyond a wall. The indices tell each point."""
    axes = []
    for n, depth, wraps, one in zip(points, depths, periodic, own.blocks, strict=True):
        i = np.arange(one.start - depth, one.stop + depth)
        axes.append(i % n if wraps else np.where((i >= 0) & (i < n), i, -1))
    z, y, x = np.meshgrid(*axes, indexing="ij")
    number = ((z * points[1] + y) * points[2] + x).astype(float)
    return np.where((z < 0) | (y < 0) | (x < 0), -1.0, number)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize("periodic", PERIODIC)
@pytest.mark.parametrize("points", POINTS)
@pytest.mark.parametrize("depth", [1, 3])
def test_halos_hold_the_neighbours_points(
    depth: int,
    points: Shape,
    periodic: tuple[bool, bool, bool],
    corners: bool,
    dtype: type,
    comm: MPI.Intracomm,
) -> None:
    grid = rank_grid(points, comm.size)
    own = part(points, grid, comm.rank, periodic)
    depths = tuple(min(depth, one) for one in deepest(points, grid))
    assert len(depths) == 3
    wanted = value(points, depths, periodic, own).astype(dtype)
    inside = tuple(slice(d, d + n) for d, n in zip(depths, own.shape, strict=True))
    u = np.full_like(wanted, -1.0)
    u[inside] = wanted[inside]
    exchange = Exchange(own, depths, comm, dtype, corners=corners)
    for _ in range(2):
        exchange.start(u)
        exchange.finish(u)
    if not corners:
        clear_corners(u, own.shape, depths)
        clear_corners(wanted, own.shape, depths)
    if not own.empty:
        np.testing.assert_array_equal(u, wanted)
    limit = buffers_B(own.shape, depths, u.itemsize, corners=corners)
    assert 2 * exchange.sent_B <= limit
    exchange.free()


def clear_corners(u: np.ndarray, shape: Shape, depths: Shape) -> None:
    """Everything beyond two sides at once."""
    beyond = [
        (np.arange(n + 2 * d) < d) | (np.arange(n + 2 * d) >= n + d)
        for n, d in zip(shape, depths, strict=True)
    ]
    z, y, x = np.meshgrid(*beyond, indexing="ij")
    for one, other in itertools.combinations((z, y, x), 2):
        u[one & other] = 0.0


def test_ranks_of_their_own_send_no_message(comm: MPI.Intracomm) -> None:
    own = part((4, 4, 4), (1, 1, 1), 0, (True, True, True))
    exchange = Exchange(own, (1, 1, 1), MPI.COMM_SELF, np.float64, corners=True)
    assert len(exchange.links) == 26
    assert exchange.messages == 0
