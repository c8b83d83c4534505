"""groupby against NumPy and Python's integers, and its verifier."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from mpi4py import MPI

from harness.config.parameters import checked
from kernels.bigdata.groupby import reference, table
from kernels.bigdata.groupby.by_string import ByString
from kernels.bigdata.groupby.cpu import State
from kernels.bigdata.groupby.kernel import GroupBy
from kernels.contract import CannotRun, IllegalParameter, Value

DISTRIBUTIONS = ("uniform", "zipf", "sorted", "reversed", "equal")
Groups = dict[Any, tuple[int, ...]]


def case(rows: int, keys: int, **others: Value) -> dict[str, Value]:
    return {"rows": rows, "keys": keys, **others}


def cases(ranks: int) -> list[dict[str, Value]]:
    return [
        case(1, 5),
        case(3, 10**9, key="string", aggregates="all"),
        case(10007, 10, aggregates="all"),
        case(200_003, 10**6, aggregates="all"),
        case(100_001, 10**5, distribution="zipf"),
        case(70_003, 30_000),
        case(5003, 100, distribution="equal"),
        case(70_001, 20_000, key="string", aggregates="all"),
        case(50_001, 500, key="string", distribution="zipf"),
    ]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(20_011, 50_000, aggregates="all")


@contextmanager
def every_result(state: Any) -> Generator[np.ndarray]:
    """All of them, to be changed."""
    every = np.concatenate(list(state.results.chunks()))
    yield every
    state.forget()
    state.results.append(every)


def change_a_sum(state: Any, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        with every_result(state) as some:
            some[-1, table.LOW] ^= 1


def change_a_minimum(state: Any, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        with every_result(state) as some:
            some[0, table.LEAST] -= 1


def lose_a_key(state: Any, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        with every_result(state) as some:
            some[0] = some[1]


def merge_two_keys(state: Any, comm: MPI.Intracomm) -> None:
    """As a hash that is not compared would: totals stay right."""
    if comm.rank > 0:
        return
    with every_result(state) as some:
        some[0, table.COUNT] += some[1, table.COUNT]
        some[0, table.LOW] += some[1, table.LOW]
        some[0, table.HIGH] += some[1, table.HIGH]
        some[1, table.LOW : table.COUNT + 1] = 0, 0, 0


def split_a_key(state: Any, comm: MPI.Intracomm) -> None:
    """One key on its owner twice, the totals right."""
    if comm.rank > 0:
        return
    with every_result(state) as some:
        twice = some[:1].copy()
        twice[:, [table.LOW, table.HIGH]] = 0
        twice[:, table.COUNT] = 1
        some[0, table.COUNT] -= 1
    state.results.append(twice)


def skip_a_row(state: Any, comm: MPI.Intracomm) -> None:
    """The input of the last rank loses its last value."""
    if comm.rank == comm.size - 1:
        next(state.data.values.chunks())[-1] += 1
    state.forget()
    state.groupby()


MUTATIONS = {
    "change_a_sum": change_a_sum,
    "change_a_minimum": change_a_minimum,
    "lose_a_key": lose_a_key,
    "merge_two_keys": merge_two_keys,
    "split_a_key": split_a_key,
    "skip_a_row": skip_a_row,
}


def finished(**values: Value) -> State:
    kernel = GroupBy(**values)  # type: ignore[arg-type]
    state = kernel.setup(MPI.COMM_SELF)
    state.groupby()
    assert kernel.verify(state, MPI.COMM_SELF).passed
    return state


def groups(state: State) -> Groups:
    """Sum, count, and extremes if there are any, of each key."""
    if isinstance(state, ByString):
        some = state.owned.aggregates
        names = state.owned.strings.values()
        return {text: numbers(some[number - 1]) for text, number in names.items()}
    found: Groups = {}
    for chunk in state.results.chunks():
        found |= {int(one[table.KEY]): numbers(one) for one in chunk}
    return found


def numbers(one: np.ndarray) -> tuple[int, ...]:
    total = (int(one[table.HIGH]) << 32) + int(one[table.LOW])
    return (total, *(int(word) for word in one[table.COUNT :]))


def expected(keys: np.ndarray, values: np.ndarray, *, extremes: bool = True) -> Groups:
    return {
        key: found if extremes else found[:2]
        for key, found in reference.groupby(keys, values).items()
    }


def columns(state: State, rows: int) -> tuple[np.ndarray, np.ndarray]:
    keys, values = np.empty((2, rows), np.int64)
    state.data.keys.column.read(0, keys)  # type: ignore[arg-type, call-arg]
    state.data.values.column.read(0, values)
    return keys, values


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("keys", [1, 7, 3000, 10**6])
def test_integer_keys(keys: int, distribution: str, threads: int) -> None:
    rows = 30_011
    state = finished(rows=rows, keys=keys, distribution=distribution, aggregates="all")
    assert groups(state) == expected(*columns(state, rows))


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("keys", [1, 3000])
def test_string_keys(keys: int, distribution: str, threads: int) -> None:
    rows = 10_007
    state = finished(rows=rows, keys=keys, distribution=distribution, key="string")
    strings = state.data.keys.column.read(0, rows)  # type: ignore[call-arg]
    names = strings.data.tobytes().decode()
    every = np.array([names[12 * i : 12 * i + 12].encode() for i in range(rows)])
    values = np.empty(rows, np.int64)
    state.data.values.column.read(0, values)
    assert groups(state) == expected(every, values, extremes=False)


def in_file(tmp_path: Path, **data: Any) -> str:
    path = tmp_path / "rows.h5"
    with h5py.File(path, "w") as file:
        for name, values in data.items():
            file[name] = values
    return str(path)


def test_any_integers_are_keys(tmp_path: Path) -> None:
    """The least and the largest, multiples of powers of two, neighbours; sums beyond 64 bits."""
    rng = np.random.default_rng(1)
    ends = np.iinfo(np.int64)
    some = np.array([0, -1, 1, ends.min, ends.max, 2**32, 2**40, 3 << 50, 2**62])
    keys = rng.choice(some, 20_000)
    values = rng.choice([ends.min, ends.max, 0, -1], 20_000, p=[0.6, 0.2, 0.1, 0.1])
    path = in_file(tmp_path, keys=keys, values=values)
    state = finished(rows=20_000, input=f"{path}:keys", values=f"{path}:values", aggregates="all")
    assert groups(state) == expected(keys, values)
    assert min(total for total, *_ in groups(state).values()) < -(2**70)


def test_nan_is_one_group_and_zeros_are_another(tmp_path: Path) -> None:
    other = np.array([0x7FF8000000000123, 0xFFF8000000000000], np.uint64).view(np.float64)
    keys = np.array([np.nan, 0.0, -0.0, 1.5, *other, np.inf, 0.0, -np.inf])
    path = in_file(tmp_path, keys=keys, values=np.arange(9))
    state = finished(rows=9, input=f"{path}:keys", values=f"{path}:values")
    found = {np.int64(key).view(np.float64).item(): one for key, one in groups(state).items()}
    assert [one for key, one in found.items() if np.isnan(key)] == [(0 + 4 + 5, 3)]
    assert {key: one for key, one in found.items() if not np.isnan(key)} == {
        0.0: (1 + 2 + 7, 3),
        1.5: (3, 1),
        np.inf: (6, 1),
        -np.inf: (8, 1),
    }


def test_strings_of_a_file(tmp_path: Path) -> None:
    """Empty, short, longer than an entry of the table, and alike but for one byte."""
    kinds = [
        b"",
        b"a",
        b"ab",
        "gr\u00fc\u00dfe".encode(),
        b"x" * 24,
        b"x" * 25,
        b"x" * 24 + b"y",
        b"y" * 300,
    ]
    chosen = np.random.default_rng(2).integers(0, len(kinds), 5000)
    texts = [kinds[i] for i in chosen]
    path = in_file(tmp_path, keys=np.array(texts, dtype=h5py.string_dtype()), values=chosen)
    state = finished(rows=5000, input=f"{path}:keys", values=f"{path}:values", aggregates="all")
    counts = np.bincount(chosen)
    assert groups(state) == {
        text: (i * int(counts[i]), int(counts[i]), i, i) for i, text in enumerate(kinds)
    }


def test_the_first_rows_of_an_input(tmp_path: Path) -> None:
    keys = np.repeat([5, 6], 50)
    state = finished(rows=60, input=f"{in_file(tmp_path, keys=keys)}:keys")
    assert {key: count for key, (_, count) in groups(state).items()} == {5: 50, 6: 10}


def test_values_that_cannot_be_summed_are_refused(tmp_path: Path) -> None:
    path = in_file(tmp_path, keys=np.arange(9), halves=np.arange(9) / 2, few=np.arange(8))
    for name, known in (("halves", "sums are of integers"), ("few", "it has 8 rows")):
        kernel = GroupBy(rows=9, input=f"{path}:keys", values=f"{path}:{name}")
        with pytest.raises(IllegalParameter, match=known):
            kernel.setup(MPI.COMM_SELF)
        given: dict[str, Value] = {"input": kernel.input, "values": kernel.values}
        with pytest.raises(IllegalParameter, match=known):
            GroupBy.fit(given, 2**30, 0, 1)


def test_values_that_are_not_there_are_refused_by_their_own_name(tmp_path: Path) -> None:
    given: dict[str, Value] = {"rows": 3, "values": f"{tmp_path}/none.h5:x"}
    with pytest.raises(IllegalParameter, match="No such file") as raised:
        GroupBy.fit(given, 2**30, 0, 1)
    assert raised.value.name == "values"


def test_the_file_of_the_values_is_named_from_the_root() -> None:
    """Ranks start in another folder."""
    assert str(checked(GroupBy, "values", "a.h5:x", "")) == f"{Path.cwd()}/a.h5:x"


def limited(kernel: GroupBy, budget_B: int, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setattr(GroupBy, "budget_B", lambda self, comm: budget_B)
    state = kernel.setup(MPI.COMM_SELF)
    state.groupby()
    return state


@pytest.mark.parametrize("keys", [20, 3000, 10**9])
def test_out_of_core(
    keys: int, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A budget of 512 KiB for 1.6 MB of rows: several runs are spilled, and all results."""
    rows = 100_003
    kernel = GroupBy(rows=rows, keys=keys, aggregates="all", memory=1, scratch=str(tmp_path))
    state = limited(kernel, 2**19, monkeypatch)
    assert kernel.verify(state, MPI.COMM_SELF).passed
    assert groups(state) == expected(*columns(state, rows))
    with every_result(state) as some:
        some[-1, table.HIGH] += 1
    assert not kernel.verify(state, MPI.COMM_SELF).passed


def test_strings_out_of_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = GroupBy(rows=50_000, keys=100, key="string", memory=1, scratch=str(tmp_path))
    state = limited(kernel, 2**26, monkeypatch)
    assert kernel.verify(state, MPI.COMM_SELF).passed
    with pytest.raises(CannotRun, match="the distinct strings and their aggregates take"):
        limited(kernel, 2**20, monkeypatch)


def test_repetitions_give_the_same() -> None:
    kernel = GroupBy(rows=30_000, keys=20_000)
    state = kernel.setup(MPI.COMM_SELF)
    state.groupby()
    first = groups(state)
    kernel.prepare(state)
    assert groups(state) == {}
    state.groupby()
    assert groups(state) == first


def test_work_counts_rows_and_their_bytes() -> None:
    for key, row_B in (("int64", 16), ("string", 28)):
        (phase,) = GroupBy(rows=1000, key=key).phases()
        work = phase.work(2)
        assert (work.items, work.bytes_read, work.bytes_written) == (1000, 1000 * row_B, 0)


def test_more_strings_than_can_be_generated_are_refused() -> None:
    GroupBy(rows=9, keys=10**10, key="string").check_geometry(1)
    with pytest.raises(IllegalParameter, match="strings of 10 digits"):
        GroupBy(rows=9, keys=10**10 + 1, key="string").check_geometry(1)


@pytest.mark.parametrize("key", ["int64", "string"])
def test_fit_leaves_room_for_the_keys(key: str) -> None:
    """Strings that all differ take several times the memory of their rows."""
    rows = GroupBy.fit({"key": key}, memory_B=2**28, llc_B=2**30, ranks=2)["rows"]
    found = GroupBy(rows=int(rows), key=key)
    assert 0.99 * 2**28 < 2 * found.memory_B(2) <= 2**28
    with pytest.raises(IllegalParameter, match="one row a rank needs"):
        GroupBy.fit({"key": key}, memory_B=200, llc_B=0, ranks=2)


def test_fit_and_memory() -> None:
    rows = GroupBy.fit({}, memory_B=2**34, llc_B=2**30, ranks=2)["rows"]
    assert int(rows) * 16 >= 4 * 2**30
    assert GroupBy(rows=1000, keys=10).memory_B(2) == 3 * 16 * 500 + 64 * 10
    assert GroupBy(rows=1000, aggregates="all").memory_B(2) == 3 * 16 * 500 + 96 * 500
