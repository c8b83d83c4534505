"""What a rank may allocate within a limit on the resident memory of all processes together.

Source of the numbers: proc_pid_statm(5), field 2.
"""

from __future__ import annotations

import ctypes
import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kernels.contract import CannotRun

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

LEAST_B: Final = 32 * 2**20
"""Below that a chunk would be all overhead."""
RESERVE: Final = 0.15
"""Share of what is left that stays free: for MPI, for the allocator, for what a library takes."""
_STATM: Final = Path("/proc/self/statm")


def budget_B(memory_B: int, comm: Intracomm) -> int:
    """Bytes that each rank may allocate so that all processes stay below memory_B. Collective.

    The ranks have equal shares, of which the interpreter and its libraries have taken a part by
    now. CannotRun where less than `LEAST_B` is left.
    """
    from mpi4py import MPI

    _trim()
    taken_B = comm.allreduce(resident_B(), op=MPI.MAX)
    left_B = int((memory_B // comm.size - taken_B) * (1.0 - RESERVE))
    if left_B < LEAST_B:
        need_B = comm.size * (taken_B + int(LEAST_B / (1.0 - RESERVE)))
        raise CannotRun(
            f"memory = {memory_B}",
            f"each of {comm.size} ranks has {taken_B} B of its libraries in memory already",
            fix=f"--set memory={-(-need_B // 2**20)}MiB or more",
        )
    return left_B


def _trim() -> None:
    """Give the system what was freed: a compiler that has just run leaves some 100 MB so."""
    with suppress(AttributeError, OSError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)


def resident_B() -> int:
    """Resident memory of this process now; where Linux does not tell, the most it ever had."""
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
