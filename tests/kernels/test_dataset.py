"""Generated rows: the same for whoever owns them, of the distribution asked for; parts; limits."""

from __future__ import annotations

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.blocks import block
from kernels._support.dataset import generate
from kernels._support.dataset.budget import LEAST_B, RESERVE, budget_B, resident_B
from kernels._support.dataset.column import Generated, Part
from kernels._support.dataset.generate import DISTRIBUTIONS, law
from kernels.contract import CannotRun

KINDS = ("int64", "key", "float64")


def column(kind: str, distribution: str, rows: int, keys: int = 1000) -> Generated:
    return Generated(kind, law(distribution, rows, keys=keys, exponent=1.2, seed=3, stream=1))


def whole(made: Generated) -> np.ndarray:
    return Part(made, block(made.rows, 1, 0)).chunks().__next__()


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_do_not_depend_on_who_owns_them(kind: str, distribution: str) -> None:
    made = column(kind, distribution, 1003)
    for ranks in (2, 3, 7):
        parts = [Part(made, block(1003, ranks, rank), 100) for rank in range(ranks)]
        rows = np.concatenate([chunk.copy() for part in parts for chunk in part.chunks()])
        np.testing.assert_array_equal(rows, whole(made))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [1, 2, 10, 1000])
def test_sorted_rises_and_reversed_falls_over_the_same_values(kind: str, rows: int) -> None:
    rising, falling = (whole(column(kind, way, rows)) for way in ("sorted", "reversed"))
    assert (np.diff(rising.astype(float)) >= 0).all()
    np.testing.assert_array_equal(falling, rising[::-1])
    if kind == "key":
        evenly = (2 * np.arange(rows) + 1) * 1000 // (2 * rows)
        assert (np.abs(rising - evenly) <= 1).all()


def test_equal_is_one_value() -> None:
    for kind in KINDS:
        assert np.unique(whole(column(kind, "equal", 100))).size == 1


def test_nan_is_one_row_of_64_of_floats() -> None:
    rows = whole(column("float64", "nan", 640_000))
    assert np.isnan(rows).sum() == pytest.approx(10_000, rel=0.05)
    uniform = whole(column("float64", "uniform", 640_000))
    np.testing.assert_array_equal(rows[~np.isnan(rows)], uniform[~np.isnan(rows)])


def test_uniform_keys_are_uniform() -> None:
    counts = np.bincount(whole(column("key", "uniform", 10**6)), minlength=1000)
    assert counts.size == 1000
    assert_chi_squared(counts, np.full(1000, 1000.0))


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 1.2, 3.0])
def test_zipf_has_its_probabilities(exponent: float) -> None:
    made = law("zipf", 10**6, keys=50, exponent=exponent, seed=1, stream=0)
    counts = np.bincount(whole(Generated("key", made)), minlength=50)
    weights = np.arange(1, 51.0) ** -exponent
    assert_chi_squared(counts, 1e6 * weights / weights.sum())


def assert_chi_squared(counts: np.ndarray, expected: np.ndarray) -> None:
    """Within six standard deviations of its mean, the degrees of freedom."""
    freedom = counts.size - 1
    assert abs(((counts - expected) ** 2 / expected).sum() - freedom) < 6 * (2 * freedom) ** 0.5


@pytest.mark.parametrize("level", [0, 12345, 2**32 - 1, 2**63, 2**64 - 1, 0x9E3779B97F4A7C15])
@pytest.mark.parametrize("size", [1, 7, 10, 2**32 + 1, 2**62, 2**63])
def test_a_level_is_scaled_exactly(level: int, size: int) -> None:
    assert generate.scaled(np.uint64(level), np.uint64(size)) == level * size >> 64


def test_streams_and_seeds_differ() -> None:
    laws = [law("uniform", 100, seed=s, stream=t) for s in range(3) for t in range(3)]
    assert len({float(whole(Generated("float64", one)).sum()) for one in laws}) == 9


def test_a_part_in_memory_is_loaded_again() -> None:
    part = Part(column("int64", "uniform", 100), block(100, 2, 1))
    (rows,) = part.chunks()
    before = rows.copy()
    rows[:] = 0
    part.load()
    np.testing.assert_array_equal(rows, before)


def test_an_empty_part_has_no_rows() -> None:
    made = column("int64", "uniform", 2)
    assert sum(chunk.size for chunk in Part(made, block(2, 3, 2)).chunks()) == 0
    assert list(Part(made, block(2, 3, 2), 10).chunks()) == []


def test_a_limit_leaves_what_the_process_does_not_have_yet() -> None:
    left_B = budget_B(2**34, MPI.COMM_SELF)
    assert left_B == pytest.approx((2**34 - resident_B()) * (1 - RESERVE), rel=0.01)


def test_a_limit_below_the_libraries_says_how_much_is_needed() -> None:
    with pytest.raises(CannotRun, match=r"--set memory=\d+MiB or more") as caught:
        budget_B(10**6, MPI.COMM_SELF)
    need_MiB = int(str(caught.value).rpartition("memory=")[2].split("MiB")[0])
    assert budget_B((need_MiB + 4) * 2**20, MPI.COMM_SELF) >= LEAST_B
