"""The number of different values and the registers once more, from rows that are read anew.

NumPy throughout: values are sorted, not hashed into tables, and go to the ranks by another function
of their bits than that of the fast path; ranks of registers are read from the exponents of floats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.shuffle import exchange
from kernels.bigdata.distinct.reference import hashes, one_form, registers_of

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels._support.blocks import Block
    from kernels._support.dataset.column import Column

Words = NDArray[np.uint64]
CHUNK: Final = 2**20
"""Rows read at once."""
ROWS: Final = 2**28
"""Rows of a rank whose values are brought together at once, where memory is not limited."""
COPIES: Final = 4
"""Copies of these rows that exist at the same time: found, joined, sent, received and sorted."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_SPREAD_SHIFT = np.uint64(40)


def expected(
    column: Column, own: Block, comm: Intracomm, rows: int, precision: int
) -> tuple[int, NDArray[np.uint8]]:
    """How many different values there are, and the registers. Collective.

    rows : of a rank that are brought together at once: there are as many rounds as that takes.
    """
    registers = np.zeros(2**precision, np.uint8)
    for values in _chunks(column, own, rows):
        np.maximum(registers, registers_of(hashes(values), precision), out=registers)
    comm.Allreduce(MPI.IN_PLACE, registers, op=MPI.MAX)
    rounds = comm.allreduce(-(-own.size // rows), op=MPI.MAX)
    found = sum(_of_round(column, own, comm, rows, (one, rounds)) for one in range(rounds))
    return comm.allreduce(found, op=MPI.SUM), registers


def _chunks(column: Column, own: Block, rows: int) -> Iterator[NDArray[Any]]:
    """The rows, every value in one form."""
    size = min(CHUNK, rows)
    for start in range(own.start, own.stop, size):
        out = np.empty(min(size, own.stop - start), column.dtype)
        column.read(start, out)
        yield one_form(out)


def _of_round(column: Column, own: Block, comm: Intracomm, rows: int, one: tuple[int, int]) -> int:
    """Different values of a round that belong to this rank. one : number of the round, of how many.

    The place of a value is a number below rounds times ranks.
    """
    number, rounds = one
    mine = [np.empty(0, np.uint64)]
    for values in _chunks(column, own, rows):
        words = values.view(np.uint64)
        mine.append(different(words[_place(words, rounds * comm.size) % rounds == number]))
    words = different(np.concatenate(mine))
    owners = _place(words, rounds * comm.size) // rounds
    order = np.argsort(owners, kind="stable")
    counts = np.bincount(owners, minlength=comm.size).astype(np.int64)
    received, _ = exchange(comm, words[order], counts)
    return different(received).size


def _place(words: Words, places: int) -> NDArray[np.int64]:
    return ((words * _SPREAD) >> _SPREAD_SHIFT).astype(np.int64) % places


def different(words: Words) -> Words:
    """The different ones, sorted."""
    rising = np.sort(words)
    first = np.ones(rising.size, bool)
    first[1:] = rising[1:] != rising[:-1]
    return rising[first]
