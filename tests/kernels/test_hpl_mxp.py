"""hpl_mxp: matrices, factorisation, refinement, sizes; and the cases of the contract tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numba
import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.leading import leading_dimension
from kernels.contract import UNWATCHED, IllegalParameter, Unwatched, Value
from kernels.dense.hpl.kernel import Hpl
from kernels.dense.hpl_mxp import cpu, generate, panel, reference
from kernels.dense.hpl_mxp.cpu import State
from kernels.dense.hpl_mxp.kernel import RESTART, HplMxp
from kernels.dense.hpl_mxp.refine import LIMIT, Progress

NB = 16
ORDERS = [(1, 4), (5, NB), (3 * NB + 1, NB), (3 * NB - 1, NB), (131, 40), (2 * NB, NB), (7, 1)]
MATRICES = ("random", "fasi_higham", "dominant")
WAYS: list[dict[str, Value]] = [
    {},
    {"refine": "gmres", "matrix": "fasi_higham"},
    {"order": "column", "bcast": "mpi", "depth": 0, "matrix": "dominant"},
]


def grids(ranks: int) -> list[tuple[int, int]]:
    return [(p, ranks // p) for p in range(1, ranks + 1) if ranks % p == 0]


def cases(ranks: int) -> list[dict[str, Value]]:
    found: list[dict[str, Value]] = []
    for p, q in grids(ranks):
        found += [{"n": n, "nb": nb, "p": p, "q": q} for n, nb in ORDERS[:5]]
        found += [{"n": 131, "nb": 20, "p": p, "q": q, **way} for way in WAYS[1:]]
    return found


def mutation_case(ranks: int) -> dict[str, Value]:
    p, q = grids(ranks)[len(grids(ranks)) // 2]
    return {"n": 61, "nb": 8, "p": p, "q": q}


def _skip_the_refinement(state: State, comm: MPI.Intracomm) -> None:
    state.system.x[:] = state.system.solve(state.system.b)


def _flip_an_unknown(state: State, comm: MPI.Intracomm) -> None:
    if state.system.grid.mycol == 0:
        state.system.x[0] *= -1.0


def _flip_an_unknown_on_one_rank(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.system.x[-1] *= -1.0


def _lose_a_number(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.system.x[0] = np.nan


def _swap_unknowns(state: State, comm: MPI.Intracomm) -> None:
    state.system.x[[0, 1]] = state.system.x[[1, 0]]


def _change_an_element(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state.system.a[0, 0] += 1e-6
    state.solve()


def _lose_a_panel(state: State, comm: MPI.Intracomm) -> None:
    """Refinement heals it, so that the FP32 solution must be looked at."""
    state.factor()
    grid = state.system.grid
    if grid.mycol == 0:
        below = grid.step(0).row0 + grid.step(0).top
        state.system.factors.f[: grid.nb, below : grid.rows] = 0.0
    state.refine()


def _factor_the_factors(state: State, comm: MPI.Intracomm) -> None:
    state.factorisation.run(UNWATCHED)
    state.refine()


def _do_nothing(state: State, comm: MPI.Intracomm) -> None:
    state.restore()


def _divide_by_zero(state: State, comm: MPI.Intracomm) -> None:
    if state.system.grid.mycol == 0:
        state.system.a[0] = 0.0
    with np.errstate(all="ignore"):
        state.solve()


MUTATIONS: dict[str, Callable[[State, MPI.Intracomm], None]] = {
    "skip_the_refinement": _skip_the_refinement,
    "flip_an_unknown": _flip_an_unknown,
    "flip_an_unknown_on_one_rank": _flip_an_unknown_on_one_rank,
    "lose_a_number": _lose_a_number,
    "swap_unknowns": _swap_unknowns,
    "change_an_element": _change_an_element,
    "lose_a_panel": _lose_a_panel,
    "factor_the_factors": _factor_the_factors,
    "do_nothing": _do_nothing,
    "divide_by_zero": _divide_by_zero,
}


class Recorder(Unwatched):
    """Keeps what a kernel tells."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.residuals: list[float] = []
        self.shares: list[float] = []

    def lap(self, part: str) -> None:
        self.parts.append(part)

    def note(self, series: str, value: float) -> None:
        assert series == "residual"
        self.residuals.append(value)

    def progress(self, done: int, total: int, share: float) -> None:
        self.shares.append(share)


def alone(n: int, nb: int, **others: Value) -> State:
    kernel = HplMxp(n=n, nb=nb, p=1, q=1, **others)  # type: ignore[arg-type]
    return cpu.allocate(MPI.COMM_SELF, kernel)


def checked(state: State) -> tuple[str, float, bool]:
    check = state.kernel.verify(state, MPI.COMM_SELF)
    return check.what, check.error, check.passed


@pytest.mark.parametrize("kind", MATRICES)
@pytest.mark.parametrize("n", [1, 2, 33])
def test_generates_the_matrix_of_the_definition(n: int, kind: str) -> None:
    state = alone(n, 8, matrix=kind)
    expected = reference.matrix(n, 100, kind)
    np.testing.assert_allclose(state.system.a[:, :n].T, expected[:, :n], rtol=1e-14, atol=1e-16)
    np.testing.assert_array_equal(state.system.b, expected[:, n])


@pytest.mark.parametrize("kind", MATRICES)
def test_multiplies_the_matrix_that_it_generates(kind: str) -> None:
    grid = alone(61, 8).system.grid
    a = reference.matrix(61, 7, kind)[:, :61]
    x = np.linspace(-1.0, 2.0, 61)
    product, sums = generate.multiply(x, grid, kind, 7)
    np.testing.assert_allclose(product, a @ x, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(sums, np.abs(a).sum(axis=1), rtol=1e-13)


@pytest.mark.parametrize("n", [50, 400])
def test_matrices_are_what_the_rules_ask(n: int) -> None:
    """Not symmetric, stable without pivoting, dominant only where the name says so."""
    for kind in MATRICES:
        a = reference.matrix(n, 100, kind)[:, :n]
        assert not np.array_equal(a, a.T)
        others = np.abs(a).sum(axis=1) - np.abs(a.diagonal())
        assert (others < np.abs(a.diagonal())).all() == (kind == "dominant")
        growth = np.abs(reference.factor(a)).max() / np.abs(a).max()
        assert growth < 1.1
        if kind == "random":
            assert np.linalg.eigvalsh(a + a.T).min() > 0.0
    structured = reference.matrix(n, 100, "fasi_higham")[:, :n]
    assert 80.0 < np.linalg.cond(structured, np.inf) < 100.0


@pytest.mark.parametrize(("n", "nb"), [*ORDERS, (200, 64), (200, 192)])
def test_factors_like_the_reference(n: int, nb: int) -> None:
    state = alone(n, nb)
    state.factor()
    expected = reference.factor(reference.matrix(n, 100, "random")[:, :n])
    found = state.system.factors.f[:, :n].T
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("width", [1, 15, 16, 17, 64, 100])
def test_solves_with_inverted_blocks(width: int) -> None:
    rng = np.random.default_rng(1)
    block = (rng.random((width, width)) - 0.5 + width**0.5 * np.eye(width)).astype(np.float32)
    rows = rng.random((7, width), dtype=np.float32)
    columns = rng.random((width, 9), dtype=np.float32)
    right, below = rows.copy(), np.empty_like(columns)
    left, u = columns.copy(), np.empty_like(rows)
    inverse = np.empty((width, panel.BLOCK), np.float32)
    panel.invert_lower(block, inverse)
    panel.solve_lower(block, inverse, right, u)
    panel.invert_upper(block, inverse)
    panel.solve_upper(block, inverse, left, below)
    lower = np.tril(block.T, -1) + np.eye(width)
    np.testing.assert_allclose(lower @ u.T, rows.T, atol=1e-4)
    np.testing.assert_allclose(below.T @ np.triu(block.T), columns.T, atol=1e-4)
    np.testing.assert_array_equal(left, below)


@pytest.mark.parametrize("refine", ["classic", "gmres"])
@pytest.mark.parametrize("kind", MATRICES)
@pytest.mark.parametrize(("n", "nb"), [(1, 4), (3, 2), (60, 16), (131, 40)])
def test_solves_like_numpy(n: int, nb: int, kind: str, refine: str) -> None:
    state = alone(n, nb, matrix=kind, refine=refine)
    state.solve()
    augmented = reference.matrix(n, 100, kind)
    expected = np.linalg.solve(augmented[:, :n], augmented[:, n])
    np.testing.assert_allclose(
        state.system.x, expected, rtol=0, atol=1e-13 * np.abs(expected).max()
    )


@pytest.mark.parametrize("seed", [237246, 7, 11, 100])
@pytest.mark.parametrize("kind", ["dominant", "random"])
def test_a_single_unknown_is_solved(kind: str, seed: int) -> None:
    """Where its random number is near -1/2, what is added to the diagonal nearly cancels it."""
    kernel = HplMxp(n=1, nb=1, p=1, q=1, matrix=kind, seed=seed)
    state = kernel.setup(MPI.COMM_SELF)
    state.solve()
    assert kernel.verify(state, MPI.COMM_SELF).error < 1.0


@pytest.mark.parametrize("refine", ["classic", "gmres"])
def test_every_step_has_its_residual(refine: str) -> None:
    state, watch = alone(200, 64, refine=refine), Recorder()
    state.kernel.watch(state, watch)
    state.solve()
    _, expected = reference.solve(200, 100, "random")
    assert len(watch.residuals) == len(expected) == state.refinement.steps + 1
    # Rounding errors of FP32: those of a BLAS with fused multiply-adds are half as large or less.
    assert 0.1 < watch.residuals[0] / expected[0] < 10.0
    assert watch.residuals[0] > 16.0
    assert watch.residuals[-1] == pytest.approx(state.error(MPI.COMM_SELF), rel=1.0)
    assert checked(state)[0] == f"scaled residual after {len(expected) - 1} refinement steps"


def test_tells_its_parts_and_its_progress() -> None:
    state, watch = alone(200, 64), Recorder()
    state.kernel.watch(state, watch)
    state.solve()
    parts = {"convert", "panel", "broadcast", "update", "solve", "residual"}
    assert set(watch.parts) == parts
    assert watch.shares == sorted(watch.shares)
    assert watch.shares[-1] == 1.0


@pytest.mark.parametrize("refine", ["classic", "gmres"])
def test_residuals_of_all_block_sizes_are_alike(refine: str) -> None:
    errors = []
    for nb in (8, 50, 192, 400):
        state = alone(400, nb, refine=refine)
        state.solve()
        errors.append(state.error(MPI.COMM_SELF))
    assert max(errors) < 2.0 * min(errors)


@pytest.mark.parametrize("refine", ["classic", "gmres"])
def test_a_refinement_without_convergence_fails(refine: str) -> None:
    """Factors of which refinement gains nothing: those of D A, D far from 1."""
    state, watch = alone(150, 32, refine=refine), Recorder()
    state.kernel.watch(state, watch)
    state.factor()
    weights = np.float32(10.0) ** np.linspace(3.0, -3.0, 150, dtype=np.float32)
    state.system.factors.f[:, :150] = np.diag(weights)
    state.system.watch = state.watch
    state.refine()
    assert len(watch.residuals) == LIMIT + 1 or not np.isfinite(watch.residuals[-1])
    state.refinement.first = 1.0  # let the FP32 solution look right
    what, error, passed = checked(state)
    assert what == f"scaled residual, not refined to 16 in {state.refinement.steps} steps"
    assert error > 16.0
    assert not passed


def test_refinement_ends_where_steps_no_longer_help() -> None:
    progress = Progress(10**6, UNWATCHED)
    for scaled, last in ((1e5, False), (20.0, False), (19.0, False), (5.0, False), (4.0, True)):
        progress.note(scaled)
        assert progress.stopped == last


@pytest.mark.parametrize("last", [1e-4, np.inf, np.nan])
def test_refinement_ends_at_fp64_accuracy_and_at_nonsense(last: float) -> None:
    progress = Progress(10**6, UNWATCHED)
    progress.note(1e5)
    progress.note(last)
    assert progress.stopped
    assert progress.steps == 1


def test_gmres_restarts() -> None:
    """Factors of little use: more steps than one cycle, and all of them noted."""
    state, watch = alone(150, 32, refine="gmres"), Recorder()
    state.kernel.watch(state, watch)
    state.factor()
    state.system.factors.f[:, :150] = np.diag(state.system.a[:, :150].diagonal())
    state.system.watch = state.watch
    state.refine()
    assert RESTART < state.refinement.steps < LIMIT
    assert len(watch.residuals) == state.refinement.steps + 1
    assert watch.residuals[-1] < 1.0


def test_the_residual_is_that_of_the_formula() -> None:
    state = alone(60, 16)
    state.solve()
    state.system.x[7] += 1e-3
    expected = reference.hpl.scaled_residual(reference.matrix(60, 100, "random"), state.system.x)
    assert state.error(MPI.COMM_SELF) == pytest.approx(expected, rel=1e-9)


def test_counts_the_flop_of_hpl() -> None:
    (mixed,) = HplMxp(n=1001, nb=64, p=1, q=2).phases()
    (double,) = Hpl(n=1001, nb=64, p=1, q=2).phases()
    assert mixed.work(2) == double.work(2)
    assert mixed.metric == double.metric


@pytest.mark.parametrize(("n", "nb"), [*ORDERS, (1000, 192)])
def test_memory_covers_what_is_allocated(n: int, nb: int) -> None:
    numba.set_num_threads(1)
    state = alone(n, nb)
    one, update = state.factorisation, state.factorisation.update
    arrays = [state.system.a, state.system.b, state.system.x, one.f, *one.buffers, one.diagonal]
    arrays += [one.inverse, update.inverse, update.u, *update.scratch]
    arrays += [state.system.factors.owed, state.system.factors.z]
    allocated = sum(one.nbytes for one in arrays)
    vectors = 8 * n * (2 * RESTART + 12)
    assert allocated <= HplMxp(n=n, nb=nb, p=1, q=1).memory_B(1) <= allocated + vectors + 2048


@pytest.mark.parametrize("rows", [1, 16, 255, 512, 1024, 4000])
def test_columns_of_fp32_are_whole_lines_off_powers_of_two(rows: int) -> None:
    ldf = leading_dimension(rows, 4)
    assert rows <= ldf <= rows + 31
    assert ldf % 16 == 0
    assert ldf % 512 != 0


@pytest.mark.parametrize(("memory_B", "ranks"), [(10**5, 1), (10**7, 2), (10**8, 4), (10**14, 64)])
def test_fit_fills_memory(memory_B: int, ranks: int) -> None:
    kernel = HplMxp(**HplMxp.fit({}, memory_B, 0, ranks))  # type: ignore[arg-type]
    kernel.check_geometry(ranks)
    assert ranks * kernel.memory_B(ranks) <= memory_B
    larger = replace(kernel, n=kernel.n + (kernel.nb if kernel.n >= kernel.nb else 16))
    assert ranks * larger.memory_B(ranks) > memory_B


def test_errors_say_what_is_legal() -> None:
    with pytest.raises(IllegalParameter, match="p x q must be 6: 1 x 6, 2 x 3"):
        HplMxp(n=10, nb=4, p=2, q=2).check_geometry(6)
    with pytest.raises(IllegalParameter, match="nb <= 2147"):
        HplMxp(n=10**6, nb=3000, p=1, q=1).check_geometry(1)
    with pytest.raises(IllegalParameter, match=r"n = 1 needs \d+ B"):
        HplMxp.fit({}, 100, 0, 1)
