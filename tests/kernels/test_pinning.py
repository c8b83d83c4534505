"""Threads on CPUs of their own: which ones, and that they get back what they had."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import numba
import numpy as np
import pytest
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support import pinning
from kernels._support.pinning import Pinned, choose


def mask(*cpus: int) -> frozenset[int]:
    return frozenset(cpus)


@pytest.fixture
def pairs_share_a_core(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CPUs 0 and 4, 1 and 5, 2 and 6, 3 and 7 are hyperthreads of a core each."""
    for cpu in range(8):
        (tmp_path / f"cpu{cpu}/topology").mkdir(parents=True)
        siblings = f"{cpu % 4},{cpu % 4 + 4}\n"
        (tmp_path / f"cpu{cpu}/topology/thread_siblings_list").write_text(siblings)
    monkeypatch.setattr(pinning, "_TOPOLOGY", tmp_path)


@pytest.mark.usefixtures("pairs_share_a_core")
def test_cores_are_taken_once_before_one_is_taken_twice() -> None:
    assert choose([mask(*range(8))], 2) == (0, 1)
    assert choose([mask(0, 4, 2, 6)], 2) == (0, 2)
    assert choose([mask(0, 4, 2, 6)], 3) == (0, 2, 4)


@pytest.mark.usefixtures("pairs_share_a_core")
def test_threads_stay_free_where_ranks_share_cpus_or_have_too_few() -> None:
    assert choose([mask(0, 1), mask(1, 2)], 2) == ()
    assert choose([mask(0, 1), mask(0, 1)], 1) == ()
    assert choose([mask(0)], 2) == ()
    assert choose([mask(0, 5000)], 2) == ()


def test_without_topology_every_cpu_is_a_core(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pinning, "_TOPOLOGY", tmp_path)
    assert choose([mask(3, 1, 7), mask(2)], 2) == (1, 3)


@pytest.mark.parametrize("threads", range(1, min(len(os.sched_getaffinity(0)), 3) + 1))
def test_each_thread_has_its_cpu_for_as_long_as_the_object_lives(threads: int) -> None:
    had = os.sched_getaffinity(0)
    numba.set_num_threads(threads)
    try:
        pinned = Pinned(MPI.COMM_SELF)
        assert set(pinned.cpus) <= had
        assert len(set(pinned.cpus)) == threads
        assert os.sched_getaffinity(0) == {pinned.cpus[0]}
        assert cpus_of_threads(threads) == [{cpu} for cpu in pinned.cpus]
        del pinned
        gc.collect()
        assert os.sched_getaffinity(0) == had
        assert cpus_of_threads(threads) == [had] * threads
    finally:
        numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)


def test_a_second_object_pins_again_and_the_last_frees_all() -> None:
    had = os.sched_getaffinity(0)
    first, second = Pinned(MPI.COMM_SELF), Pinned(MPI.COMM_SELF)
    assert first.cpus == second.cpus
    del first
    gc.collect()
    assert os.sched_getaffinity(0) == {second.cpus[0]}
    del second
    gc.collect()
    assert os.sched_getaffinity(0) == had


_get = numba.types.ExternalFunction(
    "sched_getaffinity", numba.types.int32(*[numba.types.int64] * 3)
)


@numba.njit(parallel=True)
def read_masks(masks: NDArray[np.uint64]) -> None:
    for thread in numba.prange(len(masks)):
        _get(0, 128, masks[thread].ctypes.data)


def cpus_of_threads(threads: int) -> list[set[int]]:
    """What the threads of a parallel loop may run on now."""
    masks = np.zeros((threads, 16), np.uint64)
    read_masks(masks)
    return [
        {64 * word + bit for word in range(16) for bit in range(64) if int(row[word]) >> bit & 1}
        for row in masks
    ]
