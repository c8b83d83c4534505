"""The three kinds of rows, each with the compiled functions that take it through the passes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels._support.memory import aligned
from kernels.bigdata.sort import merge, partition, splitters
from kernels.bigdata.sort.blocks import DIGITS
from kernels.bigdata.sort.cells import Pairs, Plan
from kernels.bigdata.sort.order import IMAGES, PAIR_B, WORD_B
from kernels.bigdata.sort.records import RECORD

Rows = NDArray[Any]


class Kind(ABC):
    """What must be known of rows of one dtype. item_B : bytes of what is sorted in the caches."""

    dtype: np.dtype[Any]
    item_B: int

    @abstractmethod
    def draw(self, rows: Rows, key: np.uint64, start: int, out: Pairs) -> None:
        """A random sample of the rows; start : number of the first over all ranks."""

    @abstractmethod
    def find(
        self,
        rows: Rows,
        start: int,
        plan: Plan,
        buckets: NDArray[np.uint16],
        counts: NDArray[np.uint64],
    ) -> None:
        """The bucket of each row, and the rows of each bucket."""

    @abstractmethod
    def scatter(
        self, rows: Rows, buckets: NDArray[np.uint16], places: NDArray[np.uint64], out: Rows
    ) -> None:
        """Each row to the next place of its bucket."""

    @abstractmethod
    def merge(self, rows: Rows, pieces: NDArray[np.int64], out: Rows, block: Block) -> None:
        """The buckets that the pieces make, sorted, one behind the other."""


class Block:
    """Memory of one thread for a block that fits into its caches: items, their copy, digits."""

    def __init__(self, kind: Kind, size: int) -> None:
        self.items, self.scratch = (aligned(size, f"V{kind.item_B}") for _ in range(2))
        self.digits = aligned((2, DIGITS), np.uint64)


class Numbers(Kind):
    """int64 and float64, compared by their images."""

    item_B = WORD_B

    def __init__(self, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self._image = IMAGES[dtype]

    def draw(self, rows: Rows, key: np.uint64, start: int, out: Pairs) -> None:
        """See `Kind`."""
        splitters.draw_keys(rows.view(np.uint64), self._image, key, start, out)

    def find(
        self,
        rows: Rows,
        start: int,
        plan: Plan,
        buckets: NDArray[np.uint16],
        counts: NDArray[np.uint64],
    ) -> None:
        """See `Kind`."""
        partition.find_keys(rows.view(np.uint64), self._image, start, plan, buckets, counts)

    def scatter(
        self, rows: Rows, buckets: NDArray[np.uint16], places: NDArray[np.uint64], out: Rows
    ) -> None:
        """See `Kind`."""
        partition.scatter_keys(rows.view(np.uint64), buckets, places, out.view(np.uint64))

    def merge(self, rows: Rows, pieces: NDArray[np.int64], out: Rows, block: Block) -> None:
        """See `Kind`."""
        merge.merge_keys(
            rows.view(np.uint64),
            self._image,
            pieces,
            out.view(np.uint64),
            block.items.view(np.uint64),
            block.scratch.view(np.uint64),
            block.digits,
        )


class RecordsOf100(Kind):
    """Records, compared by their keys of ten bytes."""

    dtype = RECORD
    item_B = PAIR_B

    def draw(self, rows: Rows, key: np.uint64, start: int, out: Pairs) -> None:
        """See `Kind`."""
        splitters.draw_records(rows.view(np.uint32), key, start, out)

    def find(
        self,
        rows: Rows,
        start: int,
        plan: Plan,
        buckets: NDArray[np.uint16],
        counts: NDArray[np.uint64],
    ) -> None:
        """See `Kind`."""
        partition.find_records(rows.view(np.uint32), start, plan, buckets, counts)

    def scatter(
        self, rows: Rows, buckets: NDArray[np.uint16], places: NDArray[np.uint64], out: Rows
    ) -> None:
        """See `Kind`."""
        partition.scatter_records(rows.view(np.uint32), buckets, places, out.view(np.uint32))

    def merge(self, rows: Rows, pieces: NDArray[np.int64], out: Rows, block: Block) -> None:
        """See `Kind`. A bucket that no block holds gets pairs of its own."""
        largest = int((pieces[:, :, 1] - pieces[:, :, 0]).sum(axis=1).max(initial=0))
        pairs = block.items if largest <= block.items.size else aligned(largest, block.items.dtype)
        merge.merge_records(
            rows.view(np.uint32),
            pieces,
            out.view(np.uint32),
            pairs.view(np.complex128),
            block.scratch.view(np.complex128),
            block.digits,
        )


def kind(dtype: str) -> Kind:
    """The kind of rows of a data type, as the parameter of the kernel names it."""
    return RecordsOf100() if dtype == "record" else Numbers(dtype)


KINDS: Final = ("int64", "float64", "record")
