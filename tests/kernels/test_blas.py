"""The BLAS of compiled code, on submatrices, against NumPy and SciPy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
from numba import njit

from kernels._support import blas

RNG = np.random.default_rng(1)
TOLERANCE = {np.float64: 1e-13, np.float32: 1e-5}
both = pytest.mark.parametrize("real", [np.float64, np.float32])


def part(columns: int, rows: int, real: type = np.float64) -> np.ndarray:
    """A matrix [column, row] inside a larger one."""
    around = RNG.uniform(-0.5, 0.5, (columns + 3, rows + 5)).astype(real)
    return around[2 : 2 + columns, 1 : 1 + rows]


def vector(size: int, real: type) -> np.ndarray:
    return RNG.random(size).astype(real)


def near(found: np.ndarray, expected: np.ndarray, real: type) -> None:
    assert found.dtype == real
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE[real], atol=TOLERANCE[real])


@both
@pytest.mark.parametrize(("m", "n", "k"), [(7, 5, 3), (1, 1, 1), (1, 6, 4), (6, 1, 4), (5, 4, 1)])
def test_gemm_multiplies_submatrices_in_place(m: int, n: int, k: int, real: type) -> None:
    a, b, c = part(k, m, real), part(n, k, real), part(n, m, real)
    around = c.base.copy()
    expected = 2.0 * a.T @ b.T + 0.5 * c.T
    blas.gemm(2.0, a, b, 0.5, c)
    near(c.T, expected, real)
    c[:] = around[2 : 2 + n, 1 : 1 + m]
    np.testing.assert_array_equal(c.base, around)


@pytest.mark.parametrize(("m", "n", "k"), [(0, 4, 3), (4, 0, 3), (4, 3, 0), (0, 0, 0)])
def test_gemm_of_nothing_does_nothing(m: int, n: int, k: int) -> None:
    a, b, c = part(k, m), part(n, k), part(n, m)
    before = c.copy()
    blas.gemm(1.0, a, b, 1.0, c)
    np.testing.assert_array_equal(c, before)


@both
@pytest.mark.parametrize(("m", "n", "k"), [(7, 5, 3), (1, 1, 1), (1, 6, 4), (6, 1, 4), (5, 4, 1)])
def test_gemm_bt_multiplies_with_the_transposed(m: int, n: int, k: int, real: type) -> None:
    a, b, c = part(k, m, real), part(k, n, real), part(n, m, real)
    expected = 2.0 * a.T @ b + 0.5 * c.T
    blas.gemm_bt(2.0, a, b, 0.5, c)
    near(c.T, expected, real)


@both
@pytest.mark.parametrize(("m", "n", "k"), [(7, 5, 3), (1, 1, 1), (1, 6, 4), (6, 1, 4), (5, 4, 1)])
def test_gemm_tt_multiplies_both_transposed(m: int, n: int, k: int, real: type) -> None:
    a, b, c = part(m, k, real), part(k, n, real), part(n, m, real)
    expected = 2.0 * a @ b + 0.5 * c.T
    blas.gemm_tt(2.0, a, b, 0.5, c)
    near(c.T, expected, real)


@both
def test_trsm_solves_with_the_unit_lower_triangle(real: type) -> None:
    lower, b = part(6, 6, real), part(4, 6, real)
    triangle = np.tril(lower.T, -1) + np.eye(6)
    expected = scipy.linalg.solve_triangular(triangle, b.T, lower=True)
    blas.trsm_lower_unit(lower, b)
    near(b.T, expected, real)


@both
def test_trsm_solves_from_the_right_with_the_upper_triangle(real: type) -> None:
    upper, b = part(6, 6, real), part(6, 4, real)
    upper += (2.0 * np.eye(6)).astype(real)
    expected = scipy.linalg.solve_triangular(np.triu(upper.T).T, b, lower=True)
    blas.trsm_right_upper(upper, b)
    near(b, expected, real)


@both
def test_trsv_solves_with_the_upper_triangle(real: type) -> None:
    upper, x = part(6, 6, real), vector(6, real)
    upper += (2.0 * np.eye(6)).astype(real)
    expected = scipy.linalg.solve_triangular(np.triu(upper.T), x)
    blas.trsv_upper(upper, x)
    near(x, expected, real)


@both
def test_trsv_solves_with_the_unit_lower_triangle(real: type) -> None:
    lower, x = part(6, 6, real), vector(6, real)
    expected = scipy.linalg.solve_triangular(np.tril(lower.T, -1) + np.eye(6), x, lower=True)
    blas.trsv_lower_unit(lower, x)
    near(x, expected, real)


@both
def test_trsv_solves_with_the_transposed_lower_triangle(real: type) -> None:
    lower, x = part(6, 6, real), vector(6, real)
    lower += (2.0 * np.eye(6)).astype(real)
    expected = scipy.linalg.solve_triangular(np.tril(lower.T).T, x)
    blas.trsv_lower_t(lower, x)
    near(x, expected, real)


@both
def test_gemv_t_multiplies_with_the_transposed(real: type) -> None:
    a, x, y = part(4, 7, real), vector(7, real), vector(4, real)
    expected = -2.0 * a @ x + 3.0 * y
    blas.gemv_t(-2.0, a, x, 3.0, y)
    near(y, expected, real)


@both
def test_gemv_multiplies_a_submatrix(real: type) -> None:
    a, x, y = part(4, 7, real), vector(4, real), vector(7, real)
    expected = -2.0 * a.T @ x + 3.0 * y
    blas.gemv(-2.0, a, x, 3.0, y)
    near(y, expected, real)


@both
@pytest.mark.parametrize(
    ("values", "index"), [([1.0, -3.0, 2.0], 1), ([2.0, -2.0], 0), ([0.0], 0), ([], -1)]
)
def test_iamax_counts_from_zero(values: list[float], index: int, real: type) -> None:
    assert blas.iamax(np.array(values, real)) == index


def test_iamax_stays_inside_a_vector_of_nan() -> None:
    assert 0 <= blas.iamax(np.full(9, np.nan)) < 9


def test_rows_must_be_contiguous() -> None:
    square = RNG.random((4, 4))
    with pytest.raises(ValueError, match="contiguous"):
        blas.gemm(1.0, square.T, square, 0.0, square.copy())


def test_sizes_beyond_32_bits_are_refused() -> None:
    huge = np.lib.stride_tricks.as_strided(np.zeros(1), (1, 2**31), (8, 8))
    with pytest.raises(OverflowError, match="32-bit"):
        blas.gemm(1.0, huge[:, :1], np.zeros((1, 1)), 0.0, huge)


def test_compiled_code_can_call_it() -> None:
    @njit
    def corner(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
        blas.gemm(1.0, a[1:, 1:], b[1:, 1:], 0.0, c[1:, 1:])

    a, b, c = RNG.random((4, 4)), RNG.random((4, 4)), np.zeros((4, 4))
    corner(a, b, c)
    np.testing.assert_allclose(c[1:, 1:].T, a[1:, 1:].T @ b[1:, 1:].T, rtol=1e-14)


def test_another_process_loads_it_from_the_cache(tmp_path: Path) -> None:
    program = (
        "import numpy as np; from kernels._support import blas\n"
        "c = np.zeros((1, 1)); blas.gemm(1.0, c + 2, c + 3, 0.0, c); assert c[0, 0] == 6\n"
        "print(*blas.gemm.stats.cache_hits.values())"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert outputs == [[], ["1", "1"]]  # float64 and float32
