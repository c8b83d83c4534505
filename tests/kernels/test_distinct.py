"""distinct against NumPy on data of every kind, within limits of memory, and its verifier."""

from __future__ import annotations

import math
from pathlib import Path

import h5py
import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.dataset.generate import DISTRIBUTIONS
from kernels.bigdata.distinct import check, collector, cpu, reference
from kernels.bigdata.distinct.hashes import INTEGER, READY, REAL, hash_block
from kernels.bigdata.distinct.hyperloglog import estimate, observe, standard_error
from kernels.bigdata.distinct.kernel import STANDARD_ERRORS, Distinct
from kernels.bigdata.distinct.partitions import PARTITIONS, most_in, slots_for
from kernels.contract import CannotRun, IllegalParameter, Unwatched, Value


def case(rows: int, distribution: str = "uniform", **more: Value) -> dict[str, Value]:
    return {"rows": rows, "distribution": distribution, "keys": 1000, **more}


def cases(ranks: int) -> list[dict[str, Value]]:
    small = [case(1), case(2, precision=4), case(1023, dtype="float64"), case(5003, "zipf")]
    return [*small, case(5003, "equal"), case(5003, "nan", dtype="float64", precision=11)]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(5003, precision=8)


def serial(**values: Value) -> cpu.State:
    state = Distinct(**values).setup(MPI.COMM_SELF)  # type: ignore[arg-type]
    state.exact()
    state.hyperloglog()
    return state


def miscount(state: cpu.State, comm: MPI.Intracomm) -> None:
    assert state.results.distinct is not None
    state.results.distinct -= 1


def change_a_row(state: cpu.State, comm: MPI.Intracomm) -> None:
    """The last rank counts a row that is not in the data."""
    if comm.rank == comm.size - 1:
        next(state.part.chunks())[-1] = -1
    state.exact()
    state.hyperloglog()


def lose_a_rank_of_one(state: cpu.State, comm: MPI.Intracomm) -> None:
    """Values of one rank that no other has are not counted."""
    if comm.rank == 0:
        next(state.part.chunks())[:] = 0
    state.exact()


def raise_a_register(state: cpu.State, comm: MPI.Intracomm) -> None:
    assert state.results.registers is not None
    state.results.registers[17] += 1


def estimate_crudely(state: cpu.State, comm: MPI.Intracomm) -> None:
    """The uncorrected mean of the first paper, within the tolerance for many values."""
    registers = state.results.registers
    assert registers is not None
    state.results.estimate = float(
        0.7213 * registers.size**2 / (2.0 ** -registers.astype(float)).sum()
    )


def forget_the_estimate(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.results.estimate = None


MUTATIONS = {
    "miscount": miscount,
    "change_a_row": change_a_row,
    "lose_a_rank_of_one": lose_a_rank_of_one,
    "raise_a_register": raise_a_register,
    "estimate_crudely": estimate_crudely,
    "forget_the_estimate": forget_the_estimate,
}


def counted(values: np.ndarray, threads: int = 1, areas: int = 0) -> int:
    """Different values by the fast path. areas : hashes of all areas at the beginning."""
    numba.set_num_threads(threads)
    mine = collector.collector(values.size, None, "")
    if areas:
        mine.memory = np.zeros(areas, np.uint64)
    mine.begin()
    mine.add(values.view(np.uint64), REAL if values.dtype.kind == "f" else INTEGER)
    zero = mine.zero
    mine.compact()
    return int(mine.store.kept.sum()) + zero


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("dtype", ["int64", "float64"])
@pytest.mark.parametrize("rows", [1, 2, 513, 20011])
def test_both_results_are_those_of_numpy(rows: int, dtype: str, distribution: str) -> None:
    state = serial(**case(rows, distribution, dtype=dtype, precision=12))
    values = next(state.part.chunks())
    assert state.results.distinct == reference.distinct(values)
    hashed = reference.hashes(reference.one_form(values))
    np.testing.assert_array_equal(state.results.registers, reference.registers_of(hashed, 12))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("keys", [1, 3, 700, 60_000, 10**9])
def test_areas_grow_with_what_they_keep(keys: int, threads: int) -> None:
    values = np.random.default_rng(keys).integers(0, keys, 2**20)
    assert counted(values, threads, areas=PARTITIONS * 4096 * threads) == np.unique(values).size


def test_a_value_that_fills_its_partition() -> None:
    """More different frequent values than the filter remembers, all in one partition."""
    inverse = np.arange(2**21, dtype=np.uint64)
    out = np.empty_like(inverse)
    hash_block(inverse, INTEGER, out)
    chosen = inverse[out >> np.uint64(56) == 5].astype(np.int64)
    values = np.tile(chosen, 40)
    assert counted(values) == chosen.size


def test_the_hash_0_is_counted() -> None:
    assert counted(np.array([0, 0, 5])) == 2
    assert counted(np.array([7, 5])) == 2
    assert counted(np.zeros(3)) == 1


def test_equal_floats_count_once() -> None:
    payload = np.array([0x7FF8000000000001, 0xFFF8000000000000, 0x7FF0000000000001], np.uint64)
    assert counted(np.concatenate([payload.view(np.float64), [np.nan]])) == 1
    assert counted(np.array([0.0, -0.0])) == 1
    assert counted(np.array([np.inf, -np.inf, np.nan, 5e-324, -5e-324, 0.0])) == 6


def test_hashes_that_are_ready_stay() -> None:
    hashed, out = np.arange(5, dtype=np.uint64), np.empty(5, np.uint64)
    hash_block(hashed, READY, out)
    np.testing.assert_array_equal(out, hashed)


def test_tables_are_large_enough() -> None:
    for hashes in (1, 320, 321, 10**6):
        assert most_in(slots_for(hashes)) >= hashes


@pytest.mark.parametrize("precision", [4, 10, 14, 18])
@pytest.mark.parametrize("values", [0, 1, 10, 1000, 10**5, 10**6])
def test_the_estimate_is_within_its_error(values: int, precision: int) -> None:
    registers = np.zeros((1, 2**precision), np.uint8)
    observe(np.arange(values, dtype=np.uint64), INTEGER, precision, registers)
    assert abs(estimate(registers[0]) - values) <= 4 * standard_error(precision) * values


def test_the_estimate_has_no_bias() -> None:
    """Over many hash functions, between few and many values for the registers."""
    for values in (100, 2000, 5000, 50_000):
        found = []
        for start in range(100):
            registers = np.zeros((1, 2**10), np.uint8)
            first = np.uint64(start) << np.uint64(40)
            observe(first + np.arange(values, dtype=np.uint64), INTEGER, 10, registers)
            found.append(estimate(registers[0]) / values - 1.0)
        assert abs(np.mean(found)) < 4 * standard_error(10) / math.sqrt(100)
        assert np.std(found) < 1.3 * standard_error(10)


def test_the_estimate_of_full_and_of_untouched_registers() -> None:
    full = np.full(16, 61, np.uint8)
    assert estimate(full) == math.inf
    full[0] = 60
    assert 2**60 < estimate(full) < math.inf
    assert estimate(np.zeros(16, np.uint8)) == 0.0


LIMIT = 2**24
"""B, for areas and tables: a third of three million hashes fits."""


class Parts(Unwatched):
    """Keeps the names of the laps."""

    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    def lap(self, part: str) -> None:
        self.seen.append(part)


@pytest.mark.parametrize("keys", [1000, 2**62])
def test_what_does_not_fit_is_spilled(keys: int, tmp_path: Path) -> None:
    rows = 3_000_000
    kernel = Distinct(rows=rows, keys=keys, memory=2**33, scratch=str(tmp_path))
    state = kernel.setup(MPI.COMM_SELF)
    state.collector = collector.collector(rows, LIMIT, str(tmp_path))
    seen: list[str] = []
    kernel.watch(state, Parts(seen))
    state.exact()
    assert ("spill" in seen) == (keys > rows)
    state.hyperloglog()
    assert kernel.verify(state, MPI.COMM_SELF).passed
    assert list(tmp_path.iterdir()) == []


def test_a_partition_beyond_the_limit_says_what_to_do(tmp_path: Path) -> None:
    mine = collector.collector(10**6, 2**25, str(tmp_path))
    mine.begin(0, 1)
    with pytest.raises(CannotRun, match="--set memory="):
        mine.add(np.arange(1, 2**25, dtype=np.uint64), READY)


def test_a_column_of_a_file(tmp_path: Path) -> None:
    values = np.array([3.0, np.nan, -0.0, 0.0, np.nan, 3.0])
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"] = values
    given = {"input": f"{tmp_path / 'data.h5'}:x"}
    rows = int(Distinct.fit(given, 2**30, 0, 1)["rows"])
    assert serial(rows=rows, **given).results.distinct == 3


def test_work_counts_rows_and_their_bytes() -> None:
    for phase in Distinct(rows=100).phases():
        assert [one.value(phase.work(3), 1.0) for one in phase.metrics] == [100.0, 800.0]


def test_fit_fills_memory_with_rows_and_buffers() -> None:
    rows = Distinct.fit({}, memory_B=2**30, llc_B=2**30, ranks=2)["rows"]
    assert 0.9 * 2**30 < 2 * Distinct(rows=int(rows)).memory_B(2) <= 2**30
    with pytest.raises(IllegalParameter, match="one row a rank needs"):
        Distinct.fit({}, memory_B=10, llc_B=0, ranks=1)


@pytest.mark.parametrize("rows", [100, 999, 1000])
def test_the_check_counts_the_same_in_piles(rows: int, tmp_path: Path) -> None:
    part = serial(**case(1000, keys=300)).part
    found, registers = check.expected(part.column, part.own, MPI.COMM_SELF, 6, rows, str(tmp_path))
    assert found == reference.distinct(next(part.chunks()))
    hashed = reference.hashes(next(part.chunks()))
    np.testing.assert_array_equal(registers, reference.registers_of(hashed, 6))


def peak_B() -> int:
    """The most resident memory of this process since it was last reset."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(one.split()[1]) for one in lines if one.startswith("VmHWM"))


def test_memory_covers_the_verification_of_rows_that_all_differ() -> None:
    numba.set_num_threads(1)
    values: dict[str, Value] = {"rows": 3 * 10**6, "keys": 2**40}
    kernel = Distinct(**values)  # type: ignore[arg-type]
    kernel.verify(serial(**{**values, "rows": 1000}), MPI.COMM_SELF)  # compiled
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        pytest.skip("the system does not let the peak be reset")
    before_B = peak_B()
    assert kernel.verify(serial(**values), MPI.COMM_SELF).passed
    assert peak_B() - before_B <= kernel.memory_B(1)


def test_estimates_of_few_registers_are_accepted() -> None:
    """Of 16 registers one estimate in 500 is 5 standard errors too high, which is no mistake."""
    state = serial(rows=2000, keys=2**62, precision=4, seed=944)
    assert state.results.estimate is not None
    assert state.results.estimate > (1.0 + 5.0 * standard_error(4)) * 2000
    assert cpu.disagreement(state) <= STANDARD_ERRORS
