"""The threads of a rank, each on a CPU of its own where that is possible, each doing all the work.

Unlike a team that shares a piece of work out, every worker here does the same work on the same
input, so that their answers can be compared. The work releases the GIL in its compiled code.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import threadpoolctl

from kernels._support.pinning import choose, masks_of_node

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

_THIS_THREAD: Final = 0
_libc: Any = ctypes.CDLL(None)


class Workers:
    """Threads of a rank. cpus : the one of each; () where ranks share CPUs."""

    def __init__(self, comm: Intracomm, count: int) -> None:
        """Collective."""
        self.count = count
        self.cpus = choose(masks_of_node(comm), self.count)
        self._blas: Any = threadpoolctl.ThreadpoolController()
        self._threads = [
            ThreadPoolExecutor(1, initializer=_pin, initargs=self.cpus[i : i + 1])
            for i in range(self.count)
        ]

    def each(self, work: Callable[[int], None]) -> None:
        """Let every worker do ``work(its number)``, all at once; raises what one of them raised.

        Each call of the BLAS inside uses the thread that makes it and no other: with more, the
        sums would be cut according to how many there are.
        """
        with self._blas.limit(limits=1, user_api="blas"):
            begun = [thread.submit(work, i) for i, thread in enumerate(self._threads)]
            for one in begun:
                one.result()


def current_cpu() -> int:
    """The CPU on which the calling thread is running now."""
    return int(_libc.sched_getcpu())


def _pin(*cpus: int) -> None:
    if cpus:
        os.sched_setaffinity(_THIS_THREAD, cpus)
