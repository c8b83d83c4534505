"""The operations with their messages built beforehand, and the closed form of their results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.memory import touched
from kernels.network.collectives import plan
from kernels.network.collectives.plan import ELEMENT_B
from kernels.network.collectives.reference import PERIOD, STEP, contribution

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Array = NDArray[np.uint32]
UNTOUCHED = 2**32 - 1
"""What a result holds before the verifier's call; no sum of fewer than 2000 ranks reaches it."""
PIECE = 2**16
"""Elements that are computed at once."""


@dataclass
class State:
    """One rank. source, result : (room,) uint32, shared by all operations; cast : of bcast.

    calls : operation, size -> one call.
    """

    comm: Intracomm
    source: Array
    result: Array
    cast: Array
    calls: dict[tuple[str, int], Callable[[], Any]] = field(default_factory=dict)

    def barrier(self) -> None:
        """Wait for all ranks."""
        self.comm.Barrier()

    def wrong(self) -> int:
        """Wrong elements on this rank: of the last call, and of each operation called anew."""
        last = next(reversed(self.calls))
        return self._differing(*last) + sum(self._anew(*one) for one in self.calls)

    def _anew(self, operation: str, size: int) -> int:
        self.result.fill(UNTOUCHED)
        if self.comm.rank > 0:
            self.cast.fill(UNTOUCHED)
        self.calls[operation, size]()
        return self._differing(operation, size)

    def _differing(self, operation: str, size: int) -> int:
        found = self.cast if operation == "bcast" else self.result
        wrong, at = 0, 0
        for part in expected(operation, size // ELEMENT_B, self.comm.rank, self.comm.size):
            wrong += int(np.count_nonzero(found[at : at + part.size] != part))
            at += part.size
        return wrong


def expected(operation: str, elements: int, rank: int, ranks: int) -> Iterator[Array]:
    """What an operation leaves on a rank, piece by piece, in the order of the sources."""
    match operation:
        case "bcast":
            yield from _pieces(partial(contribution, 0), 0, elements)
        case "allreduce":
            yield from _pieces(partial(_sum, ranks), 0, elements)
        case "reduce_scatter":
            yield from _pieces(partial(_sum, ranks), rank * elements, elements)
        case "allgather":
            for source in range(ranks):
                yield from _pieces(partial(contribution, source), 0, elements)
        case "alltoall":
            for source in range(ranks):
                yield from _pieces(partial(contribution, source), rank * elements, elements)
        case _:
            for source in range(ranks):
                start = plan.uneven_start(elements, source, rank)
                size = plan.uneven(elements, source, rank)
                yield from _pieces(partial(contribution, source), start, size)


def _pieces(made: Callable[[int, int], Array], start: int, elements: int) -> Iterator[Array]:
    """``made`` of so many elements from a place on: what it takes beside them stays small."""
    for first in range(start, start + elements, PIECE):
        yield made(first, min(PIECE, start + elements - first))


def _sum(ranks: int, start: int, elements: int) -> Array:
    """Sum over all ranks of what each contributes, modulo 2^32."""
    i = np.arange(start, start + elements, dtype=np.int64) % PERIOD
    return (STEP * (ranks * (ranks - 1) // 2) + ranks * (i + 1)).astype(np.uint32)


def _fill(out: Array, rank: int) -> None:
    """What a rank contributes."""
    at = 0
    for piece in _pieces(partial(contribution, rank), 0, out.size):
        out[at : at + piece.size] = piece
        at += piece.size


def allocate(operations: tuple[str, ...], sizes: tuple[int, ...], comm: Intracomm) -> State:
    """The buffers of this rank, and every call."""
    room = plan.room(max(sizes), comm.size)
    source, result = (touched(room, np.uint32) for _ in range(2))
    _fill(source, comm.rank)
    cast = touched(max(sizes) // ELEMENT_B, np.uint32)
    if comm.rank == 0:
        _fill(cast, 0)
    state = State(comm, source, result, cast)
    state.calls = {
        (operation, size): _call(state, operation, size // ELEMENT_B)
        for operation in operations
        for size in sizes
    }
    return state


def _call(state: State, operation: str, elements: int) -> Callable[[], Any]:
    """One call, with nothing left to build."""
    comm, kind = state.comm, MPI.UINT32_T
    sent, found = ([one, elements, kind] for one in (state.source, state.result))
    match operation:
        case "bcast":
            return partial(comm.Bcast, [state.cast, elements, kind], 0)
        case "allreduce":
            return partial(comm.Allreduce, sent, found, MPI.SUM)
        case "reduce_scatter":
            whole = [state.source, elements * comm.size, kind]
            return partial(comm.Reduce_scatter, whole, found, [elements] * comm.size, MPI.SUM)
        case "allgather":
            return partial(comm.Allgather, sent, found)
        case "alltoall":
            return partial(comm.Alltoall, sent, found)
        case _:
            # A rank receives from another as much as it sends there.
            counts, starts = (
                [part(elements, comm.rank, other) for other in range(comm.size)]
                for part in (plan.uneven, plan.uneven_start)
            )
            ways = ([one, counts, starts, kind] for one in (state.source, state.result))
            return partial(comm.Alltoallv, *ways)
