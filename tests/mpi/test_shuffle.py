"""The exchange of items, in one call and in slices, against what every rank is known to send."""

from __future__ import annotations

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.shuffle import MOST_ITEMS, exchange, imbalance

ITEM = np.dtype([("value", "i8"), ("rest", "u1", 92)])


def sent(source: int, to: int) -> int:
    """How many items; none between some pairs, and none at all from rank 1 to itself."""
    return (source * 3 + to * 5) % 11 if (source, to) != (1, 1) else 0


def items(source: int, to: int) -> np.ndarray:
    made = np.zeros(sent(source, to), ITEM)
    made["value"] = 1000 * source + 100 * to + np.arange(made.size)
    made["rest"] = source
    return made


@pytest.mark.parametrize("most", [MOST_ITEMS, 3])
@pytest.mark.parametrize("reuse", [False, True])
def test_every_item_arrives(most: int, reuse: bool, comm: MPI.Intracomm) -> None:
    ranks = range(comm.size)
    send = np.concatenate([items(comm.rank, to) for to in ranks])
    counts = np.array([sent(comm.rank, to) for to in ranks])
    into = np.empty(100, ITEM) if reuse else None
    got, received = exchange(comm, send, counts, into, most)
    assert received.tolist() == [sent(source, comm.rank) for source in ranks]
    np.testing.assert_array_equal(got, np.concatenate([items(one, comm.rank) for one in ranks]))
    assert not reuse or got.base is into


def test_too_little_room_is_refused(comm: MPI.Intracomm) -> None:
    counts = np.full(comm.size, 2)
    with pytest.raises(ValueError, match=f"{2 * comm.size} items come, there is room for 1"):
        exchange(comm, np.zeros(2 * comm.size), counts, np.zeros(1))


def test_imbalance_is_the_largest_over_the_mean(comm: MPI.Intracomm) -> None:
    assert imbalance(comm, 5.0) == 1.0
    assert imbalance(comm, 0.0) == 1.0
    assert imbalance(comm, 6.0 if comm.rank == 0 else 0.0) == comm.size
