"""Rows or aggregates in partitions, each in any number of pieces of one array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.int64]


@dataclass(frozen=True)
class Parted:
    """Partition q consists of the pieces bounds[q, 0], ..., bounds[q, 1] - 1.

    items : (n, words). pieces : (pieces, 2), first item and one past the last. bounds :
    (partitions, 2).
    """

    items: Words
    pieces: Words
    bounds: Words

    def some(self, parts: Words) -> Parted:
        """Some of the partitions, in that order."""
        return Parted(self.items, self.pieces, self.bounds[parts])

    def lengths(self) -> Words:
        """(partitions,): how many items each has."""
        ends = starts(self.pieces[:, 1] - self.pieces[:, 0])
        found: Words = ends[self.bounds[:, 1]] - ends[self.bounds[:, 0]]
        return found


def nothing(words: int, parts: int) -> Parted:
    """Partitions without items."""
    empty = np.empty((0, words), np.int64)
    return Parted(empty, np.empty((0, 2), np.int64), np.zeros((parts, 2), np.int64))


def starts(lengths: Any) -> Words:
    """(n + 1,): where each of n stretches begins that lie one behind the other, and the end."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def bounds_of(ends: Words) -> Words:
    """(n, 2): first and one past the last, from the n + 1 ends of stretches."""
    return np.stack([ends[:-1], ends[1:]], axis=1)
