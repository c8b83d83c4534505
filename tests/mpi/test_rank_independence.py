"""Results that have the same bits for every number of ranks: against the whole, on one rank."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels.bigdata.reduce import reference as reductions
from kernels.bigdata.reduce.kernel import Reduce
from kernels.stencil.jacobi3d import reference
from kernels.stencil.jacobi3d.kernel import Jacobi3d


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("n", [1, 2, 5, 4099])
@pytest.mark.parametrize("distribution", ["uniform", "cancelling"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_reductions_equal_exact_fractions(
    dtype: str, distribution: str, n: int, threads: int, comm: MPI.Intracomm
) -> None:
    numba.set_num_threads(threads)
    kernel = Reduce(n=n, dtype=dtype, distribution=distribution)
    state = kernel.setup(comm)
    for phase in kernel.phases():
        phase.run(state)
    x, y = (np.concatenate(comm.allgather(array)) for array in (state.x, state.y))
    assert state.results == reductions.reductions(x, y)
    alone = kernel.setup(MPI.COMM_SELF)
    np.testing.assert_array_equal(x, alone.x)
    np.testing.assert_array_equal(y, alone.y)


@pytest.mark.parametrize("stores", ["plain", "nontemporal"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("points", [(1, 1, 1), (3, 1, 2), (9, 10, 31), (30, 2, 5), (2, 3, 40)])
def test_jacobi_equals_numpy(
    points: tuple[int, int, int], threads: int, stores: str, comm: MPI.Intracomm
) -> None:
    numba.set_num_threads(threads)
    nz, ny, nx = points
    kernel = Jacobi3d(n=1, nx=nx, ny=ny, nz=nz, steps=7, stores=stores)
    state = kernel.setup(comm)
    kernel.phases()[0].run(state)
    whole = np.full(points, np.nan)
    for blocks, part in comm.allgather((state.part.blocks, state.u[1:-1, 1:-1, 1:-1])):
        whole[tuple(slice(one.start, one.stop) for one in blocks)] = part
    np.testing.assert_array_equal(whole, reference.jacobi(reference.field(points), 7))
