"""The order of a tournament, and what its messages cost a rank that is alone: filling, checking."""

from __future__ import annotations

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from kernels._support import contents
from kernels.network.pairs import schedule

MESSAGE_B = 2**22


def test_tournament_of_1000(benchmark: BenchmarkFixture) -> None:
    benchmark(schedule.tournament, 1000)


def test_partners_of_one_in_1000(benchmark: BenchmarkFixture) -> None:
    benchmark(schedule.partners, 1000, 500, 7)


def test_check_of_a_message(benchmark: BenchmarkFixture) -> None:
    words = np.empty(MESSAGE_B // 8, np.uint64)
    key, change = np.uint64(5), np.uint64(0)
    contents.fill(words, key, change)
    assert benchmark(contents.differing, words, 0, MESSAGE_B, key, change) == 0
