"""One rank of our own HPL beside the model, in CPU time: ``python -m tests.bench.project_cpu``.

For a machine that others use at the same time: dgemm and hpl take turns in one process, and what
counts is the least CPU time of each, not the time on the clock. Caches and memory are still shared.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from mpi4py import MPI
from threadpoolctl import threadpool_limits

from harness.projection import hpl
from kernels.contract import Kernel
from kernels.dense.dgemm.kernel import Dgemm
from kernels.dense.hpl.kernel import Hpl

ORDERS = (1000, 2000, 4000, 6000)
TURNS = 5
ALONE = hpl.Network(1e-6, 1e10)


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this process, all its threads."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def timed(kernel: Kernel[Any], phase: str, turns: int = TURNS) -> float:
    """Flop/s in the least CPU time of some repetitions; compiled and warmed up before."""
    state = kernel.setup(MPI.COMM_SELF)
    chosen = next(one for one in kernel.phases() if one.name == phase)
    times = []
    for _ in range(turns + 1):
        kernel.prepare(state)
        times.append(cpu_seconds(lambda: chosen.run(state)))
    return chosen.work(1).flop / min(times[1:])


def main() -> None:
    """Print the table."""
    sys.stdout.write(
        "Gflop/s of CPU time\n     n   nb  dgemm  predicted  measured  predicted/measured\n"
    )
    for n in ORDERS:
        nb = int(Hpl.fit({"n": n}, 2**33, 0, 1)["nb"])
        rates = [timed(Dgemm(n=2000), "star")]
        measured = timed(Hpl(n=n, nb=nb, p=1, q=1), "solve")
        rates.append(timed(Dgemm(n=2000), "star"))
        made = hpl.flop(n) / hpl.solve(n, (1, 1), max(rates), ALONE, nb).seconds
        sys.stdout.write(
            f"{n:6} {nb:4} {max(rates) / 1e9:6.1f} {made / 1e9:10.1f} {measured / 1e9:9.1f} "
            f"{made / measured:19.2f}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
