"""The answer against all rows, generated or read anew chunk by chunk, in NumPy's comparisons.

An answer is the right one if and only if its rows hold its values, differ, and stand in order, and
the rows above its smallest value, and those equal to it up to the last such row, are as many as in
the answer: no selection is done again.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.blocks import Block
from kernels._support.dataset.column import Column

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.topk.cpu import Answer

CHUNK_ROWS: Final = 2**18


def violations(answer: Answer | None, column: Column, own: Block, k: int, comm: Intracomm) -> float:
    """How many rows or conditions are wrong; infinity if there is no answer. Collective.

    answer : of rank 0.
    """
    answer = comm.bcast(answer)
    if answer is None:
        return math.inf
    values, rows = answer.values, answer.rows
    found = np.zeros(4, np.int64)
    for start in range(own.start, own.stop, CHUNK_ROWS):
        x = np.empty(min(CHUNK_ROWS, own.stop - start), column.dtype)
        column.read(start, x)
        found += counted(x, start, values, rows)
    comm.Allreduce(MPI.IN_PLACE, found, op=MPI.SUM)
    tied = int(np.count_nonzero(values == values[-1])) if values.size else 0
    wanted = [min(k, int(found[0])), values.size, values.size - tied, tied]
    wrong = np.abs(np.array([values.size, *found[1:]]) - np.array(wanted))
    return float(wrong.sum() + out_of_order(values, rows) + rows.size - np.unique(rows).size)


def counted(x: NDArray[Any], start: int, values: NDArray[Any], rows: NDArray[Any]) -> Any:
    """(4,): how many of the rows from start on are what the answer says.

    Those that are numbers; rows of the answer that hold its value; rows above the smallest of the
    answer; rows equal to it, up to the last such row of the answer.
    """
    numbers = np.count_nonzero(x == x)  # noqa: PLR0124 - NaN is not equal to itself
    if not values.size:
        return np.array([numbers, 0, 0, 0])
    mine = (rows >= start) & (rows < start + x.size)
    held = np.count_nonzero(x[rows[mine] - start] == values[mine])
    tied = np.flatnonzero(x == values[-1]) + start
    return np.array(
        [numbers, held, np.count_nonzero(x > values[-1]), np.count_nonzero(tied <= rows[-1])]
    )


def out_of_order(values: NDArray[Any], rows: NDArray[Any]) -> int:
    """Neighbours of which the second should come first, or of which one is no number."""
    before, after = values[:-1], values[1:]
    right = (before > after) | ((before == after) & (rows[:-1] < rows[1:]))
    return int(np.count_nonzero(~right))
