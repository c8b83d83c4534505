"""Run by bench_sort.py under mpirun: sorts once for each empty line on the input of rank 0.

usage: sort_ranks.py DTYPE ROWS DISTRIBUTION; prints the seconds of each sort.
"""

from __future__ import annotations

import sys
import time

import numba
from mpi4py import MPI

from kernels.bigdata.sort.kernel import Sort

comm = MPI.COMM_WORLD
POLL_S = 0.002


def told() -> bool:
    """Whether there is a line; a rank that waits sleeps: what is raced may have all cores."""
    if comm.rank == 0:
        go = sys.stdin.readline() == "\n"
        for rank in range(1, comm.size):
            comm.send(go, rank)
        return go
    while not comm.iprobe(0):
        time.sleep(POLL_S)
    return bool(comm.recv(source=0))


def main() -> None:
    numba.set_num_threads(1)
    dtype, rows, distribution = sys.argv[1:]
    kernel = Sort(rows=int(rows), dtype=dtype, distribution=distribution)
    state = kernel.setup(comm)
    (phase,) = kernel.phases()
    while told():
        kernel.prepare(state)
        comm.Barrier()
        start = time.perf_counter()
        phase.run(state)
        seconds = comm.reduce(time.perf_counter() - start, MPI.MAX)
        if comm.rank == 0:
            print(seconds, flush=True)
    check = kernel.verify(state, comm)
    assert check.passed, check


if __name__ == "__main__":
    main()
