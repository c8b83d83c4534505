"""histogram against NumPy's, on data of every kind, and its verifier."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import h5py
import numba
import numpy as np
import pytest
from mpi4py import MPI
from numpy.typing import NDArray

from kernels.bigdata.histogram import cpu, reference
from kernels.bigdata.histogram.edges import edges, grid
from kernels.bigdata.histogram.kernel import Histogram
from kernels.contract import CannotRun, IllegalParameter, Value

DISTRIBUTIONS = ("uniform", "zipf", "sorted", "reversed", "equal", "nan")


def case(rows: int, bins: int = 100, **others: Value) -> dict[str, Value]:
    return {"rows": rows, "bins": bins, **others}


def cases(ranks: int) -> list[dict[str, Value]]:
    given: dict[str, Value] = {"limits": "given", "low": 0.25, "high": 0.75}
    return [
        case(1, 1),
        case(2, 7, distribution="equal"),
        case(3, scale="log"),
        case(513, 1000, **given),
        case(20011, 1000, distribution="nan", weights="float64"),
        case(20011, 50, distribution="zipf", scale="log"),
        case(20011, 20, dimensions=2, weights="float64", **given),
        case(20011, 9000, distribution="sorted"),
        case(70001, memory=ranks * 2**33, weights="float64"),
    ]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(5003, 10, weights="float64", distribution="nan")


def serial(**values: Value) -> cpu.State:
    return Histogram(**values).setup(MPI.COMM_SELF)  # type: ignore[arg-type]


def found(state: cpu.State) -> cpu.Result:
    state.run()
    assert state.result is not None
    return state.result


def miscount_a_row(state: cpu.State, comm: MPI.Intracomm) -> None:
    assert state.result is not None
    if comm.rank == comm.size - 1:
        state.result.counts[3] += 1
        state.result.counts[4] -= 1


def count_nan_as_above(state: cpu.State, comm: MPI.Intracomm) -> None:
    assert state.result is not None
    state.result.counts[-2] += state.result.counts[-1]
    state.result.counts[-1] = 0


def lose_a_unit_of_weight(state: cpu.State, comm: MPI.Intracomm) -> None:
    assert state.result is not None
    assert state.result.units is not None
    state.result.units[0, 5] -= 1


def change_a_row(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        x = next(state.parts[0].chunks())
        x[1] = (x[1] + 0.5) % 1.0
    state.run()


def move_an_edge(state: cpu.State, comm: MPI.Intracomm) -> None:
    assert state.result is not None
    state.result.edges[0][4] = np.nextafter(state.result.edges[0][4], 0.0)


MUTATIONS = {
    "miscount_a_row": miscount_a_row,
    "count_nan_as_above": count_nan_as_above,
    "lose_a_unit_of_weight": lose_a_unit_of_weight,
    "change_a_row": change_a_row,
    "move_an_edge": move_an_edge,
}


def counted(x: NDArray[Any], low: float, high: float, bins: int, scale: str) -> NDArray[np.int64]:
    """Counts of all places for these rows."""
    limits: dict[str, Value] = {"limits": "given", "low": low, "high": high, "scale": scale}
    state = serial(rows=x.size, bins=bins, **limits)
    next(state.parts[0].chunks())[:] = x
    return found(state).counts


def assert_numpy(x: NDArray[Any], low: float, high: float, bins: int, scale: str) -> None:
    counts = counted(x, low, high, bins, scale)
    at = edges(low, high, bins, scale)
    numbers = x[~np.isnan(x)]
    np.testing.assert_array_equal(counts[1:-2], reference.histogram([numbers], [at]))
    assert counts[0] == np.count_nonzero(x < at[0])
    assert counts[-2] == np.count_nonzero(x > at[-1])
    assert counts[-1] == np.count_nonzero(np.isnan(x))


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("bins", [1, 2, 7, 100, 1000, 99991])
def test_counts_at_and_beside_every_edge(bins: int, scale: str) -> None:
    for low, high in ((0.1, 0.7), (3.0, 3e5), (1e-300, 1e300), (1.0, 1.0 + 2.0**-20)):
        at = edges(low, high, bins, scale)
        beside = [np.nextafter(at, way) for way in (-np.inf, np.inf)]
        others = [np.inf, -np.inf, np.nan, -np.nan, 0.0, -0.0, -low, 5e-324, 1e308, -1e308]
        assert_numpy(np.concatenate([at, *beside, others]), low, high, bins, scale)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (1e6, 1e6 + 1e-6), (-1e300, 1e300), (5, 5)])
def test_linear_bins_anywhere(low: float, high: float) -> None:
    x = np.random.default_rng(0).uniform(low - abs(low), high + abs(high), 5003)
    at = edges(low, high, 333, "linear")
    assert_numpy(np.concatenate([x, at, np.nextafter(at, np.inf)]), low, high, 333, "linear")
    if low < high:
        np.testing.assert_array_equal(at, np.histogram(x, 333, (low, high))[1])


@pytest.mark.parametrize("bins", [1, 100, 1000])
def test_rows_that_are_far_from_every_edge(bins: int) -> None:
    """Whole blocks without doubt: no edge is compared."""
    at = edges(-0.3, 0.7, bins, "linear")
    assert grid(at, "linear").margin < 1e-6
    x = np.concatenate([at[:-1] + 1e-5 / bins, at[1:] - 1e-5 / bins, at[1:] - 0.3 / bins])
    assert_numpy(np.repeat(x, 700), -0.3, 0.7, bins, "linear")


def test_equal_edges_make_empty_bins() -> None:
    """More bins than there are floats between the limits."""
    high = 1.0 + 8 * 2.0**-52
    assert_numpy(np.linspace(1.0, high, 9), 1.0, high, 20, "linear")


def test_edges_that_no_cells_part() -> None:
    at = np.concatenate([np.linspace(0.0, 1e-300, 5), [1.0]])
    with pytest.raises(CannotRun, match=r"bins = 5: .* too close together; fix: a smaller"):
        grid(at, "linear")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_limits_of_the_data(distribution: str, scale: str, threads: int) -> None:
    numba.set_num_threads(threads)
    state = serial(rows=10007, bins=64, distribution=distribution, scale=scale)
    numba.set_num_threads(1)
    x = next(state.parts[0].chunks())
    result = found(state)
    numbers = x[np.isfinite(x) & ((x > 0) | (scale == "linear"))]
    at = edges(numbers.min(), numbers.max(), 64, scale)
    np.testing.assert_array_equal(result.edges[0], at)
    np.testing.assert_array_equal(result.inside, reference.histogram([numbers], [at]))
    assert result.counts.sum() == x.size


def test_infinities_are_outside_the_limits_of_the_data() -> None:
    state = serial(rows=5, bins=2)
    next(state.parts[0].chunks())[:] = np.inf, -np.inf, np.nan, 2.0, -4.0
    result = found(state)
    assert result.edges[0].tolist() == [-4.0, -1.0, 2.0]
    assert result.counts.tolist() == [1, 1, 1, 1, 1]


@pytest.mark.parametrize(("scale", "ends"), [("linear", (0.0, 1.0)), ("log", (1.0, 2.0))])
def test_data_without_a_number(scale: str, ends: tuple[float, float]) -> None:
    state = serial(rows=3, bins=2, scale=scale)
    next(state.parts[0].chunks())[:] = np.nan
    result = found(state)
    assert (result.edges[0][0], result.edges[0][-1]) == ends
    assert result.counts.tolist() == [0, 0, 0, 0, 3]


@pytest.mark.parametrize("dimensions", [1, 2])
def test_weights_are_exact(dimensions: int) -> None:
    state = serial(rows=20011, bins=20, dimensions=dimensions, weights="float64")
    assert state.weights is not None
    result = found(state)
    x = [next(one.chunks()) for one in state.parts]
    weights = next(state.weights.chunks())
    at = [*result.edges]
    np.testing.assert_array_equal(result.inside, reference.histogram(x, at))
    inside = result.weights[(slice(1, -2),) * dimensions]
    np.testing.assert_allclose(inside, reference.histogram(x, at, weights), rtol=1e-12)
    assert math.fsum(result.weights.ravel()) == pytest.approx(math.fsum(weights), rel=1e-15)
    last = (x[0] >= at[0][-2]) & (x[-1] >= at[-1][-2])
    assert result.weights[(20,) * dimensions] == math.fsum(weights[last])


def test_no_weights_no_sums() -> None:
    with pytest.raises(ValueError, match="rows have no weights"):
        _ = found(serial(rows=10)).weights


def test_out_of_core_results_are_those_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "CHUNK_ROWS", 777)
    state = serial(rows=20011, memory=2**33, weights="float64")
    assert not state.parts[0].resident
    mine, alone = found(state), found(serial(rows=20011, weights="float64"))
    np.testing.assert_array_equal(mine.counts, alone.counts)
    np.testing.assert_array_equal(mine.weights, alone.weights)


def test_counters_that_do_not_fit_the_memory() -> None:
    counts, sums = np.zeros((1, 1, 1000), np.int32), np.zeros((1, 0, 2), np.int64)
    need = counts.nbytes + 48 * 1000
    assert cpu.chunk_rows(need + 24 * 100, counts, sums, 1) == 100
    with pytest.raises(CannotRun, match=r"1000 bins: their counters need .*--set memory="):
        cpu.chunk_rows(need, counts, sums, 1)


def test_integers_of_a_file_are_counted(tmp_path: Path) -> None:
    x = np.random.default_rng(4).integers(-50, 50, 9001)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = x
    kernel = Histogram(rows=9001, bins=99, input=f"{tmp_path / 'x.h5'}:x")
    state = kernel.setup(MPI.COMM_SELF)
    np.testing.assert_array_equal(found(state).inside, np.histogram(x, 99)[0])
    assert kernel.verify(state, MPI.COMM_SELF).passed


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"bins": 5000, "dimensions": 2}, "25000000 bins in all"),
        ({"limits": "given", "low": 2.0}, "not above high = 1.0"),
        ({"limits": "given", "low": -math.inf}, "a finite number"),
        ({"limits": "given", "scale": "log"}, "above 0, as the scale is log"),
    ],
)
def test_bins_that_cannot_be(values: dict[str, Any], message: str) -> None:
    with pytest.raises(IllegalParameter, match=message):
        Histogram(rows=10, **values).check_geometry(1)


def test_work_counts_the_columns_and_the_pass_for_the_limits() -> None:
    kernels = [
        Histogram(rows=100, limits="given"),
        Histogram(rows=100),
        Histogram(rows=100, dimensions=2, weights="float64"),
    ]
    works = [one.phases()[0].work(1) for one in kernels]
    assert [one.bytes_read for one in works] == [800, 1600, 4000]
    assert {one.items for one in works} == {100}
