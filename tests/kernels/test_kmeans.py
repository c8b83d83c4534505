"""kmeans against NumPy, its exact sums, and its verifier."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.memory import touched
from kernels.bigdata.kmeans import check, cpu, reference
from kernels.bigdata.kmeans import step as compiled
from kernels.bigdata.kmeans.exact import units
from kernels.bigdata.kmeans.kernel import Kmeans
from kernels.bigdata.kmeans.points import LARGEST
from kernels.contract import CannotRun, Value


def case(rows: int, **more: Value) -> dict[str, Value]:
    return {"rows": rows, "clusters": 10, "dimensions": 7, **more}


def cases(ranks: int) -> list[dict[str, Value]]:
    small = [case(1), case(2, clusters=5), case(25, clusters=1, dimensions=1), case(997)]
    return [*small, case(501, distribution="zipf", clusters=33), case(100, distribution="equal")]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(997)


def results(state: cpu.State) -> cpu.Results:
    assert state.results is not None
    return state.results


def serial(threads: int = 1, **values: Value) -> cpu.State:
    numba.set_num_threads(threads)
    state = Kmeans(**values).setup(MPI.COMM_SELF)  # type: ignore[arg-type]
    state.step()
    return state


def go_elsewhere(state: cpu.State, comm: MPI.Intracomm) -> None:
    """One point has another label, and everything follows from that."""
    if comm.rank == comm.size - 1:
        label, point = state.labels[-1], next(state.part.chunks())[-state.start.shape[1] :]
        other = (label + 1) % len(state.start)
        state.labels[-1] = other
        move(results(state), point, state, int(label), -1)
        move(results(state), point, state, int(other), 1)
    state.results = comm.bcast(state.results, comm.size - 1)


def move(to: cpu.Results, point: np.ndarray, state: cpu.State, label: int, sign: int) -> None:
    to.sums[:, label] += sign * reference.in_units(point[None, :], state.units)[:, 0]
    to.counts[label] += sign
    to.centres[:] = cpu.means(to.sums, to.counts, state.units, state.start)


def change_the_last_bit_of_a_point(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        points = next(state.part.chunks())
        points[-1] = np.nextafter(points[-1], np.inf)
    state.step()


def forget_a_rank(state: cpu.State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        state.part = cpu.Part(state.points, cpu.Block(0, 0))
    state.step()


def round_a_centre_wrongly(state: cpu.State, comm: MPI.Intracomm) -> None:
    centres = results(state).centres
    centres[3, 2] = np.nextafter(centres[3, 2], np.inf)


def not_a_number(state: cpu.State, comm: MPI.Intracomm) -> None:
    results(state).centres[0, 0] = np.nan


def stay(state: cpu.State, comm: MPI.Intracomm) -> None:
    results(state).centres[:] = state.start


MUTATIONS: dict[str, Callable[[cpu.State, MPI.Intracomm], None]] = {
    "go_elsewhere": go_elsewhere,
    "change_the_last_bit_of_a_point": change_the_last_bit_of_a_point,
    "forget_a_rank": forget_a_rank,
    "round_a_centre_wrongly": round_a_centre_wrongly,
    "not_a_number": not_a_number,
    "stay": stay,
}


def labels_of(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """By the compiled step."""
    work = compiled.allocate(*centres.shape, 1)
    work.sums[...], work.counts[...] = 0, 0
    work.sigmas[:] = units(float(np.abs(points).max()), len(points)).sigmas
    compiled.pack_centres(work, centres)
    labels = touched(len(points), np.int32)
    compiled.step(work, points, labels)
    return labels


@pytest.mark.parametrize("distribution", ["uniform", "zipf", "equal"])
@pytest.mark.parametrize(("clusters", "dimensions"), [(1, 1), (8, 3), (9, 64), (50, 17)])
@pytest.mark.parametrize("rows", [1, 23, 24, 1009])
def test_a_step_is_that_of_numpy(
    rows: int, clusters: int, dimensions: int, distribution: str
) -> None:
    state = serial(rows=rows, clusters=clusters, dimensions=dimensions, distribution=distribution)
    points = next(state.part.chunks()).reshape(rows, dimensions)
    np.testing.assert_array_equal(state.labels, reference.nearest(points, state.start))
    expected = reference.means(points, state.labels, state.start)
    np.testing.assert_allclose(results(state).centres, expected, rtol=0, atol=1e-14)
    assert results(state).counts.sum() == rows


def test_the_same_bits_for_any_threads_and_chunks() -> None:
    values = case(4999, clusters=20, dimensions=16)
    one, two = serial(1, **values), serial(2, **values)
    chunked = Kmeans(**values).setup(MPI.COMM_SELF)  # type: ignore[arg-type]
    numbers = cpu.Block(0, 4999 * 16)
    chunked.part = cpu.Part(chunked.points, numbers, chunk_rows=37 * 16)
    chunked.step()
    for other in (two, chunked):
        np.testing.assert_array_equal(other.labels, one.labels)
        np.testing.assert_array_equal(results(other).centres, results(one).centres)


def test_sums_are_exact() -> None:
    state = serial(**case(3000, clusters=3, dimensions=2))
    points = next(state.part.chunks()).reshape(3000, 2)
    got, cut = results(state), state.units
    for label in range(3):
        members = points[state.labels == label]
        for j in range(2):
            exact = sum(map(Fraction, members[:, j]), Fraction(0))
            high, low = (int(one) for one in got.sums[:, label, j])
            assert high * Fraction(cut.high) + low * Fraction(cut.low) == exact


@pytest.mark.parametrize(("largest", "rows"), [(1.25, 1), (1.0, 10**6), (3e-5, 2**33), (1e80, 7)])
def test_units_hold_all_rows(largest: float, rows: int) -> None:
    cut = units(largest, rows)
    assert rows * (largest / cut.high + 1) < 2**63
    assert rows * (cut.high / cut.low / 2 + 1) < 2**63
    assert largest / cut.high < 2**51
    assert math.frexp(cut.high)[0] == math.frexp(cut.low)[0] == 0.5


def test_equally_near_centres_leave_the_point_to_the_first() -> None:
    centres = np.array([[9.0], [1.0], [-1.0], [1.0], [9.0]])
    assert labels_of(np.array([[0.0], [1.0], [-3.0], [9.0]]), centres).tolist() == [1, 1, 2, 0]


def test_one_centre_many_times() -> None:
    """Tiles are full of ties: all points go to the first centre."""
    rng = np.random.default_rng(5)
    points = rng.standard_normal((100, 5))
    assert not labels_of(points, np.tile(points[0], (40, 1))).any()


def test_an_empty_cluster_keeps_its_centre() -> None:
    state = serial(**case(50, clusters=4, distribution="equal"))
    state.start[2] = 100.0
    state.step()
    assert results(state).counts[2] == 0
    assert (results(state).centres[2] == 100.0).all()


def test_fewer_rows_than_clusters_share_centres() -> None:
    state = serial(**case(3, clusters=7))
    assert results(state).counts.tolist() == [1, 0, 0, 1, 0, 1, 0]


def test_points_lie_within_their_bound_around_their_centres() -> None:
    state = serial(**case(5000, clusters=4, dimensions=2))
    points = next(state.part.chunks()).reshape(5000, 2)
    assert 0.5 < np.abs(points).max() < LARGEST
    for _ in range(20):
        state.start = results(state).centres
        state.step()
    spread = points - state.start[state.labels]
    assert (spread**2).sum() / 5000 < ((points - points.mean(axis=0)) ** 2).sum() / 5000


def test_a_label_beside_the_nearest_is_seen_at_the_border() -> None:
    """Two centres nearly as far: either label passes within the rounding, none beyond."""
    centres = np.array([[1.0, 0.0], [-1.0, 0.0]])
    for x, passes in ((1e-17, True), (1e-12, False)):
        points = np.array([[x, 0.5]])
        assert (check._excess(points, np.array([1], np.int32), centres) <= 1.0) is passes


def test_an_objective_that_rises_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    state = serial(**case(500))
    monkeypatch.setattr(check, "SLACK", -1.0)
    assert cpu.error(state) == math.inf


def test_labels_beyond_the_limit_say_what_to_do() -> None:
    assert cpu.chunk_numbers(100, 64, None) is None
    assert cpu.chunk_numbers(100, 64, 2**20) == 100 * 64
    assert cpu.chunk_numbers(10**5, 64, 2**20) == 1024 * 64
    with pytest.raises(CannotRun, match="--set memory="):
        cpu.chunk_numbers(10**6, 64, 2**20)


def test_work_counts_products_norms_and_sums() -> None:
    (phase,) = Kmeans(rows=10, clusters=4, dimensions=3).phases()
    work = phase.work(2)
    assert work.flop == 2 * 10 * 4 * 3 + 2 * 10 * 4 + 10 * 3
    assert (work.bytes_read, work.bytes_written, work.items) == (240, 40, 10)


def test_fit_counts_the_dimensions() -> None:
    for dimensions in (2, 64):
        given: dict[str, Value] = {"dimensions": dimensions}
        rows = int(Kmeans.fit(given, memory_B=2**30, llc_B=2**30, ranks=2)["rows"])
        taken = 2 * Kmeans(rows=rows, dimensions=dimensions).memory_B(2)
        assert 0.9 * 2**30 < taken <= 2**30
