"""The program of each rank: ``python -P -m mpi4py -m harness.measure BATCH.json``."""

from __future__ import annotations

import json
import signal
import sys
import traceback
from pathlib import Path

import kernels  # noqa: F401 - keeps MPI from starting before this module says so
from harness.launch.lifeline import end_with_parent
from harness.measure import batch as batches


def main() -> None:
    """Start MPI, measure the batch; an exception is written down before it ends all ranks."""
    end_with_parent(signal.SIGKILL)
    from mpi4py import MPI

    MPI.Init_thread(MPI.THREAD_FUNNELED)
    comm = MPI.COMM_WORLD
    batch = batches.read(Path(sys.argv[1]))
    try:
        from harness.measure import rank

        rank.run(batch, comm)
    except BaseException as error:
        _write_down(error, batch, comm.rank)
        raise


def _write_down(error: BaseException, batch: batches.Batch, rank: int) -> None:
    last = traceback.extract_tb(error.__traceback__)[-1]
    report = {
        "rank": rank,
        "type": type(error).__name__,
        "message": str(error),
        "place": f"{Path(last.filename).name}:{last.lineno}",
    }
    batches.raised_file(batch.journal, rank).write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main()
