"""One CPU for each thread of a rank: Numba leaves its threads wherever the kernel puts them.

Threads are pinned only if the CPUs of this rank are its own, and enough of them: where ranks share
CPUs, each would choose the same. Afterwards every thread gets all CPUs of the rank back, since a
thread that is started later, by a BLAS or by Python, inherits those of the thread that starts it.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from numba import get_num_threads, njit, prange, types
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Masks = NDArray[np.uint64]
_WORD_BITS: Final = 64
_WORDS: Final = 16
"""A mask holds 1024 CPUs, as that of the C library (cpu_set_t)."""
_MASK_B: Final = 8 * _WORDS
_CALLING_THREAD: Final = 0
_OWN: Final = frozenset(os.sched_getaffinity(0))
"""The CPUs of this rank, as it began: later the calling thread may be pinned."""
_TOPOLOGY: Final = Path("/sys/devices/system/cpu")

_set: Any = types.ExternalFunction("sched_setaffinity", types.int32(*[types.int64] * 3))


@njit("void(u8[:,::1])", parallel=True, cache=True, error_model="numpy")
def assign(masks: Masks) -> None:
    """Give each thread its CPUs: (threads, words).

    Iteration t of every parallel loop of so many iterations is run by the same thread.
    """
    for thread in prange(len(masks)):
        _set(_CALLING_THREAD, _MASK_B, masks[thread].ctypes.data)


class Pinned:
    """The threads of this rank, each on a CPU of its own for as long as this object lives.

    The newest object holds: the end of an older one changes nothing. cpus : thread t of a parallel
    loop over the threads runs on the t-th; empty if they stay free.
    """

    _newest: ClassVar[int] = 0

    def __init__(self, comm: Intracomm) -> None:
        """Collective."""
        threads = get_num_threads()
        self.cpus = choose(masks_of_node(comm), threads)
        if self.cpus:
            Pinned._newest += 1
            assign(_masks([[cpu] for cpu in self.cpus]))
            weakref.finalize(self, _release, threads, Pinned._newest).atexit = False


def _release(threads: int, number: int) -> None:
    """Give all CPUs back, unless threads have been pinned anew since."""
    if number == Pinned._newest:
        assign(_masks([_OWN] * threads))


def choose(masks: Sequence[frozenset[int]], threads: int) -> tuple[int, ...]:
    """A CPU for each thread of the rank whose mask comes first; none if they had to be shared.

    masks : of all ranks of the node. Every core is taken once before one is taken twice.
    """
    mine, *others = masks
    if len(mine) < threads or any(mine & other for other in others):
        return ()
    if max(mine) >= _WORD_BITS * _WORDS:
        return ()
    taken: dict[str, int] = {}
    turns = []
    for cpu in sorted(mine):
        core = _core(cpu)
        taken[core] = taken.get(core, -1) + 1
        turns.append((taken[core], cpu))
    return tuple(cpu for _, cpu in sorted(turns)[:threads])


def _core(cpu: int) -> str:
    """The CPUs that share a core with this one; where the kernel does not tell, it is alone."""
    try:
        return (_TOPOLOGY / f"cpu{cpu}/topology/thread_siblings_list").read_text(encoding="ascii")
    except OSError:
        return str(cpu)


def masks_of_node(comm: Intracomm) -> list[frozenset[int]]:
    """The CPUs of the ranks of this node, those of this rank first."""
    from mpi4py import MPI

    node = comm.Split_type(MPI.COMM_TYPE_SHARED)
    masks = node.allgather(_OWN)
    del masks[node.rank]
    node.Free()
    return [_OWN, *masks]


def _masks(cpus: Sequence[Collection[int]]) -> Masks:
    """The masks of threads in the form of the C library: (threads, words)."""
    masks = np.zeros((len(cpus), _WORDS), np.uint64)
    for mask, those in zip(masks, cpus, strict=True):
        for cpu in those:
            mask[cpu // _WORD_BITS] |= np.uint64(1 << cpu % _WORD_BITS)
    return masks
