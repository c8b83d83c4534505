"""reduce against exact fractions, on data of every kind, and its verifier."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.splitmix import random_bits
from kernels.bigdata.reduce import accumulator, cpu, reference
from kernels.bigdata.reduce.data import DIGITS, element
from kernels.bigdata.reduce.kernel import Reduce
from kernels.contract import IllegalParameter, Value

KINDS = [(dtype, way) for dtype in DIGITS for way in ("uniform", "cancelling")]
PHASES = ("sum", "min", "max", "mean", "variance", "dot")


def case(n: int, dtype: str = "float64", distribution: str = "uniform") -> dict[str, Value]:
    return {"n": n, "dtype": dtype, "distribution": distribution}


def cases(ranks: int) -> list[dict[str, Value]]:
    small = [case(1), case(2, "float32"), case(3, "int64", "cancelling"), case(2049)]
    return small + [case(5003, dtype, way) for dtype, way in KINDS]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(5003, distribution="cancelling")


def run(state: cpu.State) -> dict[str, float | int]:
    for phase in PHASES:
        getattr(state, phase)()
    return state.results


def serial(**values: Value) -> cpu.State:
    return Reduce(**values).setup(MPI.COMM_SELF)  # type: ignore[arg-type]


def change_last_element(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.x[-1] = np.nextafter(state.x[-1], np.inf)
    run(state)


def round_the_sum_wrongly(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.results["sum"] = math.nextafter(state.results["sum"], math.inf)


def sum_naively(state: cpu.State, comm: MPI.Intracomm) -> None:
    state.results["sum"] = comm.allreduce(float(np.add.reduce(state.x)))


def not_a_number(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        state.x[0] = np.nan
    run(state)


def forget_a_phase(state: cpu.State, comm: MPI.Intracomm) -> None:
    del state.results["max"]


MUTATIONS = {
    "change_last_element": change_last_element,
    "round_the_sum_wrongly": round_the_sum_wrongly,
    "sum_naively": sum_naively,
    "not_a_number": not_a_number,
    "forget_a_phase": forget_a_phase,
}


def exact_sum(values: np.ndarray) -> float:
    words = np.zeros((2, accumulator.WORDS), dtype=np.int64)
    cpu.sum_floats(values, words, np.empty((2, 2, accumulator.CHUNK)))
    total = words.sum(axis=0)
    special = accumulator.not_finite(total)
    if special is not None:
        return special
    return accumulator.rounded(accumulator.exact(total), cpu.UNIT)


@pytest.mark.parametrize("n", [1, 2, 3, 997, 4099])
@pytest.mark.parametrize(("dtype", "distribution"), KINDS)
def test_every_result_is_the_correctly_rounded_one(n: int, dtype: str, distribution: str) -> None:
    state = serial(n=n, dtype=dtype, distribution=distribution)
    assert run(state) == reference.reductions(state.x, state.y)


@pytest.mark.parametrize("dtype", list(DIGITS))
def test_data_equal_the_numpy_generator(dtype: str) -> None:
    state = serial(n=1000, dtype=dtype, seed=5)
    for array, i in ((state.x, 10), (state.y, 11)):
        key = int(reference.random_bits(0, np.array([i], dtype=np.uint64))[0])
        np.testing.assert_array_equal(array, reference.uniform(key, 1000, dtype))


def test_splitmix64_gives_the_published_sequence() -> None:
    """The first outputs for seed 1234567, as in Vigna's splitmix64.c and Rosetta Code."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    seed = np.uint64(1234567)
    assert [int(random_bits(seed, np.uint64(i))) for i in range(3)] == published


@pytest.mark.parametrize("digits", DIGITS.values())
def test_cancelling_elements_leave_their_lower_half(digits: int) -> None:
    pairs = [
        (
            element(np.uint64(3), i, 100, digits, True),
            element(np.uint64(3), 99 - i, 100, digits, True),
        )
        for i in range(50)
    ]
    assert all(abs(a + b) <= abs(a) * 2.0**-11 + (digits == 0) * 256 for a, b in pairs)
    assert any(a + b != 0 for a, b in pairs)


@pytest.mark.parametrize("spread", [0, 10, 60, 300, 1000])
def test_sums_equal_fsum_over_any_range(spread: int) -> None:
    rng = np.random.default_rng(spread)
    powers = rng.integers(-spread, spread + 1, 5001)
    values = np.ldexp(rng.standard_normal(5001), powers)
    assert exact_sum(values) == math.fsum(values)
    assert exact_sum(np.concatenate([values, -values[::-1]])) == 0.0


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
    assert exact_sum(np.array(values)) == float(sum(map(Fraction, values)))


def test_a_sum_beyond_the_largest_float_is_infinite() -> None:
    assert exact_sum(np.array([1.7e308, 1.7e308])) == math.inf
    assert exact_sum(np.array([-1.7e308, -1.7e308])) == -math.inf


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_special_values(dtype: str) -> None:
    state = serial(n=5000, dtype=dtype)
    state.x[17], state.y[17] = np.inf, 1.0
    assert {run(state)[name] for name in ("sum", "mean", "max", "dot")} == {math.inf}
    assert state.results["min"] >= 0.0
    state.x[4000], state.y[4000] = -np.inf, 1.0
    assert math.isnan(run(state)["sum"])
    assert math.isnan(state.results["dot"])
    assert (state.results["min"], state.results["max"]) == (-math.inf, math.inf)
    for sign in (1.0, -1.0):
        state.x[3] = np.copysign(np.nan, sign)
        assert all(math.isnan(value) for value in run(state).values())


def test_min_and_max_of_negative_numbers_and_zeros() -> None:
    state = serial(n=3)
    state.x[:] = -3.0, -1.0, -2.0
    assert (run(state)["min"], state.results["max"]) == (-3.0, -1.0)
    state.x[:] = 0.0, -0.0, 0.0
    assert math.copysign(1.0, run(state)["min"]) == -1.0
    assert math.copysign(1.0, state.results["max"]) == 1.0


def test_integer_sums_beyond_64_bits_do_not_wrap() -> None:
    state = serial(n=5000, dtype="int64")
    state.x[:] = state.y[:] = -(2**31)
    results = run(state)
    assert results["dot"] == 5000 * 2**62
    assert (results["sum"], results["mean"], results["variance"]) == (-5000 * 2**31, -(2**31), 0.0)


def test_work_counts_the_bytes_read() -> None:
    works = {one.name: one.work(3) for one in Reduce(n=100, dtype="float32").phases()}
    assert [works[name].bytes_moved for name in PHASES] == [400, 400, 400, 400, 800, 800]


@pytest.mark.parametrize(("dtype", "itemsize"), [("float64", 8), ("float32", 4)])
def test_fit_takes_four_times_the_caches(dtype: str, itemsize: int) -> None:
    n = Reduce.fit({"dtype": dtype}, memory_B=2**36, llc_B=480 * 2**20, ranks=2)["n"]
    assert isinstance(n, int)
    assert n * itemsize >= 4 * 480 * 2**20


def test_fit_stays_within_the_memory() -> None:
    n = Reduce.fit({}, memory_B=1000, llc_B=0, ranks=3)["n"]
    assert isinstance(n, int)
    assert 900 < Reduce(n=n).memory_B(3) * 3 <= 1000
    with pytest.raises(IllegalParameter, match="one element a rank needs 48 B"):
        Reduce.fit({}, memory_B=40, llc_B=0, ranks=3)
