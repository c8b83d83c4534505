"""Exchange of halos between the blocks of a Cartesian grid: packed, persistent, non-blocking.

A block of (z, y, x) points lies in an array of (z + 2 dz, y + 2 dy, x + 2 dx): a halo of depth d on
both sides of each axis. A side without neighbour is a wall: its halo belongs to the caller. A rank
that is its own neighbour (a periodic axis with one rank) copies and sends no message.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mpi4py import MPI
from numba import get_num_threads, njit, prange
from numpy.typing import DTypeLike, NDArray

from kernels._support.cartesian import Part, Shape
from kernels._support.memory import touched

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm, Prequest

Offset = tuple[int, int, int]
"""Where a neighbour lies, along z, y and x: -1, 0 or 1 each."""
Region = tuple[slice, slice, slice]


_SIGNATURES: Final = ["void(f8[:,:,:], f8[:,:,:])", "void(f4[:,:,:], f4[:,:,:])"]
_SHARED_B: Final = 2**17
"""From this size on threads copy a region together; below, waking them takes longer."""


@njit(_SIGNATURES, cache=True, error_model="numpy")
def copy_alone(to: NDArray[Any], source: NDArray[Any]) -> None:
    """To = source, by the calling thread."""
    for z in range(to.shape[0]):
        for y in range(to.shape[1]):
            for x in range(to.shape[2]):
                to[z, y, x] = source[z, y, x]


@njit(_SIGNATURES, parallel=True, cache=True, error_model="numpy")
def copy_together(to: NDArray[Any], source: NDArray[Any]) -> None:
    """To = source, whose rows are shared out among the threads."""
    planes, rows = to.shape[0], to.shape[1]
    for i in prange(planes * rows):
        z, y = i // rows, i % rows
        for x in range(to.shape[2]):
            to[z, y, x] = source[z, y, x]


def copy_region(to: NDArray[Any], source: NDArray[Any]) -> None:
    """Pack or unpack: to = source."""
    if to.nbytes < _SHARED_B or get_num_threads() == 1:
        copy_alone(to, source)
    else:
        copy_together(to, source)


@dataclass(frozen=True)
class Link:
    """One neighbour: the points it is sent, the halo it fills, and a buffer for each.

    local : the neighbour is this rank itself, which has ``inner`` at its other side; the buffers
    are empty.
    """

    offset: Offset
    neighbour: int
    inner: Region
    halo: Region
    outgoing: NDArray[Any]
    incoming: NDArray[Any]
    local: bool


class Exchange:
    """All halos of a block. Call `start`, compute what needs no halo, call `finish`."""

    def __init__(
        self, part: Part, depths: Shape, comm: Intracomm, dtype: DTypeLike, *, corners: bool
    ) -> None:
        """Buffers and messages of every neighbour.

        depths : of the halo along z, y, x; an axis of depth 0 exchanges nothing. A block must be
        at least as deep along an axis with neighbours; see `deepest`. corners : edges and corners
        too, which a star-shaped stencil of one step does not read.
        """
        self.links = tuple(_links(part, depths, comm.rank, dtype, corners=corners))
        self._remote = [one for one in self.links if not one.local]
        self._local = [one for one in self.links if one.local]
        self._receive = [_receive(one, comm) for one in self._remote]
        self._send = [_send(one, comm) for one in self._remote]

    @property
    def messages(self) -> int:
        """Messages that this rank sends in one exchange."""
        return len(self._send)

    @property
    def sent_B(self) -> int:
        """Bytes that this rank sends in one exchange."""
        return sum(one.outgoing.nbytes for one in self._remote)

    def start(self, u: NDArray[Any]) -> None:
        """Send the outermost points of u, (z + 2 dz, y + 2 dy, x + 2 dx), and begin to receive."""
        MPI.Prequest.Startall(self._receive)
        for one, request in zip(self._remote, self._send, strict=True):
            copy_region(one.outgoing, u[one.inner])
            request.Start()
        for one in self._local:
            copy_region(u[one.halo], u[one.inner])

    def finish(self, u: NDArray[Any]) -> None:
        """Wait for all messages, and fill the halos of u."""
        MPI.Request.Waitall(self._receive)
        for one in self._remote:
            copy_region(u[one.halo], one.incoming)
        MPI.Request.Waitall(self._send)

    def free(self) -> None:
        """Give the messages back to MPI."""
        for one in (*self._receive, *self._send):
            one.Free()


def buffers_B(shape: Shape, depths: Shape, itemsize: int, *, corners: bool) -> int:
    """Bytes of all buffers of a block with a neighbour on every side, at most."""
    regions = (
        math.prod(d if o else n for o, d, n in zip(offset, depths, shape, strict=True))
        for offset in _offsets(corners=corners)
    )
    return 2 * itemsize * sum(regions)


def _offsets(*, corners: bool) -> list[Offset]:
    """All directions but the middle; without corners the six along the axes."""
    every = itertools.product((-1, 0, 1), repeat=3)
    return [
        (z, y, x) for z, y, x in every if corners or abs(z) + abs(y) + abs(x) == 1 if z or y or x
    ]


def _links(
    part: Part, depths: Shape, rank: int, dtype: DTypeLike, *, corners: bool
) -> Iterator[Link]:
    if part.empty:
        return
    for offset in _offsets(corners=corners):
        neighbour = _neighbour(part, rank, offset)
        used = all(depth or not step for depth, step in zip(depths, offset, strict=True))
        if neighbour is None or not used:
            continue
        local = neighbour == rank
        sides = list(zip(offset, part.shape, depths, strict=True))
        # What lies beyond a side of one's own block is what lies inside at the other.
        inner = _region(_inner(-step if local else step, n, d) for step, n, d in sides)
        halo = _region(_halo(*one) for one in sides)
        extents = tuple(one.stop - one.start for one in inner)
        outgoing, incoming = (touched((0, 0, 0) if local else extents, dtype) for _ in range(2))
        yield Link(offset, neighbour, inner, halo, outgoing, incoming, local)


def _region(sides: Iterator[slice]) -> Region:
    z, y, x = sides
    return z, y, x


def _inner(step: int, size: int, depth: int) -> slice:
    """The owned points next to a side, counted with the halo."""
    return {
        -1: slice(depth, 2 * depth),
        0: slice(depth, depth + size),
        1: slice(size, size + depth),
    }[step]


def _halo(step: int, size: int, depth: int) -> slice:
    """The halo beyond a side."""
    return {
        -1: slice(0, depth),
        0: slice(depth, depth + size),
        1: slice(depth + size, size + 2 * depth),
    }[step]


def _neighbour(part: Part, rank: int, offset: Offset) -> int | None:
    """The rank in a direction: every axis moves through the grid by a stride of its own."""
    found = rank
    for step, (below, above) in zip(offset, part.neighbours, strict=True):
        if step:
            beside = above if step > 0 else below
            if beside is None:
                return None
            found += beside - rank
    return found


def _tag(offset: Offset) -> int:
    """The number of a direction: two messages between the same two ranks differ in it."""
    z, y, x = offset
    return 9 * (z + 1) + 3 * (y + 1) + x + 1


def _receive(link: Link, comm: Intracomm) -> Prequest:
    """What arrives from a neighbour has travelled against the direction in which it lies."""
    z, y, x = link.offset
    return comm.Recv_init(link.incoming, link.neighbour, tag=_tag((-z, -y, -x)))


def _send(link: Link, comm: Intracomm) -> Prequest:
    return comm.Send_init(link.outgoing, link.neighbour, tag=_tag(link.offset))
