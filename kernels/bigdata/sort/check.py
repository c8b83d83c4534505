"""valsort's rule: the rows are in order, within ranks and across, and they are the rows given.

Rows are compared by NumPy in their own type. That they are those given is seen from their number
and from the sum of a 128-bit hash of every row, over the result and over the rows generated or read
once more. All is done in small chunks: there may be no memory for more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numba import njit
from numpy.typing import NDArray

from kernels._support.blocks import Block
from kernels._support.dataset.column import Column
from kernels._support.splitmix import random_bits

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Rows = NDArray[Any]
CHUNK_B: Final = 2**20
KEY: Final = np.dtype([("head", ">u8"), ("rest", ">u2"), ("data", "V90")])


@njit("void(u4[::1], i8, u8[::1])", cache=True, error_model="numpy")
def add_hashes(words: NDArray[np.uint32], width: int, sums: NDArray[np.uint64]) -> None:
    """Add to sums: the two hashes of each row of so many words of four bytes."""
    for start in range(0, words.size, width):
        state = np.uint64(width)
        for i in range(start, start + width):
            state = random_bits(state, np.uint64(words[i]))
        sums[0] += state
        sums[1] += random_bits(~state, state)


def descents(rows: Rows) -> int:
    """How many rows are smaller than the one before."""
    one, other = rows[:-1], rows[1:]
    if rows.dtype.kind == "i":
        return int(np.count_nonzero(other < one))
    if rows.dtype.kind == "f":
        wrong = (other < one) | (np.isnan(one) & ~np.isnan(other))
        zeros = (one == 0.0) & (other == 0.0)
        return int(np.count_nonzero(wrong | (zeros & np.signbit(other) & ~np.signbit(one))))
    one, other = one.view(KEY), other.view(KEY)
    less, same = other["head"] < one["head"], other["head"] == one["head"]
    return int(np.count_nonzero(less | (same & (other["rest"] < one["rest"]))))


def chunks_of(column: Column, own: Block) -> Iterator[Rows]:
    """The rows of a block, generated or read anew, in an array that is used again and again."""
    buffer = np.empty(max(1, CHUNK_B // column.dtype.itemsize), column.dtype)
    for first in range(0, own.size, buffer.size):
        chunk = buffer[: min(buffer.size, own.size - first)]
        column.read(own.start + first, chunk)
        yield chunk


def errors(result: Iterable[Rows], column: Column, own: Block, comm: Intracomm) -> int:
    """Rows out of order, and missing, plus one if their hashes differ; the same on every rank.

    result : the sorted rows of this rank, in order, chunk by chunk. own : the rows it was given.
    """
    given, got = np.zeros(3, np.uint64), np.zeros(3, np.uint64)
    for chunk in chunks_of(column, own):
        _add(chunk, given)
    wrong, ends = 0, []
    for chunk in result:
        if not chunk.size:
            continue
        _add(chunk, got)
        wrong += descents(chunk)
        ends += [chunk[:1].copy(), chunk[-1:].copy()]
        if len(ends) > 2:
            wrong += descents(np.concatenate(ends[1:3]))
            ends[1:] = ends[3:]
    limits = [one for ends_of_rank in comm.allgather(ends) for one in ends_of_rank]
    across = sum(descents(np.concatenate(limits[i : i + 2])) for i in range(1, len(limits) - 1, 2))
    for sums in (given, got):
        comm.Allreduce(MPI.IN_PLACE, sums, op=MPI.SUM)
    missing = abs(int(given[2]) - int(got[2]))
    changed = int((given[:2] != got[:2]).any())
    return int(comm.allreduce(wrong, op=MPI.SUM)) + across + missing + changed


def _add(rows: Rows, sums: NDArray[np.uint64]) -> None:
    add_hashes(rows.view(np.uint32), rows.dtype.itemsize // 4, sums[:2])
    sums[2] += np.uint64(rows.size)
