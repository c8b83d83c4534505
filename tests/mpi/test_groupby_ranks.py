"""groupby on several ranks: the same groups as on one, each on one rank, evenly however skewed."""

from __future__ import annotations

from typing import Any

import pytest
from mpi4py import MPI

from harness.measure.watch import Stopwatch
from kernels.bigdata.groupby.by_string import ByString
from kernels.bigdata.groupby.kernel import GroupBy
from kernels.bigdata.groupby.table import KEY

EVEN = 1.5
"""Largest imbalance of what is received, of keys with an exponent of 1.2."""


def groups(kernel: GroupBy, comm: MPI.Intracomm, watch: Stopwatch | None = None) -> dict[Any, Any]:
    """The words of the aggregate of each key that this rank owns."""
    state = kernel.setup(comm)
    if watch is not None:
        kernel.watch(state, watch)
    state.groupby()
    assert kernel.verify(state, comm).passed
    if isinstance(state, ByString):
        some = state.owned.aggregates[:, KEY + 1 :].tolist()
        return {text: some[i - 1] for text, i in state.owned.strings.values().items()}
    return {one[KEY]: one[KEY + 1 :] for some in state.results.chunks() for one in some.tolist()}


@pytest.mark.parametrize("key", ["int64", "string"])
@pytest.mark.parametrize("keys", [3, 2000, 10**6])
def test_groups_do_not_depend_on_the_ranks(key: str, keys: int, comm: MPI.Intracomm) -> None:
    kernel = GroupBy(rows=20_011, keys=keys, key=key, aggregates="all")
    found = comm.allgather(groups(kernel, comm))
    together = {one: words for some in found for one, words in some.items()}
    assert sum(map(len, found)) == len(together)
    assert together == groups(kernel, MPI.COMM_SELF)


@pytest.mark.parametrize("key", ["int64", "string"])
def test_skewed_keys_load_the_ranks_evenly(key: str, comm: MPI.Intracomm) -> None:
    """The most frequent key has a fifth of all rows."""
    watch = Stopwatch()
    kernel = GroupBy(rows=200_000, keys=10**6, key=key, distribution="zipf", exponent=1.2)
    groups(kernel, comm, watch)
    (imbalance,) = watch.series["imbalance"]
    assert 1.0 <= imbalance <= EVEN
