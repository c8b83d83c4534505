"""A step over the points of every rank: labels, exact sums, one Allreduce, new centres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from mpi4py import MPI
from numba import get_num_threads
from numpy.typing import NDArray

from kernels._support.blocks import Block, block
from kernels._support.dataset.column import Part
from kernels._support.memory import touched
from kernels.bigdata.kmeans import check
from kernels.bigdata.kmeans.exact import Units, units
from kernels.bigdata.kmeans.points import LARGEST, Points
from kernels.bigdata.kmeans.step import Floats, Integers, Work, allocate, pack_centres, step
from kernels.contract import UNWATCHED, CannotRun, Watch

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.kmeans.kernel import Kmeans

CHUNK = 0.5
"""Share of a limited memory for a chunk of points; the labels of all rows may take as much."""


@dataclass
class Results:
    """The same on every rank."""

    sums: Integers  # (2, clusters, dimensions), in the two units
    counts: Integers  # (clusters,)
    centres: Floats  # (clusters, dimensions)


@dataclass
class State:
    """The points of one rank, the centres before the step, and what it makes of them."""

    points: Points
    own: Block  # rows
    part: Part  # their coordinates
    comm: Intracomm
    start: Floats  # (clusters, dimensions)
    units: Units
    work: Work
    labels: NDArray[np.int32]  # (own.size,)
    results: Results | None = None
    watch: Watch = UNWATCHED

    def step(self) -> None:
        """One step of Lloyd's algorithm from the starting centres."""
        pack_centres(self.work, self.start)
        self.work.sums[...] = 0
        self.work.counts[...] = 0
        done = 0
        for chunk in self.part.chunks():
            if not self.part.resident:
                self.watch.lap("read")
            points = chunk.reshape(-1, self.start.shape[1])
            step(self.work, points, self.labels[done : done + len(points)])
            done += len(points)
            self.watch.lap("local")
        sums, counts = self.work.sums.sum(axis=0), self.work.counts.sum(axis=0)
        self.comm.Allreduce(MPI.IN_PLACE, sums, op=MPI.SUM)
        self.comm.Allreduce(MPI.IN_PLACE, counts, op=MPI.SUM)
        self.watch.lap("exchange")
        self.results = Results(sums, counts, means(sums, counts, self.units, self.start))
        self.watch.lap("merge")


def means(sums: Integers, counts: Integers, cut: Units, start: Floats) -> Floats:
    """The new centres; that of an empty cluster stays where it was."""
    total = sums[0] * cut.high + sums[1] * cut.low
    new: Floats = np.where(counts[:, None] > 0, total / np.maximum(counts, 1)[:, None], start)
    return new


def allocate_state(kernel: Kmeans, comm: Intracomm) -> State:
    """The points of one rank, in memory if there is no limit. Collective."""
    budget_B = kernel.budget_B(comm)
    dimensions, points = kernel.dimensions, kernel.data()
    own = block(kernel.rows, comm.size, comm.rank)
    numbers = Block(own.start * dimensions, own.size * dimensions)
    work = allocate(kernel.clusters, dimensions, get_num_threads())
    cut = units(LARGEST, kernel.rows)
    work.sigmas[:] = cut.sigmas
    rows = [one * kernel.rows // kernel.clusters for one in range(kernel.clusters)]
    return State(
        points=points,
        own=own,
        part=Part(points, numbers, chunk_numbers(own.size, dimensions, budget_B)),
        comm=comm,
        start=np.array([points.point(row) for row in rows]),
        units=cut,
        work=work,
        labels=touched(own.size, np.int32),
    )


def chunk_numbers(rows: int, dimensions: int, budget_B: int | None) -> int | None:
    """Coordinates of a chunk, of whole points; None if there is no limit.

    CannotRun if the labels do not fit.
    """
    if budget_B is None:
        return None
    share_B = int(CHUNK * budget_B)
    if 4 * rows > share_B:
        raise CannotRun(
            "memory",
            f"the labels of {rows} rows of a rank take {4 * rows} B, {share_B} B are left for them",
            fix="a larger --set memory=, or fewer rows",
        )
    return max(1, min(rows, share_B // 8 // dimensions)) * dimensions


def error(state: State) -> float:
    """Excess of the worst label over the bound of its rounding errors. Collective.

    Infinite if counts, sums or new centres are not exactly what the labels make them, or if the
    objective has risen.
    """
    got = state.results
    if got is None:
        return math.inf
    cut = state.units
    total = check.recompute(state.points, state.own, state.labels, state.start, got.centres, cut)
    total.over_ranks(state.comm)
    new = means(total.sums, total.counts, cut, state.start)
    same = (total.counts == got.counts).all() and (total.sums == got.sums).all()
    old_objective, new_objective = total.objectives
    falls = new_objective <= old_objective * (1.0 + check.SLACK)
    return total.worst if same and falls and (new == got.centres).all() else math.inf
