"""Exchange of the six faces of a block with its neighbours: non-blocking, contiguous buffers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from mpi4py import MPI
from numba import njit, prange
from numpy.typing import NDArray

from kernels._support.cartesian import Part
from kernels._support.memory import aligned

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm, Request

Array2 = NDArray[np.float64]
Array3 = NDArray[np.float64]


@njit("void(f8[:,:], f8[:,:])", parallel=True, cache=True, error_model="numpy")
def copy_face(to: Array2, face: Array2) -> None:
    """Pack or unpack: to = face, row by row."""
    for i in prange(to.shape[0]):
        for j in range(to.shape[1]):
            to[i, j] = face[i, j]


@dataclass(frozen=True)
class Face:
    """One neighbour of a block of shape (z, y, x): what it is sent, and what it sends."""

    axis: int
    upper: bool
    neighbour: int
    send: Array2  # the face's two other extents
    receive: Array2  # the same

    def inner(self, u: Array3) -> Array2:
        """The outermost layer of points, without the halo around it. u: (z + 2, y + 2, x + 2)."""
        return self._layer(u, -2 if self.upper else 1)

    def halo(self, u: Array3) -> Array2:
        """The layer beyond, which holds the neighbour's points."""
        return self._layer(u, -1 if self.upper else 0)

    def _layer(self, u: Array3, index: int) -> Array2:
        owned: list[slice | int] = [slice(1, -1)] * 3
        owned[self.axis] = index
        return u[tuple(owned)]


def faces(part: Part) -> tuple[Face, ...]:
    """The faces of a block that border on another rank's block; along x first, then y, then z."""
    found = []
    for axis in (2, 1, 0):
        extents = tuple(size for i, size in enumerate(part.shape) if i != axis)
        for upper, neighbour in enumerate(part.neighbours[axis]):
            if neighbour is not None:
                buffers = aligned(extents), aligned(extents)
                found.append(Face(axis, bool(upper), neighbour, *buffers))
    return tuple(found)


def start(u: Array3, sides: tuple[Face, ...], comm: Intracomm) -> list[Request]:
    """Send the outermost layers of u; one request to receive from each side, then those sent.

    A message is tagged with the axis and the direction in which it travels.
    """
    received = [
        comm.Irecv(one.receive, one.neighbour, tag=2 * one.axis + (not one.upper)) for one in sides
    ]
    sent = []
    for one in sides:
        copy_face(one.send, one.inner(u))
        sent.append(comm.Isend(one.send, one.neighbour, tag=2 * one.axis + one.upper))
    return received + sent


def finish(u: Array3, sides: tuple[Face, ...], requests: list[Request]) -> None:
    """Wait until everything has arrived and is sent, and fill the halo of u."""
    MPI.Request.Waitall(requests)
    for one in sides:
        copy_face(one.halo(u), one.receive)
