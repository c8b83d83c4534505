"""The time of a phase on one rank: of one call, or of many, each from a barrier of its own."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.measure.watch import Stopwatch
from kernels.contract import Phase

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

STATISTICS: Final = ("minimum", "median", "p99", "maximum")
"""What is kept of the calls of a repetition, s, each call as long as on its slowest rank."""


def timed(phase: Phase[Any], state: Any, watch: Stopwatch, comm: Intracomm) -> float:
    """Seconds this rank spends in a phase of one call, from a common barrier on."""
    run_phase = phase.run
    comm.Barrier()
    began = time.perf_counter()
    watch.begin(began)
    run_phase(state)
    ended = time.perf_counter()
    watch.end(ended)
    return ended - began


def timed_calls(
    phase: Phase[Any], state: Any, watch: Stopwatch, comm: Intracomm
) -> tuple[float, list[float]]:
    """The median of this rank's calls, and on rank 0 the `STATISTICS` over all ranks, else [].

    Collective. Nothing happens between two calls but a barrier and the reading of the clock. The
    watch begins with the first: parts that a kernel tells of such a phase hold the barriers too.
    """
    from statistics import median  # brings decimal and fractions: not for phases of one call

    seconds = array("d", bytes(8 * phase.calls))
    _call(phase, state, watch, comm, seconds)
    return median(seconds), _over_ranks(seconds, comm)


def _call(
    phase: Phase[Any], state: Any, watch: Stopwatch, comm: Intracomm, seconds: array[float]
) -> None:
    """Fill ``seconds`` with the time of each call."""
    run_phase, barrier, clock = phase.run, comm.Barrier, time.perf_counter
    watch.begin(clock())
    for i in range(len(seconds)):
        barrier()
        began = clock()
        run_phase(state)
        seconds[i] = clock() - began


def _over_ranks(seconds: array[float], comm: Intracomm) -> list[float]:
    from mpi4py import MPI

    slowest = array("d", bytes(8 * len(seconds)))
    comm.Reduce(seconds, slowest, op=MPI.MAX, root=0)
    return statistics(slowest) if comm.rank == 0 else []


def statistics(seconds: Sequence[float]) -> list[float]:
    """`STATISTICS` of these times; the 99th percentile is one of them, by the nearest rank."""
    from statistics import median

    ordered = sorted(seconds)
    nearest = math.ceil(0.99 * len(ordered)) - 1
    return [ordered[0], median(ordered), ordered[nearest], ordered[-1]]
