"""Aggregates that wait for their round: those of the frequent keys, and those that were spilled.

A run holds aggregates in the order of the partitions; a key is at most once for each thread in it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from kernels._support.memory import aligned
from kernels._support.scratch import Spill
from kernels.bigdata.groupby.parted import Parted, Words, bounds_of, starts
from kernels.bigdata.groupby.partition import parts_of
from kernels.bigdata.groupby.table import KEY


class Run(ABC):
    """ends : (parts + 1,), where the aggregates of each partition begin, and the end."""

    ends: Words

    @abstractmethod
    def read(self, start: int, out: Words) -> None:
        """Fill out with the aggregates start, start + 1, ..."""


class InMemory(Run):
    """A run of aggregates in any order."""

    def __init__(self, aggregates: Words, parts: int) -> None:
        owners = np.empty(len(aggregates), np.int64)
        parts_of(np.ascontiguousarray(aggregates[:, KEY]), parts, owners)
        self._aggregates = aggregates[np.argsort(owners, kind="stable")]
        self.ends = starts(np.bincount(owners, minlength=parts))

    def read(self, start: int, out: Words) -> None:
        """Copy them."""
        out[:] = self._aggregates[start : start + len(out)]


class Spilled(Run):
    """A run in a file of words."""

    def __init__(self, spill: Spill, width: int) -> None:
        self._spill, self._width = spill, width
        self._made: list[Words] = []
        self.ends = starts([])

    def append(self, aggregates: Words, made: Words) -> None:
        """Those of the next partitions; made : how many each has."""
        self._spill.append(aggregates)
        self._made.append(made)
        self.ends = starts(np.concatenate(self._made))

    def read(self, start: int, out: Words) -> None:
        """Read them back."""
        self._spill.read(start * self._width, out)


def load(runs: Sequence[Run], windows: Sequence[tuple[int, int]], width: int) -> Parted:
    """The aggregates of the partitions first .. last - 1 of each window, out of all runs."""
    total = sum(int(run.ends[last] - run.ends[first]) for run in runs for first, last in windows)
    array = aligned((total, width), np.int64)
    pieces = np.empty((sum(last - first for first, last in windows), len(runs), 2), np.int64)
    place = 0
    for k, run in enumerate(runs):
        q = 0
        for first, last in windows:
            ends = run.ends[first : last + 1]
            size = int(ends[-1] - ends[0])
            run.read(int(ends[0]), array[place : place + size])
            pieces[q : q + last - first, k] = bounds_of(ends - ends[0] + place)
            place, q = place + size, q + last - first
    bounds = bounds_of(np.arange(len(pieces) + 1) * len(runs))
    return Parted(array, pieces.reshape(-1, 2), bounds)
