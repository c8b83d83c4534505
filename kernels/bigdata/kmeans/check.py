"""A step once more, from points that are generated anew, with NumPy and its BLAS.

A label is right if no other centre is nearer by more than the rounding errors of both ways to
compute the distances: of all rows, so of all borderline ones. Given the labels, counts and sums
are integers, and are compared exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels.bigdata.kmeans.reference import Floats, Integers, sums

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels._support.blocks import Block
    from kernels.bigdata.kmeans.exact import Units
    from kernels.bigdata.kmeans.points import Points

DISTANCES: Final = 2**20
"""Distances computed at once: 8 MiB."""
ROUNDING: Final = 2.0**-52
SLACK: Final = 1e-9
"""The objective may rise by so much of itself: the rounding of its own sum."""


@dataclass
class Totals:
    """What the rows of a rank sum to. worst : excess of a label's distance over what may be."""

    sums: Integers  # (2, clusters, dimensions)
    counts: Integers  # (clusters,)
    worst: float = 0.0
    objectives: Floats = field(default_factory=lambda: np.zeros(2))  # of the old and new centres

    def over_ranks(self, comm: Intracomm) -> None:
        """Sums and the worst of all ranks. Collective."""
        for one in (self.sums, self.counts, self.objectives):
            comm.Allreduce(MPI.IN_PLACE, one, op=MPI.SUM)
        self.worst = comm.allreduce(self.worst, op=MPI.MAX)


def recompute(
    points: Points,
    own: Block,
    labels: NDArray[np.int32],
    centres: Floats,
    new: Floats,
    units: Units,
) -> Totals:
    """Totals of the rows of a rank. labels : (own.size,); centres, new : before and after."""
    clusters, dimensions = centres.shape
    made = Totals(np.zeros((2, clusters, dimensions), np.int64), np.zeros(clusters, np.int64))
    first = first_of_equal(centres)
    rows = max(1, DISTANCES // max(clusters, dimensions))
    for start in range(0, own.size, rows):
        part = labels[start : start + rows]
        x = np.empty((part.size, dimensions))
        points.read((own.start + start) * dimensions, x.reshape(-1))
        if part.min() < 0 or part.max() >= clusters or (first[part] != part).any():
            made.worst = np.inf
            return made
        made.worst = max(made.worst, _excess(x, part, centres))
        made.counts += np.bincount(part, minlength=clusters)
        made.sums += sums(x, part, clusters, units)
        for i, those in enumerate((centres, new)):
            made.objectives[i] += ((x - those[part]) ** 2).sum()
    return made


def first_of_equal(centres: Floats) -> Integers:
    """The number of the first centre that equals each one: a point goes to no later one."""
    _, first, inverse = np.unique(centres, axis=0, return_index=True, return_inverse=True)
    found: Integers = first[inverse.reshape(-1)]
    return found


def _excess(x: Floats, labels: NDArray[np.int32], centres: Floats) -> float:
    """How much nearer another centre is, over the bound on rounding errors; 0 if none is.

    A distance in d dimensions is computed with an error of at most (d + 2) ROUNDING / 2 times
    2 ||x|| ||c|| + ||c||^2 (Higham, Accuracy and Stability of Numerical Algorithms, 3.1), here and
    there, for each of two centres.
    """
    squares = (centres * centres).sum(axis=1)
    distances = squares - 2.0 * (x @ centres.T)
    chosen = distances[np.arange(len(x)), labels]
    size = np.sqrt((x * x).sum(axis=1)) * np.sqrt(squares.max()) * 2.0 + squares.max()
    bound = 2.0 * (x.shape[1] + 2) * ROUNDING * size
    excess = chosen - distances.min(axis=1)
    return float((excess / np.maximum(bound, np.finfo(float).tiny)).max())
