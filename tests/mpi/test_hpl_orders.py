"""hpl and hpl_mxp on every grid of the ranks: every small order, and residuals that are alike."""

from __future__ import annotations

import pytest
from mpi4py import MPI

from kernels.contract import Check, Kernel
from kernels.dense.hpl.kernel import Hpl
from kernels.dense.hpl_mxp.kernel import HplMxp


def grids(ranks: int) -> list[tuple[int, int]]:
    return [(p, ranks // p) for p in range(1, ranks + 1) if ranks % p == 0]


GRIDS = grids(MPI.COMM_WORLD.size)


def checked(kernel: Kernel, comm: MPI.Intracomm) -> Check:
    state = kernel.setup(comm)
    kernel.phases()[0].run(state)
    return kernel.verify(state, comm)


@pytest.mark.parametrize(("p", "q"), GRIDS)
@pytest.mark.parametrize("kind", [Hpl, HplMxp])
def test_every_order_around_small_blocks(
    kind: type[Kernel], p: int, q: int, comm: MPI.Intracomm
) -> None:
    for n in range(1, 36):
        check = checked(kind(n=n, nb=8, p=p, q=q), comm)
        assert check.passed, (n, check)


@pytest.mark.parametrize(("p", "q"), GRIDS)
@pytest.mark.parametrize("depth", [0, 1])
def test_orders_around_multiples_of_a_block(
    depth: int, p: int, q: int, comm: MPI.Intracomm
) -> None:
    nb = 40
    for n in (k * nb + more for k in (1, 2, 5, 12) for more in (-1, 0, 1)):
        check = checked(Hpl(n=n, nb=nb, p=p, q=q, depth=depth), comm)
        assert check.passed, (n, check)


def test_residuals_of_all_grids_and_blocks_are_alike(comm: MPI.Intracomm) -> None:
    errors = [checked(Hpl(n=500, nb=nb, p=p, q=q), comm).error for p, q in GRIDS for nb in (32, 60)]
    errors.append(checked(Hpl(n=500, nb=64, p=1, q=1), MPI.COMM_SELF).error)
    assert max(errors) < 2.0 * min(errors), errors
