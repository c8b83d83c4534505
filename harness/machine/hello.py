"""What the probe runs on each rank: say who I am, after all have met once.

Started as ``mpirun ... python -P -m mpi4py -m harness.machine.hello``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Final

MARK: Final = "qyran-rank "
# Where launchers say how many ranks they started: Open MPI, MPICH and Intel MPI, Slurm.
_ANNOUNCED: Final = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS")


def main() -> None:
    """Meet the other ranks and print one line, ``MARK`` and a JSON object."""
    # Here, because the driver takes MARK from this module and does not load MPI.
    from mpi4py import MPI

    if not MPI.Is_initialized():
        MPI.Init()
    comm = MPI.COMM_WORLD
    announced = (f"{name}={os.environ[name]}" for name in _ANNOUNCED if name in os.environ)
    hello = {
        "rank": comm.rank,
        "size": comm.allreduce(1),
        "host": MPI.Get_processor_name(),
        "cpus": sorted(os.sched_getaffinity(0)),
        "library": MPI.Get_library_version().strip("\0\n "),
        "announced": next(announced, ""),
    }
    # One write: lines of several ranks stay whole.
    sys.stdout.write(f"\n{MARK}{json.dumps(hello)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
