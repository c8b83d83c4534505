"""Broadcasts between real ranks: every algorithm, any root and size, two in flight at once."""

from __future__ import annotations

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support import row_broadcast

ALGORITHMS = ["mpi", *row_broadcast.SCHEDULES]


def message(size: int, root: int) -> np.ndarray:
    return np.arange(size) + 1000.0 * root + 0.5


@pytest.mark.parametrize("size", [0, 1, 2, 5, 100_001])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_everyone_gets_the_message(algorithm: str, size: int, comm: MPI.Intracomm) -> None:
    for root in range(comm.size):
        found = message(size, root) if comm.rank == root else np.full(size, np.nan)
        flight = row_broadcast.start(comm, found, root, algorithm)
        for _ in range(3):
            flight.poll()
        flight.wait()
        np.testing.assert_array_equal(found, message(size, root))
        flight.finish()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_two_are_in_flight_at_once(algorithm: str, comm: MPI.Intracomm) -> None:
    roots = (0, comm.size - 1)
    found = [
        message(30_000, root) if comm.rank == root else np.full(30_000, np.nan) for root in roots
    ]
    flights = [
        row_broadcast.start(comm, one, root, algorithm)
        for one, root in zip(found, roots, strict=True)
    ]
    for flight, one, root in zip(flights, found, roots, strict=True):
        flight.wait()
        np.testing.assert_array_equal(one, message(30_000, root))
    for flight in flights:
        flight.finish()
