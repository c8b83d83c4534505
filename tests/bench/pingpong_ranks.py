"""The one_way phase on two ranks: seconds of one way, least and median call. See bench_pingpong."""

from __future__ import annotations

import sys
import time

import kernels  # noqa: F401 - keeps MPI from starting before this module says so
from kernels.network.pingpong import plan
from kernels.network.pingpong.cpu import allocate


def main(path: str, size: int, calls: int) -> None:
    from mpi4py import MPI

    MPI.Init_thread(MPI.THREAD_FUNNELED)
    comm = MPI.COMM_WORLD
    state = allocate((size,), comm, pairs="one", path=path)
    state.renew()
    state.run("one_way", size)
    seconds = []
    for _ in range(calls):
        comm.Barrier()
        began = time.perf_counter()
        state.run("one_way", size)
        seconds.append((time.perf_counter() - began) / (2 * plan.trips(size)))
    if comm.rank == 0:
        print(min(seconds), sorted(seconds)[calls // 2])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
