"""sort against NumPy on rows of every kind and distribution, its parts, and its verifier."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.blocks import Block, block
from kernels._support.dataset.generate import DISTRIBUTIONS, integer
from kernels._support.splitmix import random_bits
from kernels._support.team import ALONE, Team
from kernels.bigdata.sort import blocks, check, cpu, order, records, reference, splitters
from kernels.bigdata.sort.cells import DIVIDED, INSIDE, bucket_of, search
from kernels.bigdata.sort.external import External
from kernels.bigdata.sort.kernel import MOST_NUMBERED, Sort
from kernels.bigdata.sort.kinds import KINDS, kind
from kernels.bigdata.sort.sorter import Sorter
from kernels.contract import CannotRun, IllegalParameter, Value

SPECIAL = [0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 5e-324, -5e-324, 1.0, -1.0, 1.7e308]
DIGITS = np.zeros((2, blocks.DIGITS), np.uint64)


def case(rows: int, dtype: str = "int64", distribution: str = "uniform") -> dict[str, Value]:
    return {"rows": rows, "dtype": dtype, "distribution": distribution}


def cases(ranks: int) -> list[dict[str, Value]]:
    small = [case(1), case(2, "float64"), case(3, "record", "reversed"), case(ranks, "record")]
    every = [case(5003, dtype, way) for dtype in KINDS for way in DISTRIBUTIONS]
    limited: dict[str, Value] = {**case(5003, "record", "zipf"), "memory": ranks * 2**33}
    return [*small, *every, limited, case(200_003)]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(5003, "record")


def change_one_byte(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        assert state.result is not None
        state.result[-1:].view(np.uint8)[-1] ^= 1


def swap_two_rows(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        assert state.result is not None
        state.result[[10, 11]] = state.result[[11, 10]]


def lose_one_and_have_another_twice(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        assert state.result is not None
        state.result[10] = state.result[11]


def lose_the_last(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        assert state.result is not None
        state.result = state.result[:-1]


def break_the_order_between_ranks(state: cpu.State, comm: MPI.Intracomm) -> None:
    """Each rank stays in order; a single one has its ends exchanged instead."""
    assert state.result is not None
    first, last = state.result[:1].copy(), state.result[-1:].copy()
    if comm.size == 1:
        state.result[:1], state.result[-1:] = last, first
    ends = comm.allgather((first, last))
    if comm.size > 1 and comm.rank == 0:
        state.result[-1:] = ends[1][0]
    if comm.size > 1 and comm.rank == 1:
        state.result[:1] = ends[0][1]


def forget_the_result(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.result = None


MUTATIONS = {
    "change_one_byte": change_one_byte,
    "swap_two_rows": swap_two_rows,
    "lose_one_and_have_another_twice": lose_one_and_have_another_twice,
    "lose_the_last": lose_the_last,
    "break_the_order_between_ranks": break_the_order_between_ranks,
    "forget_the_result": forget_the_result,
}


def given(state: cpu.State | External) -> np.ndarray:
    return np.concatenate([one.copy() for one in check.chunks_of(state.column, state.own)])


def result(state: cpu.State | External) -> np.ndarray:
    return np.concatenate([one.copy() for one in state.chunks()])


def same_bits(one: np.ndarray, other: np.ndarray) -> None:
    np.testing.assert_array_equal(one.view(np.uint8), other.view(np.uint8))


def matches(state: cpu.State | External) -> None:
    """The result has the keys of the reference in its order, and the rows it was given."""
    got, want = result(state), reference.in_order(given(state))
    if state.column.dtype.kind != "V":
        same_bits(got, want)
        return
    got, want = (one.view(np.uint8).reshape(-1, 100) for one in (got, want))
    np.testing.assert_array_equal(got[:, : reference.KEY_B], want[:, : reference.KEY_B])
    assert sorted(map(bytes, got)) == sorted(map(bytes, want))


@pytest.fixture(params=[1, 2], scope="module")
def team(request: pytest.FixtureRequest) -> Team:
    return Team(request.param)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("dtype", KINDS)
def test_rows_are_in_order(dtype: str, distribution: str, team: Team) -> None:
    for rows in (1, 2, 997, 20_011):
        kernel = Sort(rows=rows, dtype=dtype, distribution=distribution)
        sorter = Sorter(kind(dtype), team, np.uint64(1))
        column = cpu.column_of(kernel)
        state = cpu.State(column, block(rows, 1, 0), sorter, MPI.COMM_SELF)
        for _ in range(2):
            state.load()
            state.sort()
            matches(state)


def external(kernel: Sort, budget_B: int, folder: Path) -> External:
    sorter = Sorter(kind(kernel.dtype), ALONE, np.uint64(1))
    column = cpu.column_of(kernel)
    own = block(kernel.rows, 1, 0)
    return External(column, own, sorter, MPI.COMM_SELF, budget_B, str(folder))


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("dtype", KINDS)
def test_rows_are_in_order_out_of_core(dtype: str, distribution: str, tmp_path: Path) -> None:
    kernel = Sort(rows=20_011, dtype=dtype, distribution=distribution)
    state = external(kernel, kernel.row_B({"dtype": dtype}) * 20_000, tmp_path)
    for _ in range(2):
        state.load()
        state.sort()
        matches(state)
    assert not list(tmp_path.iterdir())


def test_a_bucket_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    state = external(Sort(rows=1000), 8 * 500, tmp_path)
    spill = state._scratch.spill(np.int64)
    spill.append(np.zeros(1000, np.int64))
    with pytest.raises(CannotRun, match="one has 1000 rows"):
        state._merge(spill, spill)


@pytest.mark.parametrize("size", [1, 2, 3, 17, 1000, 40_000])
@pytest.mark.parametrize("distinct", [1, 2, 20, 2**16, 2**64])
@pytest.mark.parametrize("scratch", [500, 2**16])
def test_blocks_of_words_and_of_pairs(size: int, distinct: int, scratch: int) -> None:
    rng = np.random.default_rng(size)
    words = rng.integers(0, 2**64, min(distinct, size), dtype=np.uint64)
    words = words if distinct == 2**64 else rng.choice(words, size)
    sorted_words = words.copy()
    blocks.sort_items(sorted_words, np.empty(scratch, np.uint64), DIGITS)
    np.testing.assert_array_equal(sorted_words, np.sort(words))
    rest = rng.integers(0, 5, size, dtype=np.uint64)
    pairs = np.stack([words, (rest << order.PLACE_BITS) | np.arange(size, dtype=np.uint64)], 1)
    items = pairs.view(np.complex128).reshape(-1).copy()
    blocks.sort_items(items, np.empty(scratch, np.complex128), DIGITS)
    got = items.view(np.uint64).reshape(-1, 2)
    place = (got[:, 1] & ((np.uint64(1) << order.PLACE_BITS) - np.uint64(1))).astype(int)
    np.testing.assert_array_equal(got, pairs[place])
    keys = (got[:, 0], got[:, 1] >> order.PLACE_BITS)
    want = np.lexsort((rest, words))
    np.testing.assert_array_equal(keys, (words[want], rest[want]))


@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_images_keep_the_order_and_every_bit(dtype: str) -> None:
    bits = np.random.default_rng(1).integers(0, 2**64, 2000, dtype=np.uint64)
    rows = np.concatenate([bits.view(dtype), np.array(SPECIAL).view(dtype)])
    how = order.IMAGES[dtype]
    images = np.array([order.image(one, how) for one in rows.view(np.uint64)], np.uint64)
    back = np.array([order.bits_of(one, how) for one in images], np.uint64)
    np.testing.assert_array_equal(back, rows.view(np.uint64))
    ordered = rows[np.argsort(images, kind="stable")]
    assert check.descents(ordered) == 0
    want = reference.in_order(rows)
    np.testing.assert_array_equal(np.isnan(ordered.astype(float)), np.isnan(want.astype(float)))
    finite = ~np.isnan(want.astype(float))
    same_bits(ordered[finite], want[finite])


def pairs(keys: np.ndarray) -> np.ndarray:
    words = np.stack([keys, np.arange(keys.size, dtype=np.uint64)], axis=1)
    return words[np.lexsort((words[:, 1], words[:, 0]))].view(np.complex128).reshape(-1)


KEYS = {
    "uniform": lambda rng: rng.integers(0, 2**64, 3000, dtype=np.uint64),
    "small": lambda rng: rng.integers(0, 50, 3000, dtype=np.uint64),
    "equal": lambda _: np.full(3000, 2**64 - 1, np.uint64),
    "zeros": lambda _: np.zeros(3000, np.uint64),
    "normal": lambda rng: rng.standard_normal(3000).view(np.uint64),
    "powers": lambda rng: np.uint64(1) << rng.integers(0, 64, 3000, dtype=np.uint64),
    "dense": lambda rng: np.uint64(2**63) + rng.integers(0, 9**9, 3000, dtype=np.uint64),
}


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("ranks", [1, 2, 7])
@pytest.mark.parametrize("keys", KEYS)
def test_the_table_agrees_with_the_bounds(keys: str, ranks: int, exact: bool) -> None:
    rows = pairs(KEYS[keys](np.random.default_rng(2)))
    plan, firsts = splitters.plan(rows[::4].copy(), ranks, 12, exact=exact)
    words = rows.view(np.uint64).reshape(-1, 2)
    found = [
        bucket_of(key, place, plan.table, plan.low, plan.fraction, plan.bounds)
        for key, place in words
    ]
    np.testing.assert_array_equal(found, [search(plan.bounds, one) for one in rows])
    assert firsts[0] == 0
    assert firsts[-1] == plan.bounds.size + 1
    sizes = np.add.reduceat(np.bincount(found, minlength=firsts[-1]), firsts[:-1])
    assert sizes.max() <= 1.02 * rows.size / ranks
    if not exact:
        assert np.count_nonzero(plan.table == INSIDE) <= ranks - 1


def test_special_floats() -> None:
    state = Sort(rows=len(SPECIAL), dtype="float64").setup(MPI.COMM_SELF)
    state._rows[: len(SPECIAL)] = SPECIAL
    state.sort()
    got = result(state)
    np.testing.assert_array_equal(got[:-2], np.sort(SPECIAL)[:-2])
    assert np.signbit(got).tolist() == [True] * 4 + [False] * 6 + [True]
    assert np.isnan(got[-2:]).all()


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([1.0, 2.0, 2.0, np.inf, np.nan, np.nan], 0),
        ([-0.0, 0.0], 0),
        ([0.0, -0.0], 1),
        ([np.nan, 1.0], 1),
        ([2.0, 1.0, 0.0], 2),
    ],
)
def test_descents_of_floats(rows: list[float], wrong: int) -> None:
    assert check.descents(np.array(rows)) == wrong


def test_descents_of_records_compare_all_ten_bytes() -> None:
    rows = np.zeros((3, 100), np.uint8)
    rows[:, 9] = 1, 2, 1
    rows[:, 10] = 9, 0, 0
    assert check.descents(rows.reshape(-1).view(records.RECORD)) == 1
    rows[:, 0] = 0, 1, 255
    assert check.descents(rows.reshape(-1).view(records.RECORD)) == 0


def test_records_are_lines_in_the_order_of_their_keys() -> None:
    kernel = Sort(rows=500, dtype="record", seed=3)
    column = cpu.column_of(kernel)
    rows = np.empty(100, records.RECORD)
    column.read(400, rows)
    law = kernel.law()
    for i, row in enumerate(range(400, 500)):
        image = int(integer(law, np.uint64(row))) + 2**63
        bits = int(random_bits(~law.key, np.uint64(row)))
        assert rows[i].tobytes() == reference.record(image, row, bits)
    lines = rows.tobytes().split(b"\n")[:-1]
    assert sorted(lines) == [one.tobytes()[:-1] for one in reference.in_order(rows)]


def test_an_input_is_sorted_as_what_it_holds(tmp_path: Path) -> None:
    rows = np.random.default_rng(5).standard_normal(1000)
    rows[::50] = np.nan
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"] = rows
    spec = f"{tmp_path}/data.h5:x"
    kernel = Sort(rows=1000, input=spec, dtype="float64")
    state = kernel.setup(MPI.COMM_SELF)
    state.sort()
    same_bits(result(state), reference.in_order(rows))
    assert kernel.verify(state, MPI.COMM_SELF).passed
    with pytest.raises(CannotRun, match="holds float64, not int64"):
        Sort(rows=1000, input=spec).setup(MPI.COMM_SELF)
    with pytest.raises(IllegalParameter, match="a column of float64; int64 is wanted here"):
        Sort.fit({"input": spec}, 10**9, 10**6, 1)
    assert Sort.fit({"input": spec, "dtype": "float64"}, 10**9, 10**6, 1) == {"rows": 1000}
    with pytest.raises(IllegalParameter, match="an input holds int64 or float64"):
        Sort(rows=1000, input=spec, dtype="record").check_geometry(1)


def test_more_buckets_than_can_be_numbered_are_refused() -> None:
    """The bucket of a row is an entry of 16 bits, of which one says that there is more to know."""
    assert int(DIVIDED) == MOST_NUMBERED
    Sort(rows=1000).check_geometry(MOST_NUMBERED)
    with pytest.raises(IllegalParameter, match="ranks = 32769: at most 32768"):
        Sort(rows=1000).check_geometry(MOST_NUMBERED + 1)
    column, own = cpu.column_of(Sort(rows=10**6)), Block(0, 10**6)
    sorter = Sorter(kind("int64"), ALONE, np.uint64(1))
    with pytest.raises(CannotRun, match=r"memory: 1000000 rows .* at most 32768; fix: a larger"):
        External(column, own, sorter, MPI.COMM_SELF, 42 * 40, "")


def test_work_counts_every_row_read_and_written() -> None:
    (phase,) = Sort(rows=1000, dtype="record").phases()
    work = phase.work(3)
    assert (work.items, work.bytes_read, work.bytes_written) == (1000, 1e5, 1e5)
    assert work.messages == 6


def test_fit_leaves_room_for_the_second_array() -> None:
    found = Sort.fit({"dtype": "record"}, memory_B=2**30, llc_B=2**30, ranks=2)["rows"]
    assert isinstance(found, int)
    assert 0.9 * 2**30 < 2 * Sort(rows=found, dtype="record").memory_B(2) <= 2**30
