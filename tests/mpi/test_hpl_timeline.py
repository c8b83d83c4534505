"""The timeline of hpl and hpl_mxp over all ranks, against what each rank tells by itself."""

from __future__ import annotations

import pytest
from mpi4py import MPI

from harness.measure.timeline import MOST, Timeline
from harness.measure.timing import timed
from harness.measure.watch import Stopwatch
from kernels.contract import Kernel
from kernels.dense.hpl.kernel import Hpl
from kernels.dense.hpl_mxp.kernel import HplMxp

RANKS = MPI.COMM_WORLD.size
GRIDS = [(p, RANKS // p) for p in range(1, RANKS + 1) if RANKS % p == 0]


@pytest.mark.parametrize(("n", "nb"), [(5, 8), (100, 24), (300, 4)])
@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize(("p", "q"), GRIDS)
@pytest.mark.parametrize("kind", [Hpl, HplMxp])
def test_intervals_add_up_to_the_parts_of_all_ranks(
    kind: type[Kernel], p: int, q: int, depth: int, n: int, nb: int, comm: MPI.Intracomm
) -> None:
    kernel = kind(n=n, nb=nb, p=p, q=q, depth=depth)
    state, watch = kernel.setup(comm), Stopwatch(timeline=Timeline())
    kernel.watch(state, watch)
    for _ in range(2):
        kernel.prepare(state)
        watch.reset()
        seconds = timed(kernel.phases()[0], state, watch, comm)
        assert watch.timeline is not None
        found = comm.bcast(watch.timeline.reduced(comm))
        told = comm.allgather(watch.parts)
        assert set(found["mean"]) == {name for parts in told for name in parts}
        for name, mean in found["mean"].items():
            spent = [parts.get(name, 0.0) for parts in told]
            assert sum(mean) == pytest.approx(sum(spent) / comm.size)
            assert sum(found["maximum"][name]) >= max(spent) * (1 - 1e-9)
        assert found["seconds"][-1] == pytest.approx(comm.allreduce(seconds, MPI.MAX), abs=1e-9)
        assert found["seconds"] == sorted(found["seconds"])
        steps = [min(first + nb, n) for first in range(0, n, nb)]
        together = -(-len(steps) // MOST)
        assert found["done"][:-2] == steps[together - 1 : -1 : together]
        assert found["done"][-2:] == [n, n]
    assert kernel.verify(state, comm).passed
