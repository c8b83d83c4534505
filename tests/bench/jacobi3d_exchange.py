"""What halos cost: `mpirun -n 2 python jacobi3d_exchange.py DEPTH BOUNDARY`.

256^3 points a rank. The same state sweeps with its exchange and without, in turns; what it computes
without is wrong, but takes the same steps on the same arrays. Without also means without the copies
of a rank that is its own neighbour. Prints the median ratio of the times as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numba
import numpy as np
from mpi4py import MPI

if not MPI.Is_initialized():
    MPI.Init_thread(MPI.THREAD_FUNNELED)

from kernels.stencil.jacobi3d.cpu import State
from kernels.stencil.jacobi3d.kernel import Jacobi3d

EDGE = 256
PAIRS = 15
STEPS = 6


class Still:
    """An exchange that leaves the halos as they are."""

    def start(self, u: Any) -> None:
        """Nothing."""

    def finish(self, u: Any) -> None:
        """Nothing."""


def seconds(state: State, comm: MPI.Intracomm) -> float:
    """Of six steps, on the rank that takes longest."""
    comm.Barrier()
    start = time.perf_counter()
    state.sweep(STEPS)
    return float(comm.allreduce(time.perf_counter() - start, op=MPI.MAX))


def main(depth: int, boundary: str) -> None:
    comm = MPI.COMM_WORLD
    numba.set_num_threads(1)
    given: dict[str, Any] = {"n": EDGE, "nz": EDGE * comm.size, "depth": depth, "steps": STEPS}
    given |= {"boundary": boundary, "variant": "temporal" if depth > 1 else "spatial"}
    state = Jacobi3d(**{**given, **Jacobi3d.fit(given, 2**36, 2**25, comm.size)}).setup(comm)
    exchange, still = state.exchange, Still()
    ratios = []
    for _ in range(PAIRS + 1):
        times = []
        for one in (exchange, still):
            state.restore()
            state.exchange = one  # type: ignore[assignment]
            times.append(seconds(state, comm))
            state.exchange = exchange
        ratios.append(times[0] / times[1])
    if comm.rank == 0:
        found = {
            "time_over_none_exchanged": float(np.median(ratios[1:])),
            "update_rate_point_per_s": STEPS * EDGE**3 * comm.size / times[0],
        }
        print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
