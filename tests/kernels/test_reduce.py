"""reduce against exact fractions, on data of every kind, and its verifier."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from mpi4py import MPI
from numpy.typing import NDArray

from kernels._support.dataset.column import Part
from kernels._support.splitmix import random_bits
from kernels.bigdata.reduce import accumulator, cpu, loops, reference
from kernels.bigdata.reduce.data import DIGITS, element
from kernels.bigdata.reduce.kernel import PASSES, Reduce
from kernels.contract import IllegalParameter, Value

KINDS = [(dtype, way) for dtype in DIGITS for way in ("uniform", "cancelling")]
MANY = 4 * accumulator.CHUNK + 17


def case(rows: int, dtype: str = "float64", distribution: str = "uniform") -> dict[str, Value]:
    return {"rows": rows, "dtype": dtype, "distribution": distribution}


def cases(ranks: int) -> list[dict[str, Value]]:
    small = [case(1), case(2, "float32"), case(3, "int64", "cancelling"), case(2049)]
    others = [
        case(5003, "float64", "nan"),
        case(5003, "int64", "zipf"),
        case(703, "int64", "sorted"),
    ]
    streamed = {**case(70001), "memory": ranks * 2**33}
    return [*small, *others, streamed, *(case(MANY, dtype, way) for dtype, way in KINDS)]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(5003, distribution="cancelling")


def array(part: Part) -> NDArray[Any]:
    """The elements of a part that is in memory."""
    (whole,) = part.chunks()
    return whole


def run(state: cpu.State) -> dict[str, float | int]:
    for phase in PASSES:
        getattr(state, phase)()
    return state.results


def exactly(state: cpu.State) -> dict[str, float | int]:
    """The results that depend on nothing."""
    return {name: value for name, value in run(state).items() if name != "plain_sum"}


def serial(**values: Value) -> cpu.State:
    return Reduce(**values).setup(MPI.COMM_SELF)  # type: ignore[arg-type]


def change_last_element(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        x = array(state.x)
        x[-1] = np.nextafter(x[-1], np.inf)
    run(state)


def round_the_sum_wrongly(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.results["sum"] = math.nextafter(state.results["sum"], math.inf)


def sum_naively(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.results["sum"] = comm.allreduce(float(np.add.reduce(array(state.x))))


def not_a_number(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        array(state.x)[0] = np.nan
    run(state)


def forget_a_phase(state: cpu.State, comm: MPI.Intracomm) -> None:
    del state.results["max"]


def lose_an_element_of_the_plain_sum(state: cpu.State, comm: MPI.Intracomm) -> None:
    largest = comm.allreduce(float(np.abs(array(state.x)).max(initial=0.0)), op=MPI.MAX)
    state.results["plain_sum"] -= largest


MUTATIONS = {
    "change_last_element": change_last_element,
    "round_the_sum_wrongly": round_the_sum_wrongly,
    "sum_naively": sum_naively,
    "not_a_number": not_a_number,
    "forget_a_phase": forget_a_phase,
    "lose_an_element_of_the_plain_sum": lose_an_element_of_the_plain_sum,
}


def exact_sum(values: NDArray[Any], mask: int = loops.ALL_BITS) -> float:
    words = np.zeros((2, accumulator.WORDS), dtype=np.int64)
    loops.sum_floats(values, mask, words, np.empty((2, 2, accumulator.CHUNK)))
    total = words.sum(axis=0)
    special = accumulator.not_finite(total)
    if special is not None:
        return special
    return accumulator.rounded(accumulator.exact(total), cpu.UNIT)


@pytest.mark.parametrize("rows", [1, 2, 3, 997, MANY])
@pytest.mark.parametrize(("dtype", "distribution"), KINDS)
def test_every_result_is_the_correctly_rounded_one(
    rows: int, dtype: str, distribution: str
) -> None:
    state = serial(rows=rows, dtype=dtype, distribution=distribution)
    assert exactly(state) == reference.reductions(array(state.x), array(state.y))


def test_splitmix64_gives_the_published_sequence() -> None:
    """The first outputs for seed 1234567, as in Vigna's splitmix64.c and Rosetta Code."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    seed = np.uint64(1234567)
    assert [int(random_bits(seed, np.uint64(i))) for i in range(3)] == published


@pytest.mark.parametrize("digits", DIGITS.values())
def test_cancelling_elements_leave_their_lower_half(digits: int) -> None:
    pairs = [
        (element(np.uint64(3), i, 100, digits), element(np.uint64(3), 99 - i, 100, digits))
        for i in range(50)
    ]
    assert all(abs(a + b) <= abs(a) * 2.0**-11 + (digits == 0) * 256 for a, b in pairs)
    assert any(a + b != 0 for a, b in pairs)


def test_float32_elements_are_those_of_float64_rounded() -> None:
    wide, narrow = (serial(rows=70001, dtype=one) for one in ("float64", "float32"))
    np.testing.assert_array_equal(array(narrow.x), array(wide.x).astype(np.float32))


@pytest.mark.parametrize("spread", [0, 10, 60, 300, 1000])
def test_sums_equal_fsum_over_any_range(spread: int) -> None:
    rng = np.random.default_rng(spread)
    powers = rng.integers(-spread, spread + 1, 6 * accumulator.CHUNK)
    values = np.ldexp(rng.standard_normal(powers.size), powers)
    assert exact_sum(values) == math.fsum(values)
    assert exact_sum(values, accumulator.MAGNITUDE) == math.fsum(abs(values))
    assert exact_sum(np.concatenate([values, -values[::-1]])) == 0.0


@pytest.mark.parametrize("way", [1, -1])
def test_the_exponent_follows_the_data(way: int) -> None:
    """Each chunk is larger, or smaller, than the one before by more bits than there is room for."""
    chunk = accumulator.CHUNK
    powers = np.repeat(np.arange(-18, 18) * 28, chunk)[::way]
    values = np.ldexp(np.random.default_rng(1).standard_normal(powers.size), powers)
    assert exact_sum(values) == math.fsum(values)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("units", [2.0**51 - 1, 2.0**51, 0.5, 1.5, 2.0**-53])
def test_chunks_at_the_edge_of_a_step(units: float, sign: float) -> None:
    """All elements at the limits of what is extracted with the exponent of the chunk before."""
    first = np.ones(accumulator.CHUNK)
    edge = np.full(4 * accumulator.CHUNK, sign * units * 2.0 ** (accumulator.HEADROOM - 50))
    values = np.concatenate([first, edge, first, edge])
    assert exact_sum(values) == math.fsum(values)


@pytest.mark.parametrize(
    "values",
    [
        [5e-324, 5e-324, -1e-310],
        [1e308, 1e308, -1e308, 5e-324],
        [1.7e308, -1.7e308, 1.0],
        [1.0, 2.0**-53, 2.0**-1074],
        [-0.0],
        [2.0**1000, 1.0, -(2.0**1000)],
    ],
)
def test_extreme_floats(values: list[float]) -> None:
    want = sum(map(Fraction, values))
    assert exact_sum(np.array(values)) == float(want)
    padding = np.zeros(8 * accumulator.CHUNK)
    less = np.concatenate([padding, values, padding, values, [-float(want)]])
    assert exact_sum(less) == float(2 * want - Fraction(float(want)))


def test_a_sum_beyond_the_largest_float_is_infinite() -> None:
    assert exact_sum(np.array([1.7e308, 1.7e308])) == math.inf
    assert exact_sum(np.array([-1.7e308, -1.7e308])) == -math.inf


@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [(0, 1), (9, 1), (2, 1), (1, 3), (10**40 + 1, 1), ((2**53 + 1) ** 2, 1), (1, 2**2148)],
)
def test_roots_are_the_nearest_floats(numerator: int, denominator: int) -> None:
    root = accumulator.rounded_root(numerator, denominator)
    square = Fraction(numerator, denominator)
    below, above = (
        (Fraction(root) + Fraction(math.nextafter(root, way))) / 2 for way in (0.0, math.inf)
    )
    assert below**2 <= square <= above**2


def test_a_root_between_two_floats_is_rounded_to_even() -> None:
    halfway = 2**53 + 1
    assert accumulator.rounded_root(halfway**2, 1) == 2.0**53
    assert accumulator.rounded_root(halfway**2 + 1, 1) == 2.0**53 + 2.0
    assert accumulator.rounded_root(4 * 10**700, 1) == math.inf


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_special_values(dtype: str) -> None:
    state = serial(rows=MANY, dtype=dtype)
    x, y = array(state.x), array(state.y)
    x[17], y[17] = np.inf, 1.0
    up = ("sum", "mean", "max", "dot", "norm_1", "norm_2", "norm_max", "plain_sum")
    assert {run(state)[name] for name in up} == {math.inf}
    assert state.results["min"] >= 0.0
    x[14000], y[14000] = -np.inf, 1.0
    assert math.isnan(run(state)["sum"])
    assert math.isnan(state.results["dot"])
    assert (state.results["min"], state.results["max"]) == (-math.inf, math.inf)
    assert (state.results["norm_1"], state.results["norm_max"]) == (math.inf, math.inf)
    for sign in (1.0, -1.0):
        x[3] = np.copysign(np.nan, sign)
        assert all(math.isnan(value) for value in run(state).values())


def test_min_and_max_of_negative_numbers_and_zeros() -> None:
    state = serial(rows=3)
    x = array(state.x)
    x[:] = -3.0, -1.0, -2.0
    assert (run(state)["min"], state.results["max"]) == (-3.0, -1.0)
    assert state.results["norm_max"] == 3.0
    x[:] = 0.0, -0.0, 0.0
    assert math.copysign(1.0, run(state)["min"]) == -1.0
    assert math.copysign(1.0, state.results["max"]) == 1.0


def test_integer_sums_beyond_64_bits_do_not_wrap() -> None:
    state = serial(rows=5000, dtype="int64")
    array(state.x)[:] = array(state.y)[:] = -(2**63)
    results = run(state)
    assert results["dot"] == 5000 * 2**126
    assert results["sum"] == -5000 * 2**63
    assert (results["norm_1"], results["norm_max"]) == (5000 * 2**63, 2**63)
    assert (results["mean"], results["variance"]) == (-(2.0**63), 0.0)
    assert results["plain_sum"] == 0


@pytest.mark.parametrize("infinity", [math.inf, -math.inf])
def test_the_variance_of_infinities_is_no_number(infinity: float) -> None:
    state = serial(rows=3)
    array(state.x)[1] = infinity
    assert math.isnan(run(state)["variance"])


@pytest.mark.parametrize(
    ("low", "high"), [(-530, -520), (-1070, -1030), (1000, 1023), (-1070, 1000)]
)
def test_columns_of_very_small_and_very_large_numbers_are_verified(
    tmp_path: Path, low: int, high: int
) -> None:
    """Products whose errors are subnormal, and factors whose halves would overflow."""
    rng = np.random.default_rng(7)
    x = np.ldexp(rng.uniform(-1.0, 1.0, 20011), rng.integers(low, high, 20011))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = x
    kernel = Reduce(rows=x.size, input=f"{tmp_path / 'x.h5'}:x")
    state = kernel.setup(MPI.COMM_SELF)
    run(state)
    assert kernel.verify(state, MPI.COMM_SELF).passed


def test_a_column_of_a_file_is_reduced(tmp_path: Path) -> None:
    x = np.random.default_rng(4).standard_normal(9001)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["group/x"] = x
    values = {"input": f"{tmp_path / 'x.h5'}:group/x", "memory": 2**33}
    rows = Reduce.fit(values, memory_B=2**30, llc_B=0, ranks=1)["rows"]
    kernel = Reduce(rows=rows, **values)  # type: ignore[arg-type]
    state = kernel.setup(MPI.COMM_SELF)
    run(state)
    assert state.results["sum"] == math.fsum(x)
    assert state.results["norm_2"] == reference.reductions(x, x)["norm_2"]
    assert kernel.verify(state, MPI.COMM_SELF).passed


def test_out_of_core_results_are_those_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "MOST_ROWS", 5000)
    laps: list[str] = []
    state = serial(rows=MANY, memory=2**33)
    assert not state.x.resident
    state.watch = Laps(laps)
    assert exactly(state) == exactly(serial(rows=MANY))
    assert set(laps) == {"read", "local", "exchange", "merge"}


class Laps:
    """A watch that keeps the names of the laps."""

    def __init__(self, laps: list[str]) -> None:
        self._laps = laps

    def lap(self, part: str) -> None:
        self._laps.append(part)

    def progress(self, done: int, total: int, share: float) -> None:
        pass

    def note(self, series: str, value: float) -> None:
        pass


def test_work_counts_the_bytes_read() -> None:
    works = {one.name: one.work(3) for one in Reduce(rows=100, dtype="float32").phases()}
    assert [work.bytes_moved for work in works.values()] == [
        (800 if name in ("variance", "dot") else 400) for name in works
    ]
    assert {work.items for work in works.values()} == {100}


@pytest.mark.parametrize(("dtype", "itemsize"), [("float64", 8), ("float32", 4)])
def test_fit_takes_four_times_the_caches(dtype: str, itemsize: int) -> None:
    rows = Reduce.fit({"dtype": dtype}, memory_B=2**36, llc_B=480 * 2**20, ranks=2)["rows"]
    assert isinstance(rows, int)
    assert rows * itemsize >= 4 * 480 * 2**20


def test_fit_stays_within_the_memory() -> None:
    rows = Reduce.fit({}, memory_B=1000, llc_B=0, ranks=3)["rows"]
    assert isinstance(rows, int)
    assert 900 < Reduce(rows=rows).memory_B(3) * 3 <= 1000
    with pytest.raises(IllegalParameter, match="one row a rank needs 48 B"):
        Reduce.fit({}, memory_B=40, llc_B=0, ranks=3)
