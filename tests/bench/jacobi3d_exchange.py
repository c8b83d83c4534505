"""What halos cost: `mpirun -n 2 python jacobi3d_exchange.py DEPTH BOUNDARY`.

256^3 points a rank. The same state sweeps with its exchange, without its messages, and without the
copies of a rank that is its own neighbour too, in turns; what it computes without is wrong, but
takes the same steps on the same arrays. Prints the median ratios of the times as JSON.
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

from kernels._support.exchange import Exchange, copy_region
from kernels.stencil.jacobi3d.cpu import State
from kernels.stencil.jacobi3d.kernel import Jacobi3d

EDGE = 256
ROUNDS = 7
STEPS = 6


class Silent:
    """An exchange without messages. ``copies`` : from one side of a block to its other side."""

    def __init__(self, exchange: Exchange, *, copies: bool) -> None:
        self.links = [one for one in exchange.links if one.local and copies]

    def start(self, u: Any) -> None:
        """Copy what this rank is its own neighbour for."""
        for one in self.links:
            copy_region(u[one.halo], u[one.inner])

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
    ways: list[Any] = [state.exchange]
    ways += [Silent(state.exchange, copies=copies) for copies in (True, False)]
    times = []
    for _ in range(ROUNDS + 1):
        turn = []
        for one in ways:
            state.restore()
            state.exchange = one
            turn.append(seconds(state, comm))
        times.append(turn)
        state.exchange = ways[0]
    whole, silent, still = np.array(times[1:]).T
    if comm.rank == 0:
        found = {
            "time_over_no_messages": float(np.median(whole / silent)),
            "time_over_nothing_exchanged": float(np.median(whole / still)),
            "update_rate_point_per_s": STEPS * EDGE**3 * comm.size / float(np.median(whole)),
        }
        print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
