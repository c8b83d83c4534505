"""What the probe runs on each rank: say who and where I am, after all have met once.

Started as ``mpirun ... python -P -m mpi4py -m harness.machine.hello [FOLDER]``; FOLDER is one that
the driver made where results are to be written.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Final

from harness.launch.environment import sources_hash
from harness.machine import memory
from harness.machine.tree import Tree, Unavailable

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
        "node": os.environ.get("SLURMD_NODENAME", ""),
        "cpus": sorted(os.sched_getaffinity(0)),
        "library": MPI.Get_library_version().strip("\0\n "),
        "announced": next(announced, ""),
        "memory_B": _known(memory.available_B),
        "qyran": f"{metadata.version('qyran')}, sources {sources_hash()}",
        "refused": "".join(_refusal(Path(one), comm.rank) for one in sys.argv[1:]),
    }
    # One write: lines of several ranks stay whole.
    sys.stdout.write(f"\n{MARK}{json.dumps(hello)}\n")
    sys.stdout.flush()


def answer(folder: Path, rank: int) -> Path:
    """The file that a rank writes there."""
    return folder / f"rank{rank}"


def _refusal(folder: Path, rank: int) -> str:
    """Why nothing can be written there; "" if it can."""
    try:
        answer(folder, rank).touch()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _known(question: Callable[[Tree], int]) -> int | None:
    try:
        return question(Tree())
    except Unavailable:
        return None


if __name__ == "__main__":
    main()
