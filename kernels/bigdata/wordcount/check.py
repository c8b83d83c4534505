"""The counted words against the text once more, in pieces of bounded size.

The text is read or generated anew and split character by character (`scan`). Of every word the
same hash of another kind is summed up, and so often as it was counted for the result: if one count
is wrong, the sums differ but for one in 2^64 cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mpi4py import MPI
from numba import njit, types
from numpy.typing import NDArray

from kernels._support.hashing import part_of
from kernels._support.splitmix import random_bits
from kernels._support.string_table import (
    LENGTH,
    LONG,
    RANKS,
    STATE,
    TAG_BITS,
    VALUE,
    Entries,
    hash_of,
    key_of,
    packed,
)
from kernels.bigdata.wordcount.scan import FNV_PRIME, FNV_START, add_words
from kernels.bigdata.wordcount.spills import PARTS, Spills

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.wordcount.cpu import State

PIECE_B: Final = 2**20
_FACTS: Final = 3
"""Words, their bytes, sum of their hashes."""
_ARGUMENTS: Final = (types.uint64[:, ::1], types.uint8[::1], types.uint64[::1], types.uint64[::1])


@njit(types.void(*_ARGUMENTS), cache=True, error_model="numpy")
def add_counted(
    entries: Entries, text: NDArray[np.uint8], sums: NDArray[np.uint64], hashes: Any
) -> None:
    """What `scan.add_words` adds for every word, for each entry as often as it was counted.

    text : bytes of the long words; hashes : (entries,), those of the words.
    """
    at: Any = 0
    for i in range(len(entries)):
        entry, state = entries[i], FNV_START
        times, tag = entry[STATE] & np.uint64(VALUE), entry[STATE] >> np.uint64(TAG_BITS)
        length = np.int64(entry[LENGTH]) if tag == np.uint64(LONG) else np.int64(tag) - 1
        for j in range(length):
            if tag == np.uint64(LONG):
                byte = np.uint64(text[at + j])
            else:
                byte = (entry[j >> 3] >> np.uint64(8 * (j & 7))) & np.uint64(0xFF)
            state = (state ^ byte) * FNV_PRIME
        if tag == np.uint64(LONG):
            at += length
        hashes[i] = random_bits(state, np.uint64(0))
        sums[0] += times
        sums[1] += times * np.uint64(length)
        sums[2] += times * hashes[i]


@njit("i8(u8[:,::1], i8, i8)", cache=True, error_model="numpy")
def strangers(entries: Entries, ranks: int, rank: int) -> Any:
    """Entries that belong to another rank."""
    count: Any = 0
    for i in range(len(entries)):
        count += part_of(hash_of(key_of(entries[i])) * RANKS, ranks) != np.uint64(rank)
    return count


def wrong_facts(state: State, comm: Intracomm) -> float:
    """Sums that differ, words that are there twice or on the wrong rank. Collective."""
    sums = np.zeros((2, _FACTS), np.uint64)
    wrong = 0
    for piece in _pieces(state):
        add_words(piece, sums[0])
    for entries, text in _batches(state):
        hashes = np.empty(len(entries), np.uint64)
        add_counted(entries, text, sums[1], hashes)
        hashes.sort()
        wrong += int((hashes[1:] == hashes[:-1]).sum()) + strangers(entries, comm.size, comm.rank)
    comm.Allreduce(MPI.IN_PLACE, sums, op=MPI.SUM)
    return float(comm.allreduce(wrong) + (sums[0] != sums[1]).sum())


def _pieces(state: State) -> Iterator[NDArray[np.uint8]]:
    """The text of this rank, not from memory."""
    start = state.start
    while start < state.stop:
        stop = min(state.text.boundary(start + PIECE_B), state.stop)
        piece = np.empty(stop - start, np.uint8)
        state.text.read(start, piece)
        yield piece
        start = stop


def _batches(state: State) -> Iterator[tuple[Entries, NDArray[np.uint8]]]:
    """The results of this rank; equal words are in the same batch."""
    if isinstance(state.results, Spills):
        for part in range(PARTS):
            yield state.results.read(part)
    else:
        yield packed(state.results, RANKS, 1)[:2]
