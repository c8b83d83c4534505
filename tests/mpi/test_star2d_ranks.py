"""star2d on real ranks: the bits of the whole on a rough field, whatever halo is travelling."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels.stencil.star2d import reference
from kernels.stencil.star2d.kernel import Star2d


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", [(9, 9), (40, 17), (17, 41), (64, 60)])
@pytest.mark.parametrize("radius", reference.RADII)
def test_bits_are_those_of_numpy(
    radius: int, shape: tuple[int, int], threads: int, depth: int, comm: MPI.Intracomm
) -> None:
    numba.set_num_threads(threads)
    ny, nx = shape
    variant = "spatial" if depth == 1 else "temporal"
    kernel = Star2d(n=1, nx=nx, ny=ny, radius=radius, steps=7, depth=depth, variant=variant)
    kernel.check_geometry(comm.size)
    state = kernel.setup(comm)
    start = np.random.default_rng(radius).standard_normal(shape)
    _, y, x = state.part.blocks
    here = slice(y.start, y.stop), slice(x.start, x.stop)
    if not state.part.empty:
        state.own[0][...] = start[here]
    kernel.phases()[0].run(state)
    wanted, added = start.copy(), np.zeros(shape)
    reference.iterate(wanted, added, radius, 7)
    if not state.part.empty:
        np.testing.assert_array_equal(state.own[0], wanted[here])
        np.testing.assert_array_equal(state.own[1], added[here])
    assert comm.allreduce(state.part.shape[1] * state.part.shape[2]) == nx * ny


def test_a_pass_sends_one_message_to_each_neighbour(comm: MPI.Intracomm) -> None:
    state = Star2d(n=64, nx=64, ny=64, depth=8, variant="temporal").setup(comm)
    neighbours = sum(one is not None for axis in state.part.neighbours for one in axis)
    assert state.along_x.messages + state.along_y.messages == neighbours
