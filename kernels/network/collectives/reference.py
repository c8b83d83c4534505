"""What each rank contributes, and each operation computed from all of it: the obvious version."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.network.collectives import plan

PERIOD: Final = 1009
STEP: Final = 1013
"""A rank's numbers lie above those of the rank before."""


def contribution(rank: int, start: int, elements: int) -> NDArray[np.uint32]:
    """(elements,): what a rank sends, from a place in its buffer on: 1013 rank + i mod 1009 + 1."""
    i = np.arange(start, start + elements, dtype=np.int64)
    return (STEP * rank + i % PERIOD + 1).astype(np.uint32)


def result(operation: str, elements: int, rank: int, ranks: int) -> NDArray[np.uint32]:
    """What an operation leaves on a rank."""
    buffers = [contribution(one, 0, 2 * ranks * elements) for one in range(ranks)]
    if operation == "bcast":
        return buffers[0][:elements]
    total: NDArray[np.uint32] = np.add.reduce(buffers, dtype=np.uint32)
    if operation == "allreduce":
        return total[:elements]
    if operation == "reduce_scatter":
        return total[elements * rank : elements * (rank + 1)]
    if operation == "allgather":
        return np.concatenate([one[:elements] for one in buffers])
    if operation == "alltoall":
        return np.concatenate([one[elements * rank : elements * (rank + 1)] for one in buffers])
    parts = []
    for source, buffer in enumerate(buffers):
        before = sum(plan.uneven(elements, source, to) for to in range(rank))
        parts.append(buffer[before : before + plan.uneven(elements, source, rank)])
    return np.concatenate(parts)
