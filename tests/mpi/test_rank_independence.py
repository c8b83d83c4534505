"""Results that have the same bits for every number of ranks: against the whole, on one rank."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.cartesian import Shape
from kernels.bigdata.reduce import reference as reductions
from kernels.bigdata.reduce.kernel import Reduce
from kernels.stencil.jacobi3d import reference
from kernels.stencil.jacobi3d.kernel import Jacobi3d


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows", [1, 2, 5, 20011])
@pytest.mark.parametrize("distribution", ["uniform", "cancelling"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_reductions_equal_exact_fractions(
    dtype: str, distribution: str, rows: int, threads: int, comm: MPI.Intracomm
) -> None:
    numba.set_num_threads(threads)
    kernel = Reduce(rows=rows, dtype=dtype, distribution=distribution)
    state = kernel.setup(comm)
    for phase in kernel.phases():
        phase.run(state)
    del state.results["plain_sum"]
    x, y = (np.concatenate(comm.allgather(next(one.chunks()))) for one in (state.x, state.y))
    assert state.results == reductions.reductions(x, y)
    alone = kernel.setup(MPI.COMM_SELF)
    np.testing.assert_array_equal(x, *alone.x.chunks())
    np.testing.assert_array_equal(y, *alone.y.chunks())


class OnGrid(Jacobi3d):
    """On a grid of one, two or three dimensions that cuts the axes named."""

    cut: ClassVar[str]

    def grid(self, ranks: int) -> Shape:
        parts = {"z": 1, "y": 1, "x": 1}
        left = ranks
        for axis in self.cut[:-1]:
            parts[axis] = 2 if left % 2 == 0 else 1
            left //= parts[axis]
        parts[self.cut[-1]] = left
        return parts["z"], parts["y"], parts["x"]


@pytest.mark.parametrize(
    ("threads", "way"),
    [
        (2, {"stores": "plain"}),
        (1, {"stores": "nontemporal", "dtype": "float32"}),
        (1, {"variant": "temporal", "depth": 2, "stencil": "27pt"}),
        (2, {"variant": "temporal", "depth": 5}),
        (1, {"variant": "temporal", "depth": 4, "dtype": "float32", "stencil": "27pt"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("boundary", ["dirichlet", "periodic"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (9, 10, 31), (30, 2, 5), (2, 3, 40), (22, 24, 26)])
def test_jacobi_equals_numpy(
    shape: Shape, boundary: str, threads: int, way: dict[str, Any], comm: MPI.Intracomm
) -> None:
    numba.set_num_threads(threads)
    compare(Jacobi3d, shape, {"boundary": boundary, **way}, comm)


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("boundary", ["dirichlet", "periodic"])
@pytest.mark.parametrize("cut", ["z", "y", "x", "yx", "zx", "zy", "zyx"])
def test_jacobi_on_every_grid(cut: str, boundary: str, depth: int, comm: MPI.Intracomm) -> None:
    """With 8 ranks, "zyx" is a grid of 2 x 2 x 2."""
    numba.set_num_threads(1)
    kernel = type(cut, (OnGrid,), {"cut": cut})
    way = {"variant": "temporal", "depth": depth, "stencil": "27pt", "boundary": boundary}
    compare(kernel, (21, 26, 35), way, comm)


def compare(kind: type[Jacobi3d], shape: Shape, way: dict[str, Any], comm: MPI.Intracomm) -> None:
    """Every bit of the field after 7 steps; no deeper halo than the thinnest block."""
    nz, ny, nx = shape
    sizes = {"n": 1, "nx": nx, "ny": ny, "nz": nz, "steps": 7, "depth": 1, "stores": "plain"}
    asked = kind(**{**sizes, **way})
    kernel = replace(asked, depth=min(asked.depth, asked.deepest_halo(comm.size)))
    state = kernel.setup(comm)
    kernel.phases()[0].run(state)
    periodic = kernel.boundary == "periodic"
    whole = np.full(shape, np.nan, kernel.dtype)
    for blocks, part in comm.allgather((state.part.blocks, state.u)):
        whole[tuple(slice(one.start, one.stop) for one in blocks)] = part
    start = reference.field(shape, periodic=periodic, dtype=kernel.dtype)
    points = int(kernel.stencil.removesuffix("pt"))
    wanted = reference.jacobi(start, 7, points=points, periodic=periodic)
    np.testing.assert_array_equal(whole, wanted)
