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

from kernels._support.scratch import Scratch, Spill
from kernels._support.shuffle import exchange
from kernels.bigdata.distinct.reference import hashes, one_form, registers_of

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels._support.blocks import Block
    from kernels._support.dataset.column import Column

Words = NDArray[np.uint64]
CHUNK: Final = 2**18
"""Rows read at once."""
ROWS: Final = 2**28
"""Rows of a rank whose values are brought together at once, where memory is not limited."""
COPIES: Final = 6
"""Copies of these rows that exist at the same time: found, joined, sent, received and sorted."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_SPREAD_SHIFT = np.uint64(40)


def expected(
    column: Column, own: Block, comm: Intracomm, precision: int, rows: int, scratch: str
) -> tuple[int, NDArray[np.uint8]]:
    """How many different values there are, and the registers. Collective.

    rows : of a rank that are brought together at once; more of them are put aside in as many piles
    as that takes, in files of the scratch folder.
    """
    registers = np.zeros(2**precision, np.uint8)
    piles = comm.allreduce(-(-own.size // rows), op=MPI.MAX)
    files = [Scratch(scratch).spill(np.uint64) for _ in range(piles)] if piles > 1 else []
    mine = [np.empty(0, np.uint64)]
    for values in _chunks(column, own, rows):
        np.maximum(registers, registers_of(hashes(values), precision), out=registers)
        words = different(values.view(np.uint64))
        if files:
            _put_aside(words, files, comm.size)
        else:
            mine.append(words)
    comm.Allreduce(MPI.IN_PLACE, registers, op=MPI.MAX)
    if files:
        found = sum(_owned(_whole(one), piles, comm) for one in files)
    else:
        found = _owned(np.concatenate(mine), 1, comm)
    return comm.allreduce(found, op=MPI.SUM), registers


def _chunks(column: Column, own: Block, rows: int) -> Iterator[NDArray[Any]]:
    """The rows, every value in one form."""
    size = min(CHUNK, rows)
    for start in range(own.start, own.stop, size):
        out = np.empty(min(size, own.stop - start), column.dtype)
        column.read(start, out)
        yield one_form(out)


def _put_aside(words: Words, files: list[Spill], ranks: int) -> None:
    piles = _place(words, len(files) * ranks) % len(files)
    rising = words[np.argsort(piles, kind="stable")]
    ends = np.cumsum(np.bincount(piles, minlength=len(files)))
    for file, piece in zip(files, np.split(rising, ends[:-1]), strict=True):
        file.append(piece)


def _whole(file: Spill) -> Words:
    out = np.empty(file.items, np.uint64)
    file.read(0, out)
    file.close()
    return out


def _owned(words: Words, piles: int, comm: Intracomm) -> int:
    """Different values of a pile that belong to this rank: the place of a value says to whom."""
    words = different(words)
    owners = _place(words, piles * comm.size) // piles
    order = np.argsort(owners, kind="stable")
    counts = np.bincount(owners, minlength=comm.size).astype(np.int64)
    received, _ = exchange(comm, words[order], counts)
    return different(received).size


def _place(words: Words, places: int) -> NDArray[np.int64]:
    """A number below ``places`` for each value: piles and ranks share it out."""
    return ((words * _SPREAD) >> _SPREAD_SHIFT).astype(np.int64) % places


def different(words: Words) -> Words:
    """The different ones, sorted."""
    rising = np.sort(words)
    first = np.ones(rising.size, bool)
    first[1:] = rising[1:] != rising[:-1]
    return rising[first]
