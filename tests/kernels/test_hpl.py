"""hpl: generator, solution, grids, sizes; and the cases of the contract tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st
from mpi4py import MPI

from kernels._support.block_cyclic import local_size
from kernels._support.leading import leading_dimension
from kernels.contract import UNWATCHED, IllegalParameter, Value
from kernels.dense.hpl import cpu, reference, swap
from kernels.dense.hpl.cpu import State
from kernels.dense.hpl.kernel import Hpl
from kernels.dense.hpl.panel import open_panel

NB = 16
ORDERS = [(1, 4), (5, NB), (3 * NB + 1, NB), (3 * NB - 1, NB), (131, 40), (2 * NB, NB), (7, 1)]


def grids(ranks: int) -> list[tuple[int, int]]:
    return [(p, ranks // p) for p in range(1, ranks + 1) if ranks % p == 0]


METHODS: list[dict[str, Value]] = [
    {"order": "column", "pfact": "crout", "rfact": "left", "bcast": "mpi", "swap": "binary"},
    {"pfact": "right", "rfact": "crout", "nbmin": 3, "ndiv": 3, "bcast": "1rg", "swap": "long"},
    {"depth": 0, "bcast": "2rg", "nbmin": 1, "swap_threshold": 5},
    {"bcast": "2rM", "pfact": "crout", "rfact": "crout", "ndiv": 4},
    {"bcast": "Lng", "order": "column", "rfact": "left", "nbmin": 2},
    {"bcast": "LnM", "depth": 0, "pfact": "right", "swap": "long"},
]


def cases(ranks: int) -> list[dict[str, Value]]:
    shapes: list[dict[str, Value]] = [
        {"n": n, "nb": nb, "p": p, "q": q} for p, q in grids(ranks) for n, nb in ORDERS[:5]
    ]
    some: list[dict[str, Value]] = [{"n": 83, "nb": 12, "p": p, "q": q} for p, q in grids(ranks)]
    return shapes + [{**one, **method} for one in some for method in METHODS]


def mutation_case(ranks: int) -> dict[str, Value]:
    p, q = grids(ranks)[len(grids(ranks)) // 2]
    return {"n": 61, "nb": 8, "p": p, "q": q}


def _flip_an_unknown(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.x[-1] *= -1.0


def _flip_an_unknown_everywhere(state: State, comm: MPI.Intracomm) -> None:
    if state.grid.mycol == 0:
        state.x[0] *= -1.0


def _lose_a_number(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.x[0] = np.nan


def _solve_what_is_left(state: State, comm: MPI.Intracomm) -> None:
    state.solve()


def _swap_unknowns(state: State, comm: MPI.Intracomm) -> None:
    state.x[[0, 1]] = state.x[[1, 0]]


def _solve_a_singular_system(state: State, comm: MPI.Intracomm) -> None:
    state.restore()
    if state.grid.mycol == 0:
        state.a[:, 0] = 0.0
    state.solve()


def _change_an_element(state: State, comm: MPI.Intracomm) -> None:
    state.restore()
    if comm.rank == comm.size - 1:
        state.a[0, 0] += 1e-6
    state.solve()


MUTATIONS: dict[str, Callable[[State, MPI.Intracomm], None]] = {
    "flip_an_unknown": _flip_an_unknown,
    "flip_an_unknown_everywhere": _flip_an_unknown_everywhere,
    "lose_a_number": _lose_a_number,
    "solve_what_is_left": _solve_what_is_left,
    "swap_unknowns": _swap_unknowns,
    "solve_a_singular_system": _solve_a_singular_system,
    "change_an_element": _change_an_element,
}


def alone(n: int, nb: int, seed: int = 100, **method: Value) -> State:
    return cpu.allocate(MPI.COMM_SELF, Hpl(n=n, nb=nb, p=1, q=1, seed=seed, **method))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [0, 100, 2**31 - 1])
def test_generates_the_matrix_of_netlib_hpl(seed: int) -> None:
    state = alone(33, 8, seed)
    np.testing.assert_array_equal(state.a[:, :34], reference.matrix(33, seed))


def test_the_first_numbers_are_those_of_the_definition() -> None:
    x1 = (6364136223846793005 * 100 + 1) % 2**64
    x2 = (6364136223846793005 * x1 + 1) % 2**64
    low, high = x2 % 2**32, x2 // 2**32
    by_halves = 0.5 - (low / 2.0**32 + high) / 2.0**32
    state = alone(3, 2)
    assert state.a[0, 0] == 0.5 - x1 / 2.0**64
    assert state.a[1, 0] == by_halves


@pytest.mark.parametrize(("n", "nb"), [*ORDERS, (200, 64), (100, 192)])
def test_solves_like_numpy(n: int, nb: int) -> None:
    state = alone(n, nb)
    state.solve()
    expected = reference.solve(n, 100)
    np.testing.assert_allclose(state.x, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("nb", [64, 100])
def test_every_order_up_to_500(nb: int) -> None:
    for n in range(1, 501):
        state = alone(n, nb)
        state.solve()
        assert state.error(MPI.COMM_SELF) < 1.0, n


def test_residual_is_that_of_the_formula() -> None:
    state = alone(60, 16)
    state.solve()
    expected = reference.scaled_residual(reference.matrix(60, 100), state.x)
    assert state.error(MPI.COMM_SELF) == pytest.approx(expected, rel=0.5)
    state.x[7] += 1e-3
    expected = reference.scaled_residual(reference.matrix(60, 100), state.x)
    assert state.error(MPI.COMM_SELF) == pytest.approx(expected, rel=1e-9)


def test_residuals_of_all_block_sizes_are_alike() -> None:
    errors = []
    for nb in (8, 50, 192, 400):
        state = alone(400, nb)
        state.solve()
        errors.append(state.error(MPI.COMM_SELF))
    assert max(errors) < 2.0 * min(errors)


@pytest.mark.parametrize("column", [0, 20, 59])
def test_a_singular_matrix_has_an_infinite_error_and_says_so(column: int) -> None:
    state = alone(60, 16)
    state.a[:, column] = 0.0
    state.solve()
    assert state.error(MPI.COMM_SELF) == np.inf
    check = Hpl(n=60, nb=16, p=1, q=1).verify(state, MPI.COMM_SELF)
    assert not check.passed
    assert check.what.startswith(f"the matrix is singular, column {column} has no pivot but 0")


@pytest.mark.parametrize("n", [1, 2, 47, 48, 49, 97, 200])
@pytest.mark.parametrize("nb", [23, 24, 25, 48, 97])
def test_blocks_of_the_inverse_have_any_size(n: int, nb: int) -> None:
    state = alone(n, nb)
    state.solve()
    assert state.error(MPI.COMM_SELF) < 1.0


@pytest.mark.parametrize("rfact", ["left", "crout", "right"])
@pytest.mark.parametrize("pfact", ["left", "crout", "right"])
@pytest.mark.parametrize(("nbmin", "ndiv"), [(1, 2), (4, 2), (5, 3), (16, 2), (200, 2)])
def test_every_recursion_gives_the_factors_of_lapack(
    rfact: str, pfact: str, nbmin: int, ndiv: int
) -> None:
    n = 70
    state = alone(n, n, rfact=rfact, pfact=pfact, nbmin=nbmin, ndiv=ndiv)
    lu, pivots = scipy.linalg.lu_factor(state.a[:n, :n].copy())
    state.factorisation.run(UNWATCHED)
    panel = open_panel(state.grid.step(0), state.factorisation.buffers[0])
    np.testing.assert_array_equal(panel.pivots, pivots)
    np.testing.assert_allclose(panel.top.T, lu, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("n", [30, 150, 401])
def test_threads_share_out_the_update(
    n: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernels.dense.hpl.update.LEAST", 7)
    monkeypatch.setattr("numba.get_num_threads", lambda: threads)
    state = alone(n, 16)
    assert state.factorisation.update.team.threads == threads
    state.solve()
    single = alone(n, 16, depth=0)
    monkeypatch.setattr("numba.get_num_threads", lambda: 1)
    np.testing.assert_allclose(state.x, reference.solve(n, 100), rtol=1e-6, atol=1e-7)
    single.solve()
    np.testing.assert_allclose(state.x, single.x, rtol=1e-6, atol=1e-7)


def test_tells_its_parts_and_its_progress() -> None:
    told: list[tuple[str, int, int, float]] = []

    class Told:
        def lap(self, part: str) -> None:
            parts.add(part)

        def progress(self, done: int, total: int, share: float) -> None:
            told.append(("progress", done, total, share))

        def note(self, series: str, value: float) -> None:
            raise AssertionError

    parts: set[str] = set()
    kernel, state = Hpl(n=50, nb=16, p=1, q=1), alone(50, 16)
    kernel.watch(state, Told())
    state.solve()
    assert parts == {"panel", "broadcast", "swap", "update", "solve"}
    assert [one[1:3] for one in told] == [(16, 50), (32, 50), (48, 50), (50, 50)]
    shares = [one[3] for one in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@given(st.integers(0, 300), st.integers(1, 40), st.integers(1, 5))
def test_every_row_has_one_owner(count: int, nb: int, procs: int) -> None:
    assert sum(local_size(count, nb, me, procs) for me in range(procs)) == count


@given(st.data(), st.integers(1, 12), st.integers(0, 30))
def test_net_effect_is_that_of_the_swaps(data: st.DataObject, width: int, below: int) -> None:
    first = 7
    end = first + width + below
    pivots = np.array([data.draw(st.integers(first + i, end - 1)) for i in range(width)])
    swapped = np.arange(end)
    for i, pivot in enumerate(pivots):
        swapped[[first + i, pivot]] = swapped[[pivot, first + i]]
    source, places, contents = swap.net_effect(first, pivots)
    result = np.arange(end)
    result[first : first + width] = source
    result[places] = contents
    np.testing.assert_array_equal(result, swapped)


@pytest.mark.parametrize("rows", [1, 8, 255, 256, 512, 4000, 4096])
def test_columns_are_whole_lines_off_powers_of_two(rows: int) -> None:
    lda = leading_dimension(rows)
    assert rows <= lda <= rows + 15
    assert lda % 8 == 0
    assert lda % 256 != 0


def test_matrix_and_panels_start_at_a_cache_line() -> None:
    state = alone(100, 16)
    assert state.a.ctypes.data % 64 == 0
    assert all(buffer.ctypes.data % 64 == 0 for buffer in state.factorisation.buffers)


@pytest.mark.parametrize(("n", "nb"), ORDERS)
def test_memory_covers_what_is_allocated(n: int, nb: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.get_num_threads", lambda: 1)
    state = alone(n, nb)
    buffers = (*state.factorisation.buffers, state.factorisation.workspace)
    panels = sum(buffer.nbytes for buffer in buffers)
    update = state.factorisation.update
    pieces = sum(one.nbytes for one in update.scratch) + update.inverse.nbytes
    allocated = state.a.nbytes + panels + pieces + state.owed.nbytes + state.x.nbytes
    assert allocated <= Hpl(n=n, nb=nb, p=1, q=1).memory_B(1) <= allocated + 8 * 5 * n + 2048


def test_counts_the_flop_of_netlib() -> None:
    (phase,) = Hpl(n=1000, nb=64, p=1, q=2).phases()
    n = 1000.0
    assert phase.work(2).flop == pytest.approx(2 / 3 * n**3 - 0.5 * n**2 + 2 * n**2, rel=1e-15)


@pytest.mark.parametrize(
    ("ranks", "grid"), [(1, (1, 1)), (2, (1, 2)), (6, (2, 3)), (7, (1, 7)), (16, (4, 4))]
)
def test_fit_takes_the_squarest_grid(ranks: int, grid: tuple[int, int]) -> None:
    chosen = Hpl.fit({}, 10**9, 0, ranks)
    assert (chosen["p"], chosen["q"]) == grid
    assert Hpl.fit({"p": ranks}, 10**9, 0, ranks)["q"] == 1
    assert Hpl.fit({"q": ranks, "n": 5}, 10**9, 0, ranks) == {"nb": 64, "p": 1}


def test_fit_takes_larger_blocks_for_larger_matrices() -> None:
    sizes = [Hpl.fit({"n": n}, 10**12, 0, 4)["nb"] for n in (100, 2000, 10**4, 10**6)]
    assert sizes == [64, 128, 192, 192]
    assert Hpl.fit({"n": 100, "nb": 40}, 10**9, 0, 1) == {"p": 1, "q": 1}


@pytest.mark.parametrize(
    ("memory_B", "ranks"), [(10**5, 1), (10**7, 2), (10**8, 4), (10**10, 6), (10**14, 1024)]
)
def test_fit_fills_memory(memory_B: int, ranks: int) -> None:
    kernel = Hpl(**Hpl.fit({}, memory_B, 0, ranks))  # type: ignore[arg-type]
    kernel.check_geometry(ranks)
    assert ranks * kernel.memory_B(ranks) <= memory_B
    assert kernel.n < kernel.nb or kernel.n % kernel.nb == 0
    larger = kernel.n + (kernel.nb if kernel.n >= kernel.nb else 16)
    more = Hpl(n=larger, nb=kernel.nb, p=kernel.p, q=kernel.q)
    assert ranks * more.memory_B(ranks) > memory_B


def test_errors_say_what_is_legal() -> None:
    with pytest.raises(IllegalParameter, match="p x q must be 6: 1 x 6, 2 x 3"):
        Hpl(n=10, nb=8, p=2, q=2).check_geometry(6)
    with pytest.raises(IllegalParameter, match="p x q must be 6: 1 x 6, 2 x 3"):
        Hpl.fit({"p": 4}, 10**9, 0, 6)
    with pytest.raises(IllegalParameter, match="nb <= 1073"):
        Hpl(n=10**6, nb=2000, p=1, q=1).check_geometry(1)
    with pytest.raises(IllegalParameter, match=r"n = 1 needs \d+ B"):
        Hpl.fit({}, 100, 0, 1)
