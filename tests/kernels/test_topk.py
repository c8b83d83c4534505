"""topk against a stable sort, on data of every kind, and its verifier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numba
import numpy as np
import pytest
from mpi4py import MPI
from numpy.typing import NDArray

from kernels.bigdata.topk import cpu, reference, scan, select
from kernels.bigdata.topk.kernel import Topk
from kernels.contract import CannotRun, IllegalParameter, Value

MANY = 16 * scan.capacity(1) + 4099
"""Rows from which on the first bound is that of a sample."""
DISTRIBUTIONS = ("uniform", "zipf", "sorted", "reversed", "equal", "nan")


def case(rows: int, k: int, dtype: str = "float64", way: str = "uniform") -> dict[str, Value]:
    return {"rows": rows, "k": k, "dtype": dtype, "distribution": way}


def cases(ranks: int) -> list[dict[str, Value]]:
    small = [case(1, 1), case(2, 5, "int64"), case(3, 1), case(64, 64), case(4099, 5000, way="nan")]
    ways = [case(20011, 257, way=way) for way in DISTRIBUTIONS]
    whole = [case(20011, 1000, "int64", way) for way in ("zipf", "equal")]
    return [*small, *ways, *whole, {**case(70001, 100), "memory": ranks * 2**33}]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(5003, 40, "int64", "equal")


def serial(**values: Value) -> cpu.State:
    return Topk(**values).setup(MPI.COMM_SELF)  # type: ignore[arg-type]


def changed(state: cpu.State, comm: MPI.Intracomm, place: int, value: int, row: int) -> None:
    """Add to a value and to a row number of the answer."""
    if state.answer is not None:
        state.answer.values[place] += value
        state.answer.rows[place] += row


def change_a_value(state: cpu.State, comm: MPI.Intracomm) -> None:
    changed(state, comm, 3, 1, 0)


def change_a_row(state: cpu.State, comm: MPI.Intracomm) -> None:
    changed(state, comm, -1, 0, 1)


def forget_the_last(state: cpu.State, comm: MPI.Intracomm) -> None:
    if state.answer is not None:
        state.answer = cpu.Answer(state.answer.values[:-1], state.answer.rows[:-1])


def forget_the_largest(state: cpu.State, comm: MPI.Intracomm) -> None:
    """And take one more: the answer of k + 1 without its first."""
    state.k += 1
    state.run()
    state.k -= 1
    if state.answer is not None:
        state.answer = cpu.Answer(state.answer.values[1:], state.answer.rows[1:])


def a_later_one_of_equals(state: cpu.State, comm: MPI.Intracomm) -> None:
    """The last row that holds the smallest value, instead of the last one of the answer."""
    chunk = next(state.x.chunks())
    smallest = comm.bcast(None if state.answer is None else state.answer.values[-1])
    places = np.flatnonzero(chunk == smallest)
    mine = int(places[-1]) + state.own.start if places.size else -1
    last = comm.allreduce(mine, op=MPI.MAX)
    if state.answer is not None:
        assert last > state.answer.rows[-1]
        state.answer.rows[-1] = last


def the_same_row_twice(state: cpu.State, comm: MPI.Intracomm) -> None:
    if state.answer is not None:
        state.answer.values[1], state.answer.rows[1] = state.answer.values[0], state.answer.rows[0]


def out_of_order(state: cpu.State, comm: MPI.Intracomm) -> None:
    if state.answer is not None:
        state.answer = cpu.Answer(state.answer.values[::-1], state.answer.rows[::-1])


MUTATIONS = {
    "change_a_value": change_a_value,
    "change_a_row": change_a_row,
    "forget_the_last": forget_the_last,
    "forget_the_largest": forget_the_largest,
    "a_later_one_of_equals": a_later_one_of_equals,
    "the_same_row_twice": the_same_row_twice,
    "out_of_order": out_of_order,
}


def found(state: cpu.State) -> cpu.Answer:
    state.run()
    assert state.answer is not None
    return state.answer


def assert_right(x: NDArray[Any], k: int, threads: int = 1) -> None:
    """The answer for these rows is that of a stable sort."""
    numba.set_num_threads(threads)
    state = serial(rows=x.size, k=k, dtype=x.dtype.name)
    numba.set_num_threads(1)
    next(state.x.chunks())[:] = x
    answer = found(state)
    values, rows = reference.topk(x, k)
    np.testing.assert_array_equal(answer.values, values)
    np.testing.assert_array_equal(answer.rows, rows)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("k", [1, 100, 30000])
@pytest.mark.parametrize("way", DISTRIBUTIONS)
@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_the_answer_is_that_of_a_stable_sort(dtype: str, way: str, k: int, threads: int) -> None:
    x = next(serial(rows=70001, k=1, dtype=dtype, distribution=way).x.chunks())
    assert_right(x, k, threads)


@pytest.mark.parametrize("k", [1, 3, 100])
@pytest.mark.parametrize("way", ["sorted", "nan", "equal"])
def test_the_first_bound_of_many_rows_is_that_of_a_sample(way: str, k: int) -> None:
    assert_right(next(serial(rows=MANY, k=1, distribution=way).x.chunks()), k)


def test_a_sample_of_nothing_but_nan_bounds_nothing() -> None:
    x = np.full(MANY, np.nan)
    x[1::2] = -np.nan
    x[[70, 5000, MANY - 1]] = 1.0, -np.inf, 2.0
    assert_right(x, 2)
    assert_right(x, 5)


def test_extreme_numbers() -> None:
    floats = [np.inf, -np.inf, np.nan, -np.nan, -0.0, 0.0, 5e-324, -5e-324, 1e308, -1e308]
    integers = [2**63 - 1, -(2**63), 0, -1, 1, 2**63 - 1, -(2**63)]
    for k in (1, 3, 5, 6, 8, 20):
        assert_right(np.array(floats * 30), k)
        assert_right(np.array(integers * 30, np.int64), k)


def test_both_zeros_are_one_number() -> None:
    state = serial(rows=4, k=3)
    next(state.x.chunks())[:] = -1.0, -0.0, 0.0, -0.0
    answer = found(state)
    assert answer.rows.tolist() == [1, 2, 3]
    assert not np.signbit(answer.values).any()


def test_no_number_at_all() -> None:
    kernel = Topk(rows=5, k=2)
    state = kernel.setup(MPI.COMM_SELF)
    next(state.x.chunks())[:] = np.nan
    assert found(state).rows.size == 0
    assert not kernel.verify(state, MPI.COMM_SELF).passed, "the column itself has numbers"


@pytest.mark.parametrize("k", [1, 7, 500, 999, 1000])
def test_selection_digit_by_digit(k: int) -> None:
    rng = np.random.default_rng(k)
    kinds = [rng.integers(-(2**63), 2**63 - 1, 1000), rng.integers(-5, 5, 1000)]
    for keys in kinds:
        work, counts = np.empty(1000, np.int64), np.empty(select.DIGITS, np.int64)
        threshold, ties = select.kth_largest(keys, k, work, counts)
        assert threshold == np.sort(keys)[-k]
        assert ties == k - np.count_nonzero(keys > threshold)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_merging_keeps_equals_in_order(count: int) -> None:
    rng = np.random.default_rng(count)
    keys = rng.integers(0, 9, (count, 50))
    rows = np.arange(keys.size).reshape(keys.shape)
    runs = [select.falling(*one) for one in zip(keys, rows, strict=True)]
    merged = select.merged(runs)
    np.testing.assert_array_equal(merged, select.falling(keys.ravel(), rows.ravel()))


def test_rising_data_are_selected_from_seldom() -> None:
    """Not quadratic: a buffer is emptied once for as many rows as it has room."""
    status, buffers, counts = scan.cleared(1, 10)
    status[:, scan.LOWEST] = -(2**63)
    rising = np.arange(8 * scan.ROOM)
    selections = 0
    for start in range(0, rising.size, scan.BLOCK):
        before = status[0, scan.COUNT]
        scan.scan(
            rising[start : start + scan.BLOCK], start, 10, 2**63 - 1, 0, status, buffers, counts
        )
        selections += status[0, scan.COUNT] < before
    assert selections <= 8
    assert status[0, scan.COUNT] >= 10


def test_out_of_core_answers_are_those_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "MOST_ROWS", 777)
    state = serial(rows=20011, k=100, memory=2**33)
    assert not state.x.resident
    alone = found(serial(rows=20011, k=100))
    np.testing.assert_array_equal(found(state).rows, alone.rows)


@pytest.mark.parametrize("way", ["equal", "zipf"])
def test_equals_out_of_core_are_those_of_the_first_rows(
    monkeypatch: pytest.MonkeyPatch, threads: int, way: str
) -> None:
    """A thread has rows of every chunk: those of two threads do not follow one another."""
    monkeypatch.setattr(cpu, "MOST_ROWS", 640)
    kernel = Topk(rows=20011, k=1000, dtype="int64", distribution=way, exponent=3.0, memory=2**33)
    state = kernel.setup(MPI.COMM_SELF)
    answer = found(state)
    x = next(replace(kernel, memory=0).setup(MPI.COMM_SELF).x.chunks())
    np.testing.assert_array_equal(answer.rows, reference.topk(x, kernel.k)[1])
    assert kernel.verify(state, MPI.COMM_SELF).passed


def test_candidates_that_do_not_fit_the_memory() -> None:
    need = cpu.buffers_B(2, 1000)
    assert cpu.chunk_rows(need + 16 * 1000, 2, 1000) == 1000
    with pytest.raises(CannotRun, match=r"k = 1000: candidates need .*--set memory="):
        cpu.chunk_rows(need, 2, 1000)


def test_text_has_no_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    class Text(cpu.StringColumn):
        rows = 3

        def read(self, start: int, stop: int) -> Any:
            raise NotImplementedError

    monkeypatch.setattr(Topk, "column", lambda *_, **__: Text())
    with pytest.raises(IllegalParameter, match="a column of text"):
        serial(rows=3, k=1)


def test_counting_of_work() -> None:
    (phase,) = replace(Topk(rows=100), k=3).phases()
    assert (phase.work(2).items, phase.work(2).bytes_moved) == (100, 800)
